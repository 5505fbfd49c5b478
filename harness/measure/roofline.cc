#include "harness/measure/roofline.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace qbench {
namespace {

constexpr double kNano = 1e-9;

bool is_int8(const LayerTime& layer) {
  return layer.dtypes.starts_with("u8") || layer.dtypes.starts_with("s8");
}

bool is_conversion(const LayerTime& layer) {
  return layer.op == "reorder" || layer.op == "Quantize" || layer.op == "Dequantize";
}

double operations_of(const LayerTime& layer) { return 2 * static_cast<double>(layer.macs); }

// Of the smallest measured array that holds the layer's values; the largest one otherwise.
double bandwidth_for(std::int64_t bytes, const Peaks& peaks) {
  if (peaks.memory.empty()) return 0;
  for (const Bandwidth& size : peaks.memory) {
    if (std::cmp_less_equal(bytes, size.bytes * static_cast<std::size_t>(peaks.threads)))
      return size.read;
  }
  return peaks.memory.back().read;
}

double share(double value, double of) { return of > 0 ? value / of : 0; }

}  // namespace

std::string_view to_string(Bound bound) {
  switch (bound) {
    case Bound::compute:
      return "compute";
    case Bound::memory:
      return "memory";
    case Bound::other:
      return "other";
  }
  return "?";
}

LayerRoof under_roof(const LayerTime& layer, const Peaks& peaks) {
  LayerRoof roof;
  if (layer.median_ns <= 0) return roof;
  const double seconds = layer.median_ns * kNano;
  roof.operations = operations_of(layer) / seconds;
  roof.peak_share = share(roof.operations, is_int8(layer) ? peaks.int8 : peaks.f32);
  roof.bandwidth = static_cast<double>(layer.bytes) / seconds;
  roof.bandwidth_share = share(roof.bandwidth, bandwidth_for(layer.bytes, peaks));
  constexpr double kHalf = 0.5;
  if (std::max(roof.peak_share, roof.bandwidth_share) >= kHalf)
    roof.bound = roof.peak_share >= roof.bandwidth_share ? Bound::compute : Bound::memory;
  return roof;
}

Diagnosis diagnose(std::span<const LayerTime> layers, const Peaks& peaks) {
  Diagnosis d;
  for (const LayerTime& layer : layers) {
    const double ns = layer.median_ns;
    d.total += ns;
    if (is_conversion(layer)) {
      d.conversions += ns;
    } else if (layer.macs == 0) {
      d.other += ns;
    } else if (!is_int8(layer)) {
      d.f32_layers += ns;
    } else {
      const double ideal = std::min(ns, share(operations_of(layer), peaks.int8) / kNano);
      d.at_peak += ideal;
      d.below_peak += ns - ideal;
      if (under_roof(layer, peaks).bound == Bound::memory) d.memory_bound += ns - ideal;
    }
  }
  return d;
}

std::string explain(const Diagnosis& d, const Peaks& peaks) {
  constexpr double kMilli = 1e6;
  return fmt::format(
      "{:.2f} ms = {:.2f} at the INT8 peak ({:.1f} x FP32's) + {:.2f} below it ({:.2f} "
      "memory-bound)\n"
      "  + {:.2f} FP32 layers + {:.2f} reorders, quantize, dequantize + {:.2f} other",
      d.total / kMilli, d.at_peak / kMilli, share(peaks.int8, peaks.f32), d.below_peak / kMilli,
      d.memory_bound / kMilli, d.f32_layers / kMilli, d.conversions / kMilli, d.other / kMilli);
}

}  // namespace qbench
