#include "harness/measure/measure.h"

#include <sys/resource.h>

#include <algorithm>
#include <chrono>

#include "reports/record/latency.h"

namespace qbench {
namespace {

constexpr double kNanoseconds = 1e9;

bool median_is_known(const std::vector<double>& samples, double target) {
  return median_interval(samples).width() <= target * median(samples);
}

}  // namespace

std::int64_t steady_clock_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

std::vector<double> measure(const std::function<void()>& run, const MeasureOptions& options,
                            const Clock& clock, const std::function<void()>& after_sample) {
  const std::int64_t begin = clock();
  const auto seconds_since = [&clock](std::int64_t start) {
    return static_cast<double>(clock() - start) / kNanoseconds;
  };
  for (int i = 0; i < options.warmup_runs || seconds_since(begin) < options.warmup_seconds; ++i)
    run();

  std::vector<double> samples;
  const std::int64_t start = clock();
  // The interval costs a sort: asked for each time the number of samples has grown by a quarter.
  std::size_t next_check = static_cast<std::size_t>(std::max(options.min_samples, 1));
  while (samples.size() < static_cast<std::size_t>(options.max_samples)) {
    const std::int64_t before = clock();
    run();
    samples.push_back(static_cast<double>(clock() - before));
    after_sample();
    const double elapsed = seconds_since(start);
    if (elapsed >= options.give_up_seconds) break;
    if (samples.size() < static_cast<std::size_t>(options.min_samples)) continue;
    if (elapsed >= options.max_seconds) break;
    if (samples.size() < next_check) continue;
    if (median_is_known(samples, options.target_interval)) break;
    next_check = samples.size() + samples.size() / 4 + 1;
  }
  return samples;
}

std::size_t peak_resident_bytes() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<std::size_t>(usage.ru_maxrss) * 1024;  // Linux counts KiB
}

}  // namespace qbench
