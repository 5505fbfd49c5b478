// Time of work on a stream, by the device's clock.
#pragma once

#include <algorithm>
#include <limits>

#include "engine/backends/cudnn/device/memory.h"

namespace qbench::cudnn {

// Nanoseconds of one `work()`, which puts something on the stream: the best of a few averages, or a
// first impression where that is far above `to_beat`.
template <class Work>
double measure_ns(const Stream& stream, Work&& work,
                  double to_beat = std::numeric_limits<double>::infinity()) {
  constexpr double kLong = 2e6;      // enough for an average
  constexpr double kOverhead = 2e4;  // of a single launch, more or less
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
  const double impression = average(1);
  if (impression > 2 * to_beat + kOverhead) return impression;
  const int runs = std::clamp(static_cast<int>(kLong / std::max(impression, 1.0)), 1, 50);
  double best = average(runs);
  for (int i = 1; i < kAverages; ++i) best = std::min(best, average(runs));
  return best;
}

}  // namespace qbench::cudnn
