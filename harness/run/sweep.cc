#include "harness/run/sweep.h"

#include <algorithm>
#include <vector>

#include "harness/run/group_sweep.h"
#include "harness/run/recorder.h"
#include "harness/run/spread.h"

namespace qbench {
namespace {

// Groups that may be under way at the same time, one on a device.
struct Wave {
  std::string backend;  // empty: of all backends with one device
  int devices = 1;
  std::vector<const Group*> groups;
};

// What has one device goes first and in order, however many backends there are: two of them at a
// time would spoil each other's latencies. Then each backend with several devices by itself.
std::vector<Wave> waves(const Plan& plan) {
  std::vector<Wave> result{Wave{}};
  for (const Group& group : plan.groups) {
    const std::string backend = group.devices > 1 ? group.backend : "";
    auto wave = std::ranges::find(result, backend, &Wave::backend);
    if (wave == result.end())
      wave = result.insert(wave, {.backend = backend, .devices = group.devices, .groups = {}});
    wave->groups.push_back(&group);
  }
  return result;
}

}  // namespace

SweepResult sweep(const Plan& plan, Store& store, std::int64_t run, const SweepOptions& options,
                  Progress& progress) {
  Recorder recorder(plan, store, run, options, progress);
  bool completed = true;
  for (const Wave& wave : waves(plan)) {
    if (!completed) break;
    completed = spread(wave.groups.size(), wave.devices, [&](std::size_t item, int device) {
      try {
        const bool done = GroupSweep(plan, *wave.groups[item], device, options, recorder).run();
        if (!done) recorder.stop();
        return done;
      } catch (...) {
        recorder.stop();  // the other lanes, too
        throw;
      }
    });
  }
  return {.interrupted = !completed, .reused = recorder.reused()};
}

}  // namespace qbench
