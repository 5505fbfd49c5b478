#include "engine/formats/onnx/export_quantized.h"

#include <cmath>
#include <limits>
#include <memory>
#include <optional>
#include <utility>

#include "engine/core/error.h"

namespace qbench::onnx {
namespace {

TensorPtr vector_or_scalar(const std::vector<float>& values, bool vector) {
  const Shape shape = vector ? Shape{static_cast<std::int64_t>(values.size())} : Shape{};
  return std::make_shared<const Tensor>(Tensor::of<float>(shape, std::span<const float>(values)));
}

// Rounded to units of `scales`; nothing where one does not fit.
std::optional<Tensor> in_units(const Tensor& bias, const std::vector<float>& scales) {
  Tensor result(DType::s32, bias.shape());
  const auto from = bias.data<float>();
  const auto to = result.data<std::int32_t>();
  for (std::size_t i = 0; i < from.size(); ++i) {
    const double units =
        std::nearbyint(static_cast<double>(from[i]) / scales[scales.size() == 1 ? 0 : i]);
    if (!(std::fabs(units) <= std::numeric_limits<std::int32_t>::max())) return std::nullopt;
    to[i] = static_cast<std::int32_t>(units);
  }
  return result;
}

}  // namespace

const std::string& QuantizedValues::scale(NodeId id) {
  std::string& name = scales_[id];
  if (!name.empty()) return name;
  const QuantParams& params = *graph_[id].type.quant;
  if (params.dynamic) {
    throw Error(
        "a scale that is found at run time (calibration mode none) has no form in ONNX; "
        "export a calibrated model",
        ErrorKind::unsupported);
  }
  name = builder_.free_name(graph_[id].name + "_scale");
  builder_.store(name, vector_or_scalar(params.scales, params.axis >= 0));
  return name;
}

void QuantizedValues::quantize(NodeId id, const std::string& real, const std::string& name) {
  values_[id] = builder_.add("QuantizeLinear", name,
                             {real, scale(id), builder_.zero_point(graph_[id].type.dtype)});
}

std::string QuantizedValues::dequantize(NodeId id) {
  return dequantize(id, builder_.free_name(graph_[id].name + "_dequantized"));
}

std::string QuantizedValues::dequantize(NodeId id, const std::string& name) {
  const qbench::Node& node = graph_[id];
  std::string& value = values_[id];
  if (value.empty())
    value = builder_.store(builder_.own_name(node.name), graph_.as_constant(id)->value);
  const QuantParams& params = *node.type.quant;
  if (params.axis < 0) {
    return builder_.add("DequantizeLinear", name,
                        {value, scale(id), builder_.zero_point(node.type.dtype)});
  }
  const std::string zeros =
      builder_.store(builder_.free_name(node.name + "_zero"),
                     std::make_shared<const Tensor>(
                         node.type.dtype, Shape{static_cast<std::int64_t>(params.scales.size())}));
  return builder_.add("DequantizeLinear", name, {value, scale(id), zeros},
                      {{"axis", static_cast<std::int64_t>(params.axis)}});
}

std::string QuantizedValues::again(NodeId id, const std::string& real) {
  const std::string zero = builder_.zero_point(graph_[id].type.dtype);
  const std::string quantized = builder_.add(
      "QuantizeLinear", builder_.free_name(real + "_quantized"), {real, scale(id), zero});
  return builder_.add("DequantizeLinear", builder_.free_name(real + "_dequantized"),
                      {quantized, scale(id), zero});
}

std::string QuantizedValues::bias(NodeId id, NodeId data, NodeId weight) {
  const std::string& name = graph_[id].name;
  const QuantParams& of_data = *graph_[data].type.quant;
  if (of_data.dynamic) scale(data);  // throws
  std::vector<float> scales = graph_[weight].type.quant->scales;
  for (float& scale : scales) scale *= of_data.scales[0];
  const bool per_channel = graph_[weight].type.quant->axis >= 0;

  const std::string stored = builder_.own_name(name);  // a bias may serve several layers
  const TensorPtr& real = graph_.as_constant(id)->value;
  std::optional<Tensor> units = in_units(*real, scales);
  if (!units) return builder_.store(stored, real);
  builder_.store(stored, std::make_shared<const Tensor>(*std::move(units)));
  const std::string scale_name =
      builder_.store(builder_.free_name(name + "_scale"), vector_or_scalar(scales, per_channel));
  const Attributes axis = per_channel ? Attributes{{"axis", std::int64_t{0}}} : Attributes{};
  return builder_.add("DequantizeLinear", builder_.free_name(name + "_dequantized"),
                      {stored, scale_name}, axis);
}

}  // namespace qbench::onnx
