// What else the machine did while something was measured: whatever takes cores, caches or memory
// from it makes latencies longer, and no two runs alike.
#pragma once

#include <optional>
#include <string>

namespace qbench {

// Counters of the system and of this process, all in seconds; 0 where the system does not tell.
struct LoadCounters {
  double time = 0;       // steady clock
  double busy = 0;       // of the CPUs that this process may use, by whomever
  double stolen = 0;     // of the same CPUs, by other virtual machines
  double own = 0;        // CPU time of this process
  double waited = 0;     // its threads were ready to run and had no CPU
  double throttled = 0;  // its control group had used up its share (cgroup v2)
};

// `root` stands before /proc and /sys.
LoadCounters read_load(const std::string& root = "");

// Means over the time between two readings, in cores.
struct Interference {
  double other_cores = 0;      // kept busy by other programs
  double stolen_cores = 0;     // taken by other virtual machines
  double waited_cores = 0;     // wanted by threads of this process, and not to be had
  double throttled_share = 0;  // of the time

  bool operator==(const Interference&) const = default;
};
Interference interference_between(const LoadCounters& before, const LoadCounters& after);

// What makes latencies measured meanwhile doubtful, in words; nothing when they may be trusted.
// `threads` were measured, on a machine of `cores`.
std::optional<std::string> disturbance(const Interference& found, int threads, int cores);

}  // namespace qbench
