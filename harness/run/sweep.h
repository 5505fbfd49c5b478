// A sweep: carries out a plan case by case and puts each record into the store as it is made. The
// groups of a backend with several devices are spread over them, one group on a device at a time: a
// network is compared with itself on the same device.
#pragma once

#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <string_view>

#include "harness/run/job.h"
#include "harness/run/launch.h"
#include "harness/run/progress.h"
#include "reports/record/store.h"

namespace qbench {

// Does one job somewhere else: its text in, its lines out, within limits. In the program a child
// process; in tests whatever is wanted. Called from several threads at once where a backend has
// several devices.
using Launcher =
    std::function<LaunchResult(const std::string& job, double timeout_seconds,
                               const std::function<void(std::string_view line)>& on_line)>;

struct SweepOptions {
  std::string work_dir;  // calibration tables, saved models, finished accuracy results
  bool resume = false;   // use what earlier runs with equal case ids have measured
  // Content ids. Not empty: of these cases alone, which the run has measured before, latency and
  // memory are measured anew; their scores are those in work_dir.
  std::set<std::string, std::less<>> again{};
  int decode_threads = 1;
  Launcher launch;
  std::string turn_file{};  // as of MeasuringTurn, which each job waits for; empty: none does
  std::function<bool()> interrupted = [] { return false; };  // ends that waiting
  std::function<std::string()> now;                          // ISO 8601, UTC
};

struct SweepResult {
  bool interrupted = false;
  std::size_t reused = 0;  // records taken from earlier runs
};

// Puts a record for every case of the plan, whatever becomes of it, unless interrupted. Throws
// Error when the store cannot be written or no child can be started.
SweepResult sweep(const Plan& plan, Store& store, std::int64_t run, const SweepOptions& options,
                  Progress& progress);

}  // namespace qbench
