// Loops over the threads of the library's own runtime: as many as the calling thread may use.
#pragma once

#include <omp.h>

#include <algorithm>
#include <cstdint>

#if defined(__SANITIZE_THREAD__)
#include <thread>
#include <vector>
#endif

namespace qbench::onednn {

template <class Function>  // (std::int64_t index)
void parallel_for(std::int64_t count, const Function& function) {
  if (count <= 1 || omp_get_max_threads() == 1) {  // even a team of one takes its time to form
    for (std::int64_t i = 0; i < count; ++i) function(i);
    return;
  }
#if defined(__SANITIZE_THREAD__)
  // The sanitizer does not see how threads of OpenMP wait for each other and would call every loop
  // a race: the same shares on threads that it sees.
  const std::int64_t team = std::min<std::int64_t>(count, omp_get_max_threads());
  std::vector<std::jthread> threads;
  for (std::int64_t t = 0; t < team; ++t) {
    threads.emplace_back([&function, first = count * t / team, last = count * (t + 1) / team] {
      for (std::int64_t i = first; i < last; ++i) function(i);
    });
  }
#else
#pragma omp parallel for schedule(static)
  for (std::int64_t i = 0; i < count; ++i) function(i);
#endif
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
