// Statistics of one series of latency samples. Samples are skewed and never normal: hence order
// statistics only, no means.
#pragma once

#include <cstddef>
#include <span>

namespace qbench {

struct Interval {
  double low = 0;
  double high = 0;

  double width() const { return high - low; }
  bool contains(double x) const { return low <= x && x <= high; }
  bool operator==(const Interval&) const = default;
};

// All functions take samples in any order and throw Error when there are none.

double median(std::span<const double> samples);

// The q-quantile, 0 <= q <= 1, by linear interpolation between order statistics (Hyndman and Fan's
// type 7, as in R and NumPy).
double percentile(std::span<const double> samples, double q);

// Distribution-free confidence interval of the median: the narrowest symmetric pair of order
// statistics whose binomial coverage is at least `confidence` (0..1); the whole range when there
// are too few samples for that (under 6 at 95 %).
Interval median_interval(std::span<const double> samples, double confidence = 0.95);

// Samples from which the q-quantile (0 < q < 1) may be quoted: the second largest is then above the
// true quantile with 99 % confidence. MLPerf loadgen's early-stopping rule: 64 at 0.90, 130 at
// 0.95, 662 at 0.99.
std::size_t samples_for_percentile(double q);

}  // namespace qbench
