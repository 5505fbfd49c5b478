// Statistics of latency samples against published values and enumeration.
#include "reports/record/latency.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>
#include <optional>
#include <random>
#include <vector>

#include "engine/core/error.h"

namespace qbench {
namespace {

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

TEST(ProcessMedians, FollowTheCounts) {
  const std::array samples{5.0, 1.0, 3.0, 8.0, 0.0};
  using testing::ElementsAre;
  EXPECT_THAT(process_medians(samples, std::array{3, 0, 1, 1}),
              ElementsAre(3.0, std::nullopt, 8.0, std::nullopt));  // no latency is 0
  EXPECT_THAT(process_medians(samples, {}), ElementsAre(3.0));
  EXPECT_THROW(process_medians(samples, std::array{3, 1}), Error);
  EXPECT_THROW(process_medians(samples, std::array{3, 3}), Error);
  EXPECT_THROW(process_medians(samples, std::array{6, -1}), Error);
}

TEST(GeometricMean, HasStudentsIntervalOfTheLogarithms) {
  // exp of 1..5: mean 3, standard deviation sqrt(2.5), t(4) = 2.776445.
  std::array<double, 5> values{};
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = std::exp(static_cast<double>(i + 1));
  const Estimate mean = geometric_mean(values);
  EXPECT_NEAR(std::log(mean.value), 3, 1e-12);
  const double half = 2.776445 * std::sqrt(2.5 / 5);
  EXPECT_NEAR(std::log(mean.interval->low), 3 - half, 1e-6);
  EXPECT_NEAR(std::log(mean.interval->high), 3 + half, 1e-6);
  EXPECT_LT(geometric_mean(values, 0.5).interval->width(), mean.interval->width());
}

TEST(GeometricMean, OneProcessTellsNoInterval) {
  EXPECT_EQ(geometric_mean(std::array{5.0}), (Estimate{5, std::nullopt}));
  EXPECT_THROW(geometric_mean({}), Error);
  EXPECT_THROW(geometric_mean(std::array{1.0, 0.0}), Error);
  EXPECT_THROW(geometric_mean(std::array{1.0, std::nan("")}), Error);
  EXPECT_THROW(geometric_mean(std::array{1.0, 2.0}, 1.0), Error);
}

TEST(TypicalLatency, IsOfProcessesAndNotOfSamples) {
  const std::array samples{1.0, 1.0, 1.0, 1.0, 4.0};
  EXPECT_DOUBLE_EQ(typical_latency(samples, std::array{4, 1})->value, 2);
  EXPECT_EQ(typical_latency(samples, {}), (Estimate{1, std::nullopt}));
  EXPECT_EQ(typical_latency(std::array{0.0}, {}), std::nullopt);
}

TEST(BatchInterval, DriftCountsAsDoubt) {
  std::vector<double> drifting(200);
  std::iota(drifting.begin(), drifting.end(), 1000.0);
  std::vector<double> mixed = drifting;
  std::shuffle(mixed.begin(), mixed.end(), std::mt19937(1));
  EXPECT_GT(batch_interval(drifting)->width(), 2 * batch_interval(mixed)->width());
  EXPECT_EQ(batch_interval(std::vector<double>(19, 1.0)), std::nullopt);
  EXPECT_NEAR(batch_interval(std::vector<double>(20, 7.0))->low, 7, 1e-12);
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
