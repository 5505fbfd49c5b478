#include "harness/measure/latency_metrics.h"

#include <gmock/gmock.h>

namespace qbench {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

std::vector<std::string> names(std::size_t samples) {
  std::vector<std::string> result;
  for (const MetricValue& metric : latency_metrics(std::vector<double>(samples, 2e6), {}, 8))
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
  std::vector<MetricValue> metrics = latency_metrics(latency, {}, 8);
  EXPECT_EQ(metrics.front().value, 2e6);
  EXPECT_EQ(metrics.back().value, 4000);
  metrics = latency_metrics(std::vector<double>{1e6, 1e6, 4e6}, std::vector<int>{2, 1}, 8);
  EXPECT_NEAR(metrics.front().value, 2e6, 1e-6);  // of two processes
}

std::vector<std::pair<std::string, double>> values(const std::vector<MetricValue>& metrics) {
  std::vector<std::pair<std::string, double>> result;
  for (const MetricValue& metric : metrics) result.emplace_back(metric.name, metric.value);
  return result;
}

TEST(DeviceMetrics, AreMediansOfAllRounds) {
  EXPECT_THAT(device_metrics({}), IsEmpty());
  DeviceSamples samples;
  samples.add({.to_device_ns = 1, .compute_ns = 100, .to_host_ns = 7});
  samples.add({.to_device_ns = 3, .compute_ns = 900, .to_host_ns = 7});
  samples.append({{2}, {300}, {8}, {}});
  EXPECT_THAT(values(device_metrics(samples)),
              ElementsAre(Pair("to_device", 2), Pair("compute", 300), Pair("to_host", 7)));
}

TEST(DeviceMetrics, TellTheClockAndWhatWasDiscarded) {
  DeviceSamples samples;
  samples.clock_mhz = {1980, 1965, 1950};
  samples.discarded = 2;
  EXPECT_EQ(clock_warning(samples), std::nullopt);
  samples.append({.to_device_ns = {},
                  .compute_ns = {},
                  .to_host_ns = {},
                  .clock_mhz = {1200, 1965},
                  .discarded = 1,
                  .slowed = 4});
  EXPECT_THAT(values(device_metrics(samples)),
              ElementsAre(Pair("clock", 1965), Pair("discarded", 3)));
  EXPECT_EQ(clock_warning(samples),
            "the GPU was slowed down during 4 of 5 latency samples, too many to leave them out");
}

TEST(MemoryMetrics, ALibrarysShareIsAGpusAlone) {
  EXPECT_THAT(values(memory_metrics({.weights = 1, .arena = 2, .scratch = 3})),
              ElementsAre(Pair("weights_resident", 1), Pair("arena", 2), Pair("scratch", 3)));
  EXPECT_THAT(values(memory_metrics({.weights = 1, .arena = 2, .scratch = 3, .library = 4})),
              ElementsAre(Pair("weights_resident", 1), Pair("arena", 2), Pair("scratch", 3),
                          Pair("library", 4)));
}

}  // namespace
}  // namespace qbench
