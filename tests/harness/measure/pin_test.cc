#include "harness/measure/pin.h"

#include <gmock/gmock.h>
#include <sched.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

#include "engine/core/error.h"

namespace qbench {
namespace {

namespace fs = std::filesystem;

std::vector<int> usable() {
  cpu_set_t set;
  CPU_ZERO(&set);
  sched_getaffinity(0, sizeof set, &set);
  std::vector<int> cpus;
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu)
    if (CPU_ISSET(cpu, &set)) cpus.push_back(cpu);
  return cpus;
}

TEST(Pin, HyperthreadsComeLast) {
  const std::vector<int> cpus = usable();
  if (cpus.size() < 2) GTEST_SKIP() << "one CPU";
  const fs::path root = fs::path(testing::TempDir()) / ("qbench_pin_" + std::to_string(getpid()));
  // All CPUs but the last share one core.
  for (const int cpu : cpus) {
    const fs::path folder =
        root / "sys/devices/system/cpu" / ("cpu" + std::to_string(cpu)) / "topology";
    fs::create_directories(folder);
    std::ofstream(folder / "thread_siblings_list") << (cpu == cpus.back() ? "last" : "first");
  }
  EXPECT_THAT(cores_to_pin(2, root.string()), testing::ElementsAre(cpus.front(), cpus.back()));
  fs::remove_all(root);
}

TEST(Pin, BindsWhatIsStartedAfterwards) {
  const std::vector<int> before = usable();
  std::thread([&] {
    pin_to({before.back()});
    EXPECT_EQ(usable(), std::vector{before.back()});
    std::thread([&] { EXPECT_EQ(usable(), std::vector{before.back()}); }).join();
    EXPECT_THROW(cores_to_pin(2), Error);
  }).join();
  EXPECT_EQ(usable(), before);
}

}  // namespace
}  // namespace qbench
