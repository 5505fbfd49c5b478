#include "harness/measure/latency_metrics.h"

#include <gmock/gmock.h>

namespace qbench {
namespace {

using testing::ElementsAre;

std::vector<std::string> names(std::size_t samples) {
  std::vector<std::string> result;
  for (const MetricValue& metric : latency_metrics(std::vector<double>(samples, 2e6), 8))
    result.push_back(metric.name);
  return result;
}

TEST(LatencyMetrics, PercentilesNeedEnoughSamples) {
  EXPECT_THAT(names(7), ElementsAre("latency_median", "images_per_second"));
  EXPECT_THAT(names(662), ElementsAre("latency_median", "latency_p90", "latency_p95", "latency_p99",
                                      "images_per_second"));
}

TEST(LatencyMetrics, CountImagesAtTheMedian) {
  const std::vector<double> latency{1e6, 2e6, 1e9};
  const std::vector<MetricValue> metrics = latency_metrics(latency, 8);
  EXPECT_EQ(metrics.front().value, 2e6);
  EXPECT_EQ(metrics.back().value, 4000);
}

}  // namespace
}  // namespace qbench
