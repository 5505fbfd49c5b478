// Order statistics against enumerated and published values.
#include "reports/record/latency.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include "engine/core/error.h"

namespace qbench {
namespace {

// 1, 2, ..., n in an order that is not sorted.
std::vector<double> shuffled(std::size_t n) {
  std::vector<double> values(n);
  std::iota(values.begin(), values.end(), 1.0);
  std::rotate(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(n / 3), values.end());
  return values;
}

TEST(Percentile, InterpolatesBetweenOrderStatistics) {
  // numpy.percentile([15, 20, 35, 40, 50], q), type 7.
  const std::vector<double> values = {40, 15, 50, 35, 20};
  EXPECT_DOUBLE_EQ(percentile(values, 0), 15);
  EXPECT_DOUBLE_EQ(percentile(values, 0.4), 29);
  EXPECT_DOUBLE_EQ(percentile(values, 0.5), 35);
  EXPECT_DOUBLE_EQ(percentile(values, 1), 50);
  EXPECT_DOUBLE_EQ(median(std::array{4.0, 1.0, 3.0, 2.0}), 2.5);
  EXPECT_DOUBLE_EQ(median(std::array{9.0}), 9);
}

TEST(Percentile, RefusesWhatHasNoAnswer) {
  EXPECT_THROW(median({}), Error);
  EXPECT_THROW(percentile(std::array{1.0}, 1.5), Error);
  EXPECT_THROW(percentile(std::array{1.0}, std::nan("")), Error);
  EXPECT_THROW(median(std::array{1.0, std::numeric_limits<double>::quiet_NaN()}), Error);
}

// P(X <= k) for X ~ Binomial(n, 1/2), summed term by term.
double coin_cdf(std::size_t n, std::size_t k) {
  double sum = 0;
  for (std::size_t i = 0; i <= k; ++i) {
    const auto a = static_cast<double>(n);
    const auto b = static_cast<double>(i);
    sum += std::exp(std::lgamma(a + 1) - std::lgamma(b + 1) - std::lgamma(a - b + 1) -
                    a * std::log(2.0));
  }
  return sum;
}

TEST(MedianInterval, RanksFromPublishedTable) {
  struct Case {
    std::size_t n;
    double low, high;  // ranks
  };
  // Conover, Practical Nonparametric Statistics, table A3 ranks at 95 %: n=6 (1,6), 10 (2,9),
  // 20 (6,15), 30 (10,21).
  for (const Case& c : {Case{6, 1, 6}, Case{10, 2, 9}, Case{20, 6, 15}, Case{30, 10, 21}}) {
    const Interval interval = median_interval(shuffled(c.n));
    EXPECT_EQ(interval, (Interval{c.low, c.high})) << c.n;
  }
}

TEST(MedianInterval, IsTheNarrowestWithEnoughCoverage) {
  for (double confidence : {0.5, 0.9, 0.95, 0.99}) {
    for (std::size_t n = 1; n < 200; ++n) {
      const Interval interval = median_interval(shuffled(n), confidence);
      const auto rank = static_cast<std::size_t>(interval.low);  // from 1
      EXPECT_EQ(interval.low + interval.high, static_cast<double>(n + 1));
      if (rank > 1) {
        EXPECT_GE(1 - 2 * coin_cdf(n, rank - 1), confidence - 1e-9) << n;
      }
      EXPECT_LT(1 - 2 * coin_cdf(n, rank), confidence + 1e-9) << n;
    }
  }
}

TEST(MedianInterval, FewSamplesGiveTheWholeRange) {
  EXPECT_EQ(median_interval(std::array{5.0}), (Interval{5, 5}));
  EXPECT_EQ(median_interval(std::array{5.0, 1.0, 3.0}), (Interval{1, 5}));
  EXPECT_THROW(median_interval(std::array{5.0}, 1.0), Error);
}

TEST(SamplesForPercentile, FollowsLoadgen) {
  EXPECT_EQ(samples_for_percentile(0.90), 64U);
  EXPECT_EQ(samples_for_percentile(0.95), 130U);
  EXPECT_EQ(samples_for_percentile(0.99), 662U);
  EXPECT_EQ(samples_for_percentile(0.999), 6636U);
  EXPECT_THROW(samples_for_percentile(1), Error);
}

}  // namespace
}  // namespace qbench
