// How far a network's layers are from what the processor could do: the roofline model (Williams et
// al., CACM 52(4), 2009) on measured peaks.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "engine/backends/backend.h"
#include "harness/measure/peaks.h"

namespace qbench {

enum class Bound : std::uint8_t {
  compute,  // at least half of the time is arithmetic at its peak, and more than memory takes
  memory,   // the same of memory
  other,    // neither: starting costs, poor use of the vectors, other work
};
std::string_view to_string(Bound bound);

struct LayerRoof {
  double operations = 0;       // per second
  double peak_share = 0;       // of the peak of the layer's data type; above 1 with Winograd
  double bandwidth = 0;        // bytes/s of data, weights and result
  double bandwidth_share = 0;  // of what a cache or memory that holds them gives
  Bound bound = Bound::other;
};
LayerRoof under_roof(const LayerTime& layer, const Peaks& peaks);

// Where the time of a run goes, in nanoseconds; the parts add up to the total.
struct Diagnosis {
  double total = 0;
  double at_peak = 0;       // what the arithmetic of INT8 layers would take at the peak
  double below_peak = 0;    // what these layers take beyond that ...
  double memory_bound = 0;  // ... of it, in layers that memory bounds
  double f32_layers = 0;    // convolutions and fully connected layers in f32
  double conversions = 0;   // reorders, quantize, dequantize
  double other = 0;         // pooling, concatenation and the rest
};
Diagnosis diagnose(std::span<const LayerTime> layers, const Peaks& peaks);

// Two lines: why INT8 is not faster by the ratio of the peaks. For an INT8 network.
std::string explain(const Diagnosis& diagnosis, const Peaks& peaks);

}  // namespace qbench
