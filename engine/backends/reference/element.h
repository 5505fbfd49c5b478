// Reading and writing single elements whatever their type, and the activation functions.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>

#include "engine/backends/reference/kernels.h"
#include "engine/core/quant_params.h"

namespace qbench::reference {

// Element i of an f32, s8 or u8 tensor; integers as they are, without their scale.
inline float load(const Tensor& tensor, std::size_t i) {
  if (tensor.dtype() == DType::s8) return tensor.data<std::int8_t>()[i];
  if (tensor.dtype() == DType::u8) return tensor.data<std::uint8_t>()[i];
  return tensor.data<float>()[i];
}

// Sets element i; integers are rounded and saturated.
inline void store(Tensor& tensor, std::size_t i, float value) {
  if (tensor.dtype() == DType::s8) {
    tensor.data<std::int8_t>()[i] = quantize_value<std::int8_t>(value);
  } else if (tensor.dtype() == DType::u8) {
    tensor.data<std::uint8_t>()[i] = quantize_value<std::uint8_t>(value);
  } else {
    tensor.data<float>()[i] = value;
  }
}

inline bool is_quantized(const TensorType& type) { return type.quant.has_value(); }

// The images of a value are the indices along axis 0.
inline std::size_t images(const Shape& shape) {
  return shape.rank() == 0 ? 1 : static_cast<std::size_t>(shape[0]);
}
inline std::size_t image_elements(const Shape& shape) {
  return static_cast<std::size_t>(shape.elements(1));
}

// What an input element is multiplied by to be in the output's units. The same for all images:
// 1 where the scales are dynamic, since input and output share them.
inline float ratio(const Operand& in, const Result& out) {
  return is_quantized(out.type) ? in.scales[0] / out.scales[0] : 1.0F;
}

// The activation of x, where x counts in steps of `unit`: the real value is x * unit, and so is the
// result's.
template <class Real>
Real activate(const ActivationSpec& spec, Real x, Real unit = 1) {
  const auto alpha = static_cast<Real>(spec.alpha);
  const auto beta = static_cast<Real>(spec.beta);
  switch (spec.kind) {
    case ActivationKind::none:
      return x;
    case ActivationKind::relu:
      return std::max(x, Real{0});
    case ActivationKind::clip:
      return std::min(std::max(x, alpha / unit), beta / unit);
    case ActivationKind::leaky:
      return x < 0 ? alpha * x : x;
    case ActivationKind::sigmoid:
      return 1 / (1 + std::exp(-x * unit)) / unit;
    case ActivationKind::tanh:
      return std::tanh(x * unit) / unit;
  }
  return x;
}

}  // namespace qbench::reference
