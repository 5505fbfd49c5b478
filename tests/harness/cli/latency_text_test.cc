#include "harness/cli/latency_text.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>
#include <vector>

namespace qbench {
namespace {

using Json = nlohmann::ordered_json;

std::string printed(const DeviceSamples& samples) {
  Json json;
  json["latency_ms"] = latency_json(std::vector<double>{1e6, 2e6, 3e6});
  add_device(samples, json);
  char* text = nullptr;
  std::size_t size = 0;
  std::FILE* out = open_memstream(&text, &size);
  print_latency(out, json);
  std::fclose(out);
  std::string result(text, size);
  std::free(text);
  return result;
}

const std::string kLatency = "latency     2.000 ms a batch (median of 3)\n";

TEST(LatencyText, SaysNothingOfADeviceThereIsNot) { EXPECT_EQ(printed({}), kLatency); }

TEST(LatencyText, SaysWhereTimeWentOnAGpu) {
  DeviceSamples samples;
  samples.add({.to_device_ns = 1e6, .compute_ns = 2e6, .to_host_ns = 5e5});
  EXPECT_EQ(printed(samples),
            kLatency + "on the GPU  1.000 ms to it, 2.000 ms computing, 0.500 ms from it\n");
}

TEST(LatencyText, SaysHowSteadyTheClockWas) {
  DeviceSamples samples;
  samples.clock_mhz = {1980, 1965, 1980};
  EXPECT_EQ(printed(samples), kLatency + "clock       1980 MHz\n");
  samples.discarded = 1;
  EXPECT_EQ(printed(samples),
            kLatency + "clock       1980 MHz; 1 sample while it was reduced, not counted\n");
  samples.discarded = 0;
  samples.slowed = 2;
  EXPECT_EQ(printed(samples),
            kLatency + "clock       1980 MHz; 2 samples while it was reduced, counted: too many\n");
}

TEST(LatencyJson, HasWhatIsKnown) {
  DeviceSamples samples;
  Json json = Json::object();
  add_device(samples, json);
  EXPECT_TRUE(json.empty());
  samples.clock_mhz = {1980};
  samples.discarded = 7;
  add_device(samples, json);
  EXPECT_EQ(json.dump(), R"({"clock_mhz":1980.0,"discarded_samples":7,"slowed_samples":0})");
  EXPECT_TRUE(latency_json(std::vector<double>(63, 1.0))["p90"].is_null());
  EXPECT_EQ(latency_json(std::vector<double>(64, 1e6))["p90"], 1.0);
}

}  // namespace
}  // namespace qbench
