// Latency of a compiled network on dummy data, with what its processor says of each run.
#pragma once

#include <vector>

#include "engine/backends/backend.h"
#include "harness/measure/dummy_data.h"
#include "harness/measure/latency_metrics.h"
#include "harness/measure/measure.h"

namespace qbench {

struct ExecutableLatency {
  std::vector<double> latency_ns;
  DeviceSamples device;  // of the same runs; empty on the CPU
};

// `dummy` fits what was compiled.
ExecutableLatency measure_executable(Executable& executable, const DummyData& dummy,
                                     const MeasureOptions& options,
                                     const Clock& clock = steady_clock_ns);

}  // namespace qbench
