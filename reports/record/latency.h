// Statistics of latency samples. The unit is the process: samples within one resemble each other,
// and processes differ by more than their samples tell. Samples of a process are skewed and never
// normal: hence its median. The logarithms of such medians are averaged.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

namespace qbench {

struct Interval {
  double low = 0;
  double high = 0;

  double width() const { return high - low; }
  bool contains(double x) const { return low <= x && x <= high; }
  bool operator==(const Interval&) const = default;
};

struct Estimate {
  double value = 0;
  std::optional<Interval> interval;  // 95 %; nothing where less than two processes were measured

  bool operator==(const Estimate&) const = default;
};

// The median of each process's samples, nothing for a process without or where it is not above 0.
// `counts`: how many of
// `samples` each process took, in turn; empty: all are of one process. Throws Error unless their
// sum is the number of samples.
std::vector<std::optional<double>> process_medians(std::span<const double> samples,
                                                   std::span<const int> counts);

// Geometric mean of positive values, with the confidence interval exp(m +- t s / sqrt(n)), m and s
// being mean and standard deviation of their logarithms and t Student's quantile for n - 1 degrees
// of freedom. Throws Error when there are none, or one is not above 0.
Estimate geometric_mean(std::span<const double> values, double confidence = 0.95);

// Of what all processes measured: geometric_mean of process_medians; nothing where there are none.
std::optional<Estimate> typical_latency(std::span<const double> samples,
                                        std::span<const int> counts);

// Confidence interval of the median of one process's samples, in the order they were taken, when
// they may depend on those before them: Student's interval over the medians of ten consecutive
// batches (Schmeiser 1982, Operations Research 30:556, on why so few). Nothing for less than 20.
std::optional<Interval> batch_interval(std::span<const double> samples);

// All functions below take samples in any order and throw Error when there are none.

double median(std::span<const double> samples);

// The q-quantile, 0 <= q <= 1, by linear interpolation between order statistics (Hyndman and Fan's
// type 7, as in R and NumPy).
double percentile(std::span<const double> samples, double q);

// Samples from which the q-quantile (0 < q < 1) may be quoted: the second largest is then above the
// true quantile with 99 % confidence. MLPerf loadgen's early-stopping rule: 64 at 0.90, 130 at
// 0.95, 662 at 0.99.
std::size_t samples_for_percentile(double q);

}  // namespace qbench
