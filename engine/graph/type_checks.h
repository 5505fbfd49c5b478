// What the rules of type inference share: demands on types, and the types they give. Used by
// infer.cc only.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "engine/core/error.h"
#include "engine/graph/graph.h"

namespace qbench::type_checks {

using Types = std::span<const TensorType>;
using Wanted = std::optional<Graph::Quantization>;

inline constexpr std::int64_t kLargestExtent = std::int64_t{1}
                                               << 24;  // keeps window arithmetic exact

inline bool is_quantized(const TensorType& type) { return type.quant.has_value(); }

inline void expect(bool condition, const std::string& message) {
  if (!condition) throw Error(message);
}

inline void expect_inputs(Types inputs, std::size_t count) {
  expect(inputs.size() == count, fmt::format("{} inputs, expected {}", inputs.size(), count));
}

inline void expect_real(const TensorType& type, std::string_view what) {
  expect(type.dtype == DType::f32 && !is_quantized(type),
         fmt::format("{} is {}, expected f32", what, to_string(type.dtype)));
}

inline void expect_rank(const TensorType& type, std::size_t rank, std::string_view what) {
  expect(type.shape.rank() == rank,
         fmt::format("{} has shape {}, expected rank {}", what, to_string(type.shape), rank));
}

inline void expect_vector(const TensorType& type, std::int64_t length, std::string_view what) {
  expect_real(type, what);
  expect(type.shape == Shape{length},
         fmt::format("{} has shape {}, expected [{}]", what, to_string(type.shape), length));
}

inline void expect_positive(const Extent2d& extent, std::string_view what) {
  const bool good =
      extent.h > 0 && extent.w > 0 && extent.h <= kLargestExtent && extent.w <= kLargestExtent;
  expect(good, fmt::format("{} is [{},{}], expected positive", what, extent.h, extent.w));
}

inline void expect_positive(std::span<const float> scales) {
  for (float scale : scales) {
    expect(std::isfinite(scale) && scale > 0,
           fmt::format("scale {} is not positive and finite", scale));
  }
}

inline void expect_padding(const Padding2d& p) {
  const auto [low, high] = std::minmax({p.top, p.left, p.bottom, p.right});
  expect(low >= 0 && high <= kLargestExtent,
         fmt::format("padding is [{},{},{},{}], expected 0 or more", p.top, p.left, p.bottom,
                     p.right));
}

// Of a clip that leaves no value, results would depend on the order in which a backend compares.
inline void expect_limits(const ActivationSpec& spec) {
  expect(
      spec.kind != ActivationKind::clip || spec.alpha <= spec.beta,
      fmt::format("clip from {} to {}, expected limits in ascending order", spec.alpha, spec.beta));
}

inline std::size_t checked_axis(std::int64_t axis, std::size_t rank) {
  expect(axis >= 0 && axis < static_cast<std::int64_t>(rank),
         fmt::format("axis {} does not exist in rank {}", axis, rank));
  return static_cast<std::size_t>(axis);
}

// The type of an f32 or quantized result of `shape`.
inline TensorType result(Shape shape, const Wanted& wanted) {
  if (!wanted) return {DType::f32, std::move(shape), std::nullopt};
  expect(wanted->dtype == DType::s8 || wanted->dtype == DType::u8,
         fmt::format("quantized to {}, expected s8 or u8", to_string(wanted->dtype)));
  const QuantParams& params = wanted->params;
  expect(params.axis == -1 && params.scales.size() == (params.dynamic ? 0 : 1),
         "an activation has one scale, or none while dynamic");
  expect_positive(params.scales);
  return {wanted->dtype, std::move(shape), wanted->params};
}

inline void check_scales(const QuantParams& params, const Shape& shape) {
  const std::int64_t expected =
      params.axis == -1 ? 1 : shape[checked_axis(params.axis, shape.rank())];
  expect(!params.dynamic && std::cmp_equal(params.scales.size(), expected),
         fmt::format("{} scales for a constant of shape {}, expected {}", params.scales.size(),
                     to_string(shape), expected));
  expect_positive(params.scales);
}

// For operators that move or select values: quantized as the input unless said otherwise.
inline TensorType like(const TensorType& input, Shape shape, const Wanted& wanted) {
  if (!is_quantized(input)) {
    expect(!wanted.has_value(), "a quantized result needs quantized inputs");
    expect_real(input, "data");
    return result(std::move(shape), std::nullopt);
  }
  if (wanted) {
    expect(!input.quant->dynamic || wanted->params.dynamic,
           "a dynamic input cannot be requantized");
    return result(std::move(shape), wanted);
  }
  return {input.dtype, std::move(shape), input.quant};
}

inline TensorType real_only(const TensorType& input, const Wanted& wanted) {
  expect_real(input, "data");
  expect(!wanted.has_value(), "this operator delivers f32 only");
  return {DType::f32, input.shape, std::nullopt};
}

// Convolution and fully connected: integer data needs s8 weights, and says what may come out.
inline void check_precision(const TensorType& data, const TensorType& weight,
                            const Wanted& wanted) {
  if (!is_quantized(data)) {
    expect_real(data, "data");
    expect_real(weight, "weight");
    expect(!wanted.has_value(), "a quantized result needs quantized data");
    return;
  }
  expect(weight.dtype == DType::s8 && is_quantized(weight),
         "quantized data needs s8 weights with scales");
  const std::size_t scales = weight.quant->scales.size();
  const bool per_channel = weight.quant->axis == 0 && std::cmp_equal(scales, weight.shape[0]);
  expect(per_channel || (weight.quant->axis == -1 && scales == 1),
         fmt::format("weights of shape {} with {} scales, expected one or one per output channel",
                     to_string(weight.shape), scales));
  expect(!data.quant->dynamic || !wanted, "dynamic data gives f32 results");
}

}  // namespace qbench::type_checks
