// Latency: warm-up, then samples until the median is known well enough or the time is up.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>

#include "harness/measure/steady.h"

namespace qbench {

// Samples that are not steady (steady.h) are replaced, for at most as long and as many again.
struct MeasureOptions {
  double warmup_seconds = 0.5;
  int warmup_runs = 3;          // at least
  double min_seconds = 0.5;     // of samples; not beyond max_samples
  double max_seconds = 5;       // of samples
  int min_samples = 11;         // also when this takes longer than max_seconds ...
  double give_up_seconds = 60;  // ... up to here
  int max_samples = 100000;
  // Stops when the 95 % confidence interval of the median is narrower than this share of it, as far
  // as one process can tell (batch_interval).
  double target_interval = 0.01;
  // Of a sweep: the cases of a network are measured in turns, so many times each, each time in a
  // fresh process. One round tells nothing of how processes differ.
  int rounds = 5;
  // Of a sweep: what was measured beside other programs is measured again, and mistrusted when that
  // does not help; false: kept with a warning.
  bool mistrust_noise = true;
  bool pin = false;  // of a sweep: bind each process to as many cores as it has threads

  // For one of the rounds, which share the seconds of warm-up and samples, and the samples: at
  // least three each.
  MeasureOptions of_one_round() const;
};

std::int64_t steady_clock_ns();

// Durations of single calls of `run` in nanoseconds, in the order they were taken. `after_sample`
// follows each of these calls, not those of the warm-up, and is not timed, nor is `read`, which is
// asked for the state of the processor after the samples of every few milliseconds.
Series measure(
    const std::function<void()>& run, const MeasureOptions& options,
    const Clock& clock = steady_clock_ns, const std::function<void()>& after_sample = [] {},
    const ReadClockState& read = [] { return std::nullopt; });

// Highest resident memory of this process so far, in bytes; 0 where the system does not tell.
std::size_t peak_resident_bytes();

}  // namespace qbench
