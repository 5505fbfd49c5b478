// Time of work on a stream, by the device's clock.
#pragma once

#include <algorithm>

#include "engine/backends/cudnn/device/memory.h"

namespace qbench::cudnn {

// Nanoseconds of one `work()`, which puts something on the stream: the best of a few averages.
template <class Work>
double measure_ns(const Stream& stream, Work&& work) {
  constexpr double kLong = 2e6;  // enough for an average
  constexpr int kAverages = 3;
  Event start;
  Event stop;
  const auto average = [&](int runs) {
    start.record(stream);
    for (int i = 0; i < runs; ++i) work();
    stop.record(stream);
    stream.wait();
    return start.until(stop) / runs;
  };
  average(1);  // loads what it needs
  const int runs = std::clamp(static_cast<int>(kLong / std::max(average(1), 1.0)), 1, 50);
  double best = average(runs);
  for (int i = 1; i < kAverages; ++i) best = std::min(best, average(runs));
  return best;
}

}  // namespace qbench::cudnn
