// Latency samples: medians of processes, their mean, percentiles.
#include "reports/record/latency.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/math/distributions/students_t.hpp>
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

// Half the width of a two-sided interval, in standard errors.
double student(double freedom, double confidence) {
  if (!(confidence > 0 && confidence < 1)) throw Error("a confidence outside 0..1 was asked for");
  const boost::math::students_t_distribution<double> distribution(freedom);
  return boost::math::quantile(distribution, (1 + confidence) / 2);
}

}  // namespace

double median(std::span<const double> samples) { return percentile(samples, 0.5); }

double percentile(std::span<const double> samples, double q) {
  return quantile_of_sorted(sorted(samples), q);
}

std::vector<std::optional<double>> process_medians(std::span<const double> samples,
                                                   std::span<const int> counts) {
  const auto all = static_cast<int>(samples.size());
  if (counts.empty()) counts = {&all, 1};
  std::vector<std::optional<double>> medians;
  std::size_t first = 0;
  for (const int count : counts) {
    const auto taken = static_cast<std::size_t>(std::max(count, 0));
    if (taken > samples.size() - first) break;
    std::optional<double>& middle = medians.emplace_back();
    if (taken > 0) middle = median(samples.subspan(first, taken));
    if (middle && !(*middle > 0)) middle.reset();
    first += taken;
  }
  if (first != samples.size() || medians.size() != counts.size()) {
    throw Error(fmt::format("{} latency samples, expected as many as {} processes took",
                            samples.size(), counts.size()));
  }
  return medians;
}

Estimate geometric_mean(std::span<const double> values, double confidence) {
  if (values.empty()) throw Error("no latencies, expected at least one");
  const auto n = static_cast<double>(values.size());
  double mean = 0;
  for (const double value : values) {
    if (!(value > 0)) throw Error("a latency that is not above 0");
    mean += std::log(value) / n;
  }
  if (values.size() < 2) return {values.front(), std::nullopt};
  double variance = 0;
  for (const double value : values) {
    const double deviation = std::log(value) - mean;
    variance += deviation * deviation / (n - 1);
  }
  const double half = student(n - 1, confidence) * std::sqrt(variance / n);
  return {std::exp(mean), Interval{std::exp(mean - half), std::exp(mean + half)}};
}

std::optional<Estimate> typical_latency(std::span<const double> samples,
                                        std::span<const int> counts) {
  std::vector<double> measured;
  for (const std::optional<double>& each : process_medians(samples, counts))
    if (each) measured.push_back(*each);
  if (measured.empty()) return std::nullopt;
  return geometric_mean(measured);
}

std::optional<Interval> batch_interval(std::span<const double> samples) {
  constexpr std::size_t kBatches = 10;
  if (samples.size() < 2 * kBatches) return std::nullopt;
  std::vector<double> medians;
  for (std::size_t i = 0; i < kBatches; ++i) {
    const std::size_t first = i * samples.size() / kBatches;
    const std::size_t end = (i + 1) * samples.size() / kBatches;
    medians.push_back(median(samples.subspan(first, end - first)));
    if (!(medians.back() > 0)) return std::nullopt;
  }
  return geometric_mean(medians).interval;
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
