// What the system says of other programs, read from files written here and from this machine.
#include "harness/measure/interference.h"

#include <gmock/gmock.h>
#include <sched.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

namespace qbench {
namespace {

namespace fs = std::filesystem;
using testing::DoubleNear;
using testing::HasSubstr;

class FakeSystem : public testing::Test {
 protected:
  FakeSystem() {
    fs::remove_all(root_);
    for (const char* folder : {"proc/self/task/1", "proc/self/task/2", "sys/fs/cgroup/box"})
      fs::create_directories(root_ / folder);
  }
  ~FakeSystem() override { fs::remove_all(root_); }

  void write(const std::string& name, const std::string& text) const {
    std::ofstream(root_ / name) << text;
  }

  const fs::path root_ =
      fs::path(testing::TempDir()) / ("qbench_interference_" + std::to_string(getpid()));
};

int first_usable_cpu() {
  cpu_set_t set;
  CPU_ZERO(&set);
  sched_getaffinity(0, sizeof set, &set);
  int cpu = 0;
  while (CPU_ISSET(cpu, &set) == 0) ++cpu;
  return cpu;
}

TEST_F(FakeSystem, IsReadFromItsFiles) {
  const double tick = 1.0 / static_cast<double>(sysconf(_SC_CLK_TCK));
  const std::string cpu = "cpu" + std::to_string(first_usable_cpu());
  write("proc/stat", "cpu  9999 9999 9999 9999 9999 9999 9999 9999 0 0\n" + cpu +
                         " 1 20 300 4000 50000 6 70 8 900 9000\n"
                         "cpu99999 1000 0 0 0 0 0 0 1000 0 0\n"  // not for this process
                         "intr 12345\ncpufreq 1 2 3\n");
  write("proc/self/task/1/schedstat", "5000000000 250000000 7\n");
  write("proc/self/task/2/schedstat", "5000000000 500000000 7\n");
  write("proc/self/cgroup", "12:cpu:/old\n0::/box\n");
  write("sys/fs/cgroup/box/cpu.stat", "usage_usec 5\nnr_throttled 3\nthrottled_usec 1500000\n");
  const LoadCounters load = read_load(root_.string());
  EXPECT_THAT(load.busy, DoubleNear((1 + 20 + 300 + 6 + 70) * tick, 1e-9));
  EXPECT_THAT(load.stolen, DoubleNear(8 * tick, 1e-9));
  EXPECT_THAT(load.waited, DoubleNear(0.75, 1e-9));
  EXPECT_THAT(load.throttled, DoubleNear(1.5, 1e-9));
}

TEST_F(FakeSystem, WhatIsNotToldIsNothing) {
  fs::remove_all(root_);
  const LoadCounters load = read_load(root_.string());
  EXPECT_EQ(load.busy, 0);
  EXPECT_EQ(load.waited, 0);
  EXPECT_EQ(load.throttled, 0);
  const Interference nothing = interference_between(load, read_load(root_.string()));
  EXPECT_EQ(nothing, Interference{});
}

TEST(Interference, IsWhatChangedOverTheTime) {
  const LoadCounters before{
      .time = 10, .busy = 5, .stolen = 1, .own = 2, .waited = 3, .throttled = 4};
  const LoadCounters after{
      .time = 14, .busy = 11, .stolen = 2, .own = 6, .waited = 3.2, .throttled = 4.4};
  const Interference found = interference_between(before, after);
  EXPECT_DOUBLE_EQ(found.other_cores, 0.5);
  EXPECT_DOUBLE_EQ(found.stolen_cores, 0.25);
  EXPECT_NEAR(found.waited_cores, 0.05, 1e-12);
  EXPECT_NEAR(found.throttled_share, 0.1, 1e-12);
  // Ticks are coarser than the process's own time.
  EXPECT_EQ(interference_between({.time = 1, .busy = 1, .own = 1}, {.time = 2, .busy = 1, .own = 2})
                .other_cores,
            0);
  EXPECT_EQ(interference_between(before, before), Interference{});
}

TEST(Disturbance, IsNamed) {
  EXPECT_EQ(disturbance({}, 1, 2), std::nullopt);
  EXPECT_EQ(disturbance({.other_cores = 0.2, .stolen_cores = 0.02, .waited_cores = 0.02}, 1, 2),
            std::nullopt);
  EXPECT_THAT(disturbance({.other_cores = 1.04}, 1, 2).value(), HasSubstr("1.0 of 2 cores busy"));
  EXPECT_EQ(disturbance({.other_cores = 1.04}, 1, 64), std::nullopt);
  EXPECT_THAT(disturbance({.stolen_cores = 0.1}, 2, 4).value(), HasSubstr("0.10 cores"));
  EXPECT_EQ(disturbance({.stolen_cores = 0.1}, 4, 4), std::nullopt);
  EXPECT_THAT(disturbance({.waited_cores = 0.5}, 2, 4).value(), HasSubstr("25 % of the time"));
  EXPECT_THAT(disturbance({.throttled_share = 0.3}, 2, 4).value(), HasSubstr("30 %"));
}

// Two threads that want the same core wait for it half of the time.
TEST(Interference, OwnThreadsThatWaitAreSeen) {
  if (!fs::exists("/proc/self/schedstat")) GTEST_SKIP() << "the kernel does not tell";
  const auto spin = [](const std::chrono::steady_clock::time_point until) {
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(first_usable_cpu(), &one);
    sched_setaffinity(0, sizeof one, &one);
    while (std::chrono::steady_clock::now() < until) {
    }
  };
  const auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds(300);
  std::jthread first(spin, until);
  std::jthread second(spin, until);
  const LoadCounters before = read_load();
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  const Interference found = interference_between(before, read_load());
  EXPECT_GT(found.waited_cores, 0.3);
}

}  // namespace
}  // namespace qbench
