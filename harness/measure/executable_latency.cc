#include "harness/measure/executable_latency.h"

#include <optional>
#include <utility>

namespace qbench {

ExecutableLatency measure_executable(Executable& executable, const DummyData& dummy,
                                     const MeasureOptions& options, const Clock& clock) {
  std::vector<std::optional<DeviceTimes>> times;  // of each timed run
  Series series = measure([&] { executable.run(dummy.inputs(), dummy.outputs()); }, options, clock,
                          [&] { times.push_back(executable.device_times()); },
                          [&] { return executable.clock(); });
  ExecutableLatency result;
  for (const std::size_t run : series.runs)
    if (times[run]) result.device.add(*times[run]);
  result.latency_ns = std::move(series.latency_ns);
  result.device.clock_mhz = std::move(series.clock_mhz);
  result.device.discarded = series.discarded;
  result.device.slowed = series.slowed;
  return result;
}

}  // namespace qbench
