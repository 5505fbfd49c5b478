// Import rules of QuantizeLinear and DequantizeLinear. Zero points are 0, as everywhere in qbench.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "engine/core/error.h"
#include "engine/formats/onnx/importer.h"
#include "engine/formats/onnx/known_tensor.h"
#include "engine/formats/parameters.h"

namespace qbench::onnx {
namespace {

std::vector<float> scales_of(NodeImport& node) {
  node.known(1, "the scale");
  const TensorPtr scale = to_real(node.input(1));
  if (scale->shape().rank() > 1) {
    throw Error(fmt::format("scales of shape {}, supported are one and one along an axis",
                            to_string(scale->shape())),
                ErrorKind::unsupported);
  }
  const auto values = scale->data<float>();
  return {values.begin(), values.end()};
}

// The element type that the zero point has. Throws Error where it is not 0.
std::optional<DType> zero_point_type(NodeImport& node) {
  if (!node.has_input(2)) return std::nullopt;
  const TensorPtr zero = node.known(2, "the zero point");
  const auto bytes = zero->bytes();
  if (std::ranges::any_of(bytes, [](std::byte b) { return b != std::byte{0}; }))
    throw Error("a zero point that is not 0, supported is symmetric quantization",
                ErrorKind::unsupported);
  return zero->dtype();
}

// Positive, and as many as the axis needs.
QuantParams checked_params(NodeImport& node, const Shape& shape) {
  QuantParams params{.scales = scales_of(node)};
  for (float scale : params.scales) {
    if (!std::isfinite(scale) || scale <= 0)
      throw Error(fmt::format("scale {}, expected a positive number", scale));
  }
  const std::int64_t axis = node.integer("axis", 1);
  node.expect("block_size", 0);
  node.ignore({"saturate"});
  if (params.scales.size() == 1) return params;
  params.axis = static_cast<int>(axis_of(axis, shape.rank()));
  const std::int64_t extent = shape[static_cast<std::size_t>(params.axis)];
  if (std::cmp_not_equal(params.scales.size(), extent)) {
    throw Error(fmt::format("{} scales along axis {} of {}", params.scales.size(), params.axis,
                            to_string(shape)));
  }
  return params;
}

// Calls function(element, scale) for every element.
template <class Function>
void for_each_scale(const Shape& shape, const QuantParams& params, Function function) {
  const auto size = static_cast<std::size_t>(shape.elements());
  const std::size_t inner =
      params.axis < 0
          ? 1
          : static_cast<std::size_t>(shape.elements(static_cast<std::size_t>(params.axis) + 1));
  for (std::size_t i = 0; i < size; ++i)
    function(i, params.scales[i / inner % params.scales.size()]);
}

TensorPtr quantized_weight(const Tensor& real, const QuantParams& params) {
  auto result = std::make_shared<Tensor>(DType::s8, real.shape());
  for_each_scale(real.shape(), params, [&](std::size_t i, float scale) {
    result->data<std::int8_t>()[i] = quantize_value<std::int8_t>(real.data<float>()[i] / scale);
  });
  return result;
}

template <class T>
TensorPtr dequantized(const Tensor& tensor, const QuantParams& params) {
  auto result = std::make_shared<Tensor>(DType::f32, tensor.shape());
  const std::span<const T> from = tensor.data<T>();
  const std::span<float> to = result->data<float>();
  for_each_scale(tensor.shape(), params, [&](std::size_t i, float scale) {
    to[i] = static_cast<float>(static_cast<double>(from[i]) * scale);
  });
  return result;
}

Value import_quantize(NodeImport& node) {
  const DType dtype = zero_point_type(node).value_or(DType::u8);
  const Value& from = node.input(0);
  if (from.known) {
    const TensorPtr real = to_real(from);
    if (dtype != DType::s8)
      throw Error("stored values quantized to another type than INT8", ErrorKind::unsupported);
    return known_value(quantized_weight(*real, checked_params(node, real->shape())));
  }
  const NodeId data = node.data(0);
  QuantParams params = checked_params(node, node.shape(data));
  if (params.axis >= 0)
    throw Error("several scales, supported for stored values only", ErrorKind::unsupported);
  if (dtype != DType::u8 && dtype != DType::s8)
    throw Error(fmt::format("quantized to {}, supported are u8 and s8", to_string(dtype)),
                ErrorKind::unsupported);
  const NodeId id = node.add(Quantize{}, {data}, Graph::Quantization{dtype, std::move(params)});
  return {.node = id, .known = {}, .quant = {}, .name = {}};
}

Value import_stored(NodeImport& node, const Value& from) {
  QuantParams params = checked_params(node, from.known->shape());
  if (from.known->dtype() == DType::s32) {
    Value value = known_value(dequantized<std::int32_t>(*from.known, params));
    value.name = from.name;
    return value;
  }
  if (from.known->dtype() != DType::s8 || from.quant) {
    throw Error(fmt::format("stored values are {}, supported are s8 and s32",
                            to_string(from.known->dtype())),
                ErrorKind::unsupported);
  }
  Value value = known_value(from.known);
  value.quant = std::move(params);
  value.name = from.name;
  return value;
}

Value import_dequantize(NodeImport& node) {
  zero_point_type(node);
  const Value& from = node.input(0);
  if (from.known) return import_stored(node, from);
  const NodeId data = node.data(0);
  const QuantParams params = checked_params(node, node.shape(data));
  const TensorType& type = node[data].type;
  if (!type.quant || type.quant->scales != params.scales)
    throw Error("reads values that are not quantized with this scale", ErrorKind::unsupported);
  return {.node = node.add(Dequantize{}, {data}), .known = {}, .quant = {}, .name = {}};
}

constexpr OperatorRule kRules[] = {
    {"DequantizeLinear", import_dequantize},
    {"QuantizeLinear", import_quantize},
};

}  // namespace

std::span<const OperatorRule> quantize_rules() { return kRules; }

TensorPtr to_real(const Value& value) {
  if (value.quant) return dequantized<std::int8_t>(*value.known, *value.quant);
  return to_f32(value.known);
}

}  // namespace qbench::onnx
