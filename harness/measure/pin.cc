#include "harness/measure/pin.h"

#include <fmt/format.h>
#include <sched.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <map>
#include <utility>

#include "engine/core/error.h"

namespace qbench {

std::vector<int> cores_to_pin(int count, const std::string& root) {
  cpu_set_t usable;
  CPU_ZERO(&usable);
  if (sched_getaffinity(0, sizeof usable, &usable) != 0) CPU_ZERO(&usable);
  std::map<std::string, int> seen;           // CPUs of each core so far
  std::vector<std::pair<int, int>> by_rank;  // which of its core's CPUs, and the CPU
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (!CPU_ISSET(cpu, &usable)) continue;
    std::ifstream file(
        fmt::format("{}/sys/devices/system/cpu/cpu{}/topology/thread_siblings_list", root, cpu));
    std::string core;
    if (!(file >> core)) core = std::to_string(cpu);
    by_rank.emplace_back(seen[core]++, cpu);
  }
  if (by_rank.size() < static_cast<std::size_t>(count)) {
    throw Error(fmt::format("{} threads are to be pinned, but this process may use {} cores", count,
                            by_rank.size()));
  }
  std::ranges::sort(by_rank);
  std::vector<int> cpus;
  for (int i = 0; i < count; ++i) cpus.push_back(by_rank[static_cast<std::size_t>(i)].second);
  return cpus;
}

void pin_to(const std::vector<int>& cpus) {
  cpu_set_t set;
  CPU_ZERO(&set);
  for (const int cpu : cpus) CPU_SET(cpu, &set);
  if (sched_setaffinity(0, sizeof set, &set) != 0) {
    throw Error(fmt::format("cannot be pinned to {} cores: {}", cpus.size(), std::strerror(errno)),
                ErrorKind::environment);
  }
}

}  // namespace qbench
