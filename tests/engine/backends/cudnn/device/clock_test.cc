// The clock of a GPU, by a library that says what a test wants.
#include "engine/backends/cudnn/device/clock.h"

#include <gtest/gtest.h>

#include <span>
#include <vector>

#include "engine/backends/cudnn/device/cudnn_backend.h"
#include "engine/graph/text.h"
#include "tests/engine/backends/cudnn/device/fake_nvml.h"

namespace qbench::cudnn {
namespace {

class DeviceClockTest : public ::testing::Test {
 protected:
  void SetUp() override { fake_nvml() = {}; }

  static bool throttled_by(unsigned long long reasons) {
    fake_nvml().reasons = reasons;
    return DeviceClock(0).read().value().throttled;
  }
};

TEST_F(DeviceClockTest, IsReadAnewEachTime) {
  const DeviceClock clock(0);
  EXPECT_EQ(clock.read().value().mhz, 1980);
  EXPECT_FALSE(clock.read().value().throttled);
  fake_nvml() = {.mhz = 1200, .reasons = 0x40};
  EXPECT_EQ(clock.read().value().mhz, 1200);
  EXPECT_TRUE(clock.read().value().throttled);
}

TEST_F(DeviceClockTest, HeatAndHardwareThrottleButNoSettingOrLimit) {
  for (const unsigned long long reason : {0x08, 0x20, 0x40, 0x80})
    EXPECT_TRUE(throttled_by(reason)) << reason;
  // Idle, application clocks, limit of power, clocks in step with others, display.
  for (const unsigned long long reason : {0x01, 0x02, 0x04, 0x10, 0x100})
    EXPECT_FALSE(throttled_by(reason)) << reason;
  EXPECT_TRUE(throttled_by(0x24));
}

TEST_F(DeviceClockTest, NothingIsKnownWhereItIsNotTold) {
  fake_nvml().mhz = 0;
  EXPECT_FALSE(DeviceClock(0).read());
  fake_nvml() = {.knows_gpu = false};
  EXPECT_FALSE(DeviceClock(0).read());
  fake_nvml() = {.tells_reasons = false, .reasons = 0x40};
  EXPECT_FALSE(DeviceClock(0).read().value().throttled);
}

TEST_F(DeviceClockTest, ExecutablesTellIt) {
  const Graph graph = parse_graph("x = Input(shape=[1,2,3,3])\ny = Softmax(x)\nreturn y");
  const auto executable = cudnn_backend().compile(graph, {});
  fake_nvml().mhz = 1755;
  EXPECT_EQ(executable->clock().value().mhz, 1755);
}

}  // namespace
}  // namespace qbench::cudnn
