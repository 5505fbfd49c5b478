#include "engine/core/quant_params.h"

#include <algorithm>
#include <string>

#include "engine/core/error.h"

namespace qbench {
namespace {

// Below this a scale's reciprocal, or its product with another scale, leaves the normal floats.
constexpr float kSmallestScale = 1e-18F;

float max_abs(std::span<const float> values) {
  float result = 0;
  for (float v : values) result = std::max(result, std::fabs(v));
  return result;
}

template <class T>
void quantize_into(std::span<const float> real, float scale, std::span<T> out) {
  const float inverse = 1.0F / scale;
  for (std::size_t i = 0; i < real.size(); ++i) out[i] = quantize_value<T>(real[i] * inverse);
}

}  // namespace

float quant_max(DType dtype) {
  switch (dtype) {
    case DType::s8:
      return 127;
    case DType::u8:
      return 255;
    default:
      throw Error("no quantization to " + std::string(to_string(dtype)) + ", expected s8 or u8");
  }
}

float scale_for(Range range, DType dtype) {
  const float magnitude = range.max_abs();
  if (!std::isfinite(magnitude)) throw Error("range is not finite, no scale can be chosen");
  if (magnitude == 0) return 1;
  return std::max(magnitude / quant_max(dtype), kSmallestScale);
}

Tensor quantize(const Tensor& real, DType dtype, float scale) {
  Tensor result(dtype, real.shape());
  if (dtype == DType::s8) {
    quantize_into(real.data<float>(), scale, result.data<std::int8_t>());
  } else if (dtype == DType::u8) {
    quantize_into(real.data<float>(), scale, result.data<std::uint8_t>());
  } else {
    throw Error("no quantization to " + std::string(to_string(dtype)) + ", expected s8 or u8");
  }
  return result;
}

QuantizedWeights quantize_weights(const Tensor& weights, bool per_channel) {
  if (weights.shape().rank() < 2) {
    throw Error("weights of shape " + to_string(weights.shape()) + ", expected at least [O, I]");
  }
  const auto channels = static_cast<std::size_t>(weights.shape()[0]);
  const auto inner = static_cast<std::size_t>(weights.shape().elements(1));
  const std::span<const float> real = weights.data<float>();

  QuantizedWeights result{Tensor(DType::s8, weights.shape()), {}};
  const std::span<std::int8_t> values = result.values.data<std::int8_t>();
  const float whole = scale_for({0, max_abs(real)}, DType::s8);
  for (std::size_t o = 0; o < channels; ++o) {
    const std::span<const float> row = real.subspan(o * inner, inner);
    const float scale = per_channel ? scale_for({0, max_abs(row)}, DType::s8) : whole;
    quantize_into(row, scale, values.subspan(o * inner, inner));
    if (per_channel || o == 0) result.params.scales.push_back(scale);
  }
  if (per_channel) result.params.axis = 0;
  return result;
}

}  // namespace qbench
