// Loops over the threads of the library's own runtime: as many as the calling thread may use.
#pragma once

#include <omp.h>

#include <algorithm>
#include <cstdint>

namespace qbench::onednn {

template <class Function>  // (std::int64_t index)
void parallel_for(std::int64_t count, const Function& function) {
  if (count <= 1 || omp_get_max_threads() == 1) {  // even a team of one takes its time to form
    for (std::int64_t i = 0; i < count; ++i) function(i);
    return;
  }
#pragma omp parallel for schedule(static)
  for (std::int64_t i = 0; i < count; ++i) function(i);
}

// In pieces worth a thread's while.
template <class Function>  // (std::int64_t begin, std::int64_t end)
void parallel_ranges(std::int64_t count, const Function& function) {
  constexpr std::int64_t kGrain = 1 << 14;
  const std::int64_t pieces =
      std::clamp<std::int64_t>(count / kGrain, 1, std::max(omp_get_max_threads(), 1));
  parallel_for(pieces,
               [&](std::int64_t i) { function(count * i / pieces, count * (i + 1) / pieces); });
}

}  // namespace qbench::onednn
