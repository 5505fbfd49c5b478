#include "harness/measure/executable_latency.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace qbench {
namespace {

// Each run takes 10 ms. The k-th, from 0, computes k ns, and runs 20 to 29 are at half the clock.
class FakeExecutable : public Executable {
 public:
  std::int64_t now = 0;

  void run(std::span<const std::span<const float>>, std::span<const std::span<float>>) override {
    now += 10'000'000;
    ++runs_;
  }
  void run_observed(std::span<const std::span<const float>>, std::span<const std::span<float>>,
                    const ObserveFunction&) override {}
  MemoryUse memory() const override { return {}; }
  std::optional<DeviceTimes> device_times() const override {
    return DeviceTimes{.compute_ns = 1.0 * latest()};
  }
  std::optional<ClockState> clock() const override {
    const bool slow = latest() >= 20 && latest() < 30;
    return ClockState{.mhz = slow ? 500.0 : 1000.0};
  }
  std::vector<LayerTime> profile(std::span<const std::span<const float>>,
                                 std::span<const std::span<float>>, int) override {
    return {};
  }

 private:
  int latest() const { return runs_ - 1; }
  int runs_ = 0;
};

TEST(ExecutableLatency, DeviceTimesAreOfTheSameRuns) {
  Graph graph;
  const NodeId x = graph.add("x", Input{{1, 3, 4, 4}});
  graph.set_outputs({graph.add("y", Flatten{}, {x})});
  FakeExecutable executable;
  const MeasureOptions options{.warmup_seconds = 0,
                               .warmup_runs = 0,
                               .max_seconds = 1e9,
                               .min_samples = 40,
                               .give_up_seconds = 1e9,
                               .max_samples = 40};
  const ExecutableLatency measured = measure_executable(executable, DummyData(graph), options,
                                                        [&executable] { return executable.now; });
  EXPECT_EQ(measured.latency_ns, std::vector<double>(40, 1e7));
  EXPECT_EQ(measured.device.clock_mhz, std::vector<double>(40, 1000));
  EXPECT_EQ(measured.device.discarded, 10U);
  std::vector<double> computed;
  for (int run = 0; run < 50; ++run)
    if (run < 20 || run >= 30) computed.push_back(run);
  EXPECT_EQ(measured.device.compute_ns, computed);
}

}  // namespace
}  // namespace qbench
