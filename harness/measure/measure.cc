#include "harness/measure/measure.h"

#include <algorithm>
#include <chrono>
#include <fstream>
#include <optional>
#include <string>
#include <vector>

#include "reports/record/latency.h"

namespace qbench {
namespace {

constexpr double kNanoseconds = 1e9;
constexpr int kLeastOfARound = 3;  // samples: their median then stands one outlier

std::size_t least_samples(const MeasureOptions& options) {
  return static_cast<std::size_t>(std::max(options.min_samples, 1));
}

// Whether there are enough of the samples, at least one, or no more are to be had.
bool is_over(const SteadySamples& samples, double elapsed, const MeasureOptions& options) {
  const std::size_t taken = samples.taken();
  const std::size_t steady = samples.steady();
  const auto most = static_cast<std::size_t>(options.max_samples);
  if (elapsed >= options.give_up_seconds || steady >= most || taken >= 2 * most) return true;
  if (taken >= least_samples(options) && elapsed >= 2 * options.max_seconds) return true;
  const double share = static_cast<double>(steady) / static_cast<double>(taken);
  return steady >= least_samples(options) && elapsed * share >= options.max_seconds;
}

bool median_is_known(const SteadySamples& samples, double elapsed, const MeasureOptions& options) {
  if (samples.steady() < least_samples(options) || elapsed < options.min_seconds) return false;
  const std::vector<double> steady = samples.steady_ns();
  const std::optional<Interval> interval = batch_interval(steady);
  return interval && interval->width() <= options.target_interval * median(steady);
}

}  // namespace

MeasureOptions MeasureOptions::of_one_round() const {
  MeasureOptions round = *this;
  for (double* seconds : {&round.warmup_seconds, &round.min_seconds, &round.max_seconds})
    *seconds /= rounds;
  round.min_samples =
      std::min(min_samples, std::max(kLeastOfARound, (min_samples + rounds - 1) / rounds));
  round.rounds = 1;
  return round;
}

std::int64_t steady_clock_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

Series measure(const std::function<void()>& run, const MeasureOptions& options, const Clock& clock,
               const std::function<void()>& after_sample, const ReadClockState& read) {
  const std::int64_t begin = clock();
  const auto seconds_since = [&clock](std::int64_t start) {
    return static_cast<double>(clock() - start) / kNanoseconds;
  };
  for (int i = 0; i < options.warmup_runs || seconds_since(begin) < options.warmup_seconds; ++i)
    run();

  SteadySamples samples(clock, read);
  const std::int64_t start = clock();
  // Judging costs sorts: done each time the number of samples has grown by a quarter, and before
  // the end.
  std::size_t next_check = least_samples(options);
  while (options.max_samples > 0) {
    const std::int64_t before = clock();
    run();
    samples.add(static_cast<double>(clock() - before));
    after_sample();
    const double elapsed = seconds_since(start);
    if (samples.taken() < next_check && !is_over(samples, elapsed, options)) continue;
    samples.judge();
    if (is_over(samples, elapsed, options)) break;
    if (samples.taken() < next_check) continue;
    if (median_is_known(samples, elapsed, options)) break;
    next_check = samples.taken() + samples.taken() / 4 + 1;
  }
  return samples.finish();
}

// Not getrusage's ru_maxrss: a child begins with that of the process that started it.
std::size_t peak_resident_bytes() {
  std::ifstream status("/proc/self/status");
  std::string word;
  while (status >> word) {
    std::size_t kib = 0;
    if (word == "VmHWM:" && status >> kib) return kib * 1024;
  }
  return 0;
}

}  // namespace qbench
