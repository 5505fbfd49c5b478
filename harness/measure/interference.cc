#include "harness/measure/interference.h"

#include <fmt/format.h>
#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <chrono>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <system_error>

namespace qbench {
namespace {

namespace fs = std::filesystem;

struct CpuSeconds {
  double busy = 0;
  double stolen = 0;
};

// Lines "cpu3 user nice system idle iowait irq softirq steal ...", in clock ticks (proc(5)).
CpuSeconds cpu_seconds(const std::string& path) {
  cpu_set_t usable;
  CPU_ZERO(&usable);
  const bool known = sched_getaffinity(0, sizeof usable, &usable) == 0;
  const double tick = 1.0 / static_cast<double>(std::max(1L, sysconf(_SC_CLK_TCK)));
  CpuSeconds sum;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with("cpu") || line.size() < 4 || std::isdigit(line[3]) == 0) continue;
    std::istringstream words(line.substr(3));
    std::size_t cpu = 0;
    double user = 0, nice = 0, system = 0, idle = 0, iowait = 0, irq = 0, softirq = 0, steal = 0;
    words >> cpu >> user >> nice >> system >> idle >> iowait >> irq >> softirq >> steal;
    if (known && (cpu >= CPU_SETSIZE || !CPU_ISSET(cpu, &usable))) continue;
    sum.busy += tick * (user + nice + system + irq + softirq);
    sum.stolen += tick * steal;
  }
  return sum;
}

// Second number of each thread's schedstat: nanoseconds in the queue of a CPU.
double seconds_in_queues(const std::string& tasks) {
  double sum = 0;
  std::error_code failure;
  for (const fs::directory_entry& task : fs::directory_iterator(tasks, failure)) {
    std::ifstream file(task.path() / "schedstat");
    double run = 0, waited = 0;
    if (file >> run >> waited) sum += 1e-9 * waited;
  }
  return sum;
}

double throttled_seconds(const std::string& root) {
  std::ifstream groups(root + "/proc/self/cgroup");
  std::string group;
  for (std::string line; std::getline(groups, line);)
    if (line.starts_with("0::")) group = line.substr(3);
  std::ifstream file(root + "/sys/fs/cgroup" + group + "/cpu.stat");
  std::string name;
  for (double value = 0; file >> name >> value;)
    if (name == "throttled_usec") return 1e-6 * value;
  return 0;
}

double own_seconds() {
  std::timespec time{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

}  // namespace

LoadCounters read_load(const std::string& root) {
  const CpuSeconds cpus = cpu_seconds(root + "/proc/stat");
  const std::chrono::duration<double> now = std::chrono::steady_clock::now().time_since_epoch();
  return {.time = now.count(),
          .busy = cpus.busy,
          .stolen = cpus.stolen,
          .own = own_seconds(),
          .waited = seconds_in_queues(root + "/proc/self/task"),
          .throttled = throttled_seconds(root)};
}

Interference interference_between(const LoadCounters& before, const LoadCounters& after) {
  const double time = after.time - before.time;
  if (time <= 0) return {};
  const auto rate = [time](double difference) { return std::max(0.0, difference / time); };
  return {.other_cores = rate(after.busy - before.busy - (after.own - before.own)),
          .stolen_cores = rate(after.stolen - before.stolen),
          .waited_cores = rate(after.waited - before.waited),
          .throttled_share = rate(after.throttled - before.throttled)};
}

std::optional<std::string> disturbance(const Interference& found, int threads, int cores) {
  // Shares that lengthen a median by more than the few percent in which quiet processes differ.
  constexpr double kStolen = 0.03, kWaited = 0.03, kThrottled = 0.01;
  // Of all cores: programs on others take caches, memory and clock.
  constexpr double kOthers = 0.15;
  if (found.throttled_share > kThrottled) {
    return fmt::format("the CPU limit of the container stopped it for {:.0f} % of the time",
                       100 * found.throttled_share);
  }
  if (found.stolen_cores > kStolen * threads)
    return fmt::format("other virtual machines took {:.2f} cores", found.stolen_cores);
  if (found.other_cores > kOthers * cores) {
    return fmt::format("other programs kept {:.1f} of {} cores busy", found.other_cores, cores);
  }
  if (found.waited_cores > kWaited * threads) {
    return fmt::format("its threads waited for a core {:.0f} % of the time",
                       100 * found.waited_cores / threads);
  }
  return std::nullopt;
}

}  // namespace qbench
