// Linear quantization: real = scale * (q - zero_point). The one place that rounds and saturates.
#pragma once

#include <cmath>
#include <cstdint>
#include <limits>
#include <span>
#include <type_traits>
#include <vector>

#include "engine/core/dtype.h"
#include "engine/core/tensor.h"

namespace qbench {

// Observed or chosen limits of a tensor's real values, min <= max.
struct Range {
  float min = 0;
  float max = 0;
  float max_abs() const { return std::fmax(std::fabs(min), std::fabs(max)); }
  bool operator==(const Range&) const = default;
};

// Zero point is always 0 in qbench: u8 is used only where no value is negative, so that nothing is
// gained by an offset, and every kernel stays symmetric.
struct QuantParams {
  std::vector<float> scales;  // one, or one per index along `axis`; empty while `dynamic`
  int axis = -1;              // -1: one scale for the tensor
  bool dynamic = false;       // the scale is found at run time from the tensor's own values

  bool operator==(const QuantParams&) const = default;
};

// Rounds to nearest, ties to even, whatever the caller's rounding mode was compiled for.
inline float round_half_even(float x) { return std::nearbyintf(x); }

// Rounds and saturates to the limits of the integer type T (s8: -128..127). NaN becomes 0.
template <class T>
T quantize_value(float scaled) {
  static_assert(std::is_integral_v<T>);
  constexpr float low = static_cast<float>(std::numeric_limits<T>::min());
  constexpr float high = static_cast<float>(std::numeric_limits<T>::max());
  const float rounded = round_half_even(scaled);
  if (!(rounded > low)) return std::isnan(rounded) ? T{0} : std::numeric_limits<T>::min();
  if (rounded >= high) return std::numeric_limits<T>::max();
  return static_cast<T>(rounded);
}

// Largest magnitude that symmetric quantization uses: 127 for s8, 255 for u8.
float quant_max(DType dtype);

// Scale so that range.max_abs() is quantized to quant_max(dtype). 1 for a range of zeros.
float scale_for(Range range, DType dtype);

// q = saturate(round(x / scale)), computed as x * (1 / scale) as the backends do.
Tensor quantize(const Tensor& real, DType dtype, float scale);

// Weights of shape [O, ...]: symmetric s8 with one scale for each output channel o, or one for all.
struct QuantizedWeights {
  Tensor values;  // s8, shape of the input
  QuantParams params;
};
QuantizedWeights quantize_weights(const Tensor& weights, bool per_channel);

}  // namespace qbench
