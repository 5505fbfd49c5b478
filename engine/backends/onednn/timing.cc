#include "engine/backends/onednn/timing.h"

#include <omp.h>

#include <algorithm>
#include <chrono>
#include <limits>
#include <mutex>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace qbench::onednn {
namespace {

struct Measured {
  std::string implementation;
  Desc src;
  Desc weights;
  Desc dst;
  int threads = 1;
  double ms = 0;

  bool is_of(const Kernel& kernel) const {
    return implementation == kernel.implementation && src == kernel.src &&
           weights == kernel.weights && dst == kernel.dst && threads == omp_get_max_threads();
  }
};

double run(const dnnl::engine& engine, const Kernel& kernel) {
  using Clock = std::chrono::steady_clock;
  constexpr int kRuns = 4;
  std::unordered_map<int, dnnl::memory> arguments;
  const auto provide = [&](int argument, const Desc& desc) {
    if (desc.get_size() == 0) return;
    dnnl::memory memory(desc, engine);
    // Zero bits are zeros of every type: no denormal numbers, which would take longer.
    std::fill_n(static_cast<std::byte*>(memory.get_data_handle()), desc.get_size(), std::byte{0});
    arguments.emplace(argument, std::move(memory));
  };
  provide(DNNL_ARG_SRC, kernel.src);
  provide(DNNL_ARG_WEIGHTS, kernel.weights);
  provide(DNNL_ARG_DST, kernel.dst);
  provide(DNNL_ARG_SCRATCHPAD, kernel.scratchpad);
  if (kernel.weights.get_size() > 0)  // a bias that a kernel does not have is not looked at
    provide(DNNL_ARG_BIAS, row_major({kernel.dst.dims()[1]}, DType::f32));
  dnnl::stream stream(engine);
  double best = std::numeric_limits<double>::infinity();
  for (int i = 0; i <= kRuns; ++i) {
    const Clock::time_point start = Clock::now();
    kernel.primitive.execute(stream, arguments);
    stream.wait();
    const std::chrono::duration<double, std::milli> elapsed = Clock::now() - start;
    if (i > 0) best = std::min(best, elapsed.count());
  }
  return best;
}

}  // namespace

double measured_ms(const dnnl::engine& engine, const Kernel& kernel) {
  static std::mutex mutex;
  static std::vector<Measured> known;
  const std::lock_guard lock(mutex);  // also keeps two measurements apart
  const auto found =
      std::ranges::find_if(known, [&](const Measured& each) { return each.is_of(kernel); });
  if (found != known.end()) return found->ms;
  known.push_back({kernel.implementation, kernel.src, kernel.weights, kernel.dst,
                   omp_get_max_threads(), run(engine, kernel)});
  return known.back().ms;
}

}  // namespace qbench::onednn
