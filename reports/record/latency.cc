// Order statistics of latency samples.
#include "reports/record/latency.h"

#include <algorithm>
#include <boost/math/distributions/binomial.hpp>
#include <cmath>
#include <vector>

#include "engine/core/error.h"

namespace qbench {
namespace {

std::vector<double> sorted(std::span<const double> samples) {
  if (samples.empty()) throw Error("no latency samples, expected at least one");
  std::vector<double> copy(samples.begin(), samples.end());
  if (std::any_of(copy.begin(), copy.end(), [](double x) { return std::isnan(x); })) {
    throw Error("a latency sample that is not a number");
  }
  std::sort(copy.begin(), copy.end());
  return copy;
}

double quantile_of_sorted(std::span<const double> values, double q) {
  if (!(q >= 0 && q <= 1)) throw Error("a quantile outside 0..1 was asked for");
  const double position = q * static_cast<double>(values.size() - 1);
  const auto below = static_cast<std::size_t>(position);
  const std::size_t above = std::min(below + 1, values.size() - 1);
  const double share = position - static_cast<double>(below);
  return values[below] + share * (values[above] - values[below]);
}

}  // namespace

double median(std::span<const double> samples) { return percentile(samples, 0.5); }

double percentile(std::span<const double> samples, double q) {
  return quantile_of_sorted(sorted(samples), q);
}

Interval median_interval(std::span<const double> samples, double confidence) {
  const std::vector<double> values = sorted(samples);
  const std::size_t n = values.size();
  if (!(confidence > 0 && confidence < 1)) throw Error("a confidence outside 0..1 was asked for");
  // With X ~ Binomial(n, 1/2) samples below the median, it lies outside the (low+1)-th smallest to
  // (low+1)-th largest sample with probability 2 P(X <= low): the largest such `low` is wanted.
  const boost::math::binomial_distribution<double> coin(static_cast<double>(n), 0.5);
  const double tail = (1 - confidence) / 2;
  const auto below = [&coin](std::size_t k) {
    return boost::math::cdf(coin, static_cast<double>(k));
  };
  auto low = static_cast<std::size_t>(boost::math::quantile(coin, tail));
  while (low > 0 && below(low) > tail) --low;
  while (below(low + 1) <= tail) ++low;
  return {values[low], values[n - 1 - low]};
}

std::size_t samples_for_percentile(double q) {
  if (!(q > 0 && q < 1)) throw Error("a percentile outside 0..1 was asked for");
  constexpr double kDoubt = 0.01;
  // At most one of n samples above the quantile has probability q^n + n (1-q) q^(n-1).
  const auto doubt = [q](double n) { return std::pow(q, n) + n * (1 - q) * std::pow(q, n - 1); };
  double low = 1;
  double high = 2;
  while (doubt(high) > kDoubt) high *= 2;
  while (low < high) {
    const double middle = std::floor((low + high) / 2);
    if (doubt(middle) > kDoubt) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return static_cast<std::size_t>(low);
}

}  // namespace qbench
