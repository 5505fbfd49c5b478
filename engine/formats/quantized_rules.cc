// Import rules of MXNet's quantized operators and of its fused layers.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "engine/core/error.h"
#include "engine/formats/fused.h"
#include "engine/formats/importer.h"
#include "engine/formats/layers.h"

namespace qbench {
namespace {

constexpr std::string_view kQuantizedSuffix = "_quantize";

std::string without_suffix(std::string name) {
  if (name.ends_with(kQuantizedSuffix)) name.resize(name.size() - kQuantizedSuffix.size());
  return name;
}

NodeId import_quantize(OperatorImport& node) {
  const NodeId data = node.data(0);
  if (node.type(data).quant) return data;
  std::optional<Graph::Quantization> quantization = calibrated(node.attributes);
  if (!quantization) {
    node.attributes.expect("out_type", {"auto", "int8", "uint8"});
    const bool is_u8 = node.attributes.text("out_type", "int8") == "uint8";
    quantization = Graph::Quantization{is_u8 ? DType::u8 : DType::s8, {}};
    quantization->params.dynamic = true;
  }
  return node.add(Quantize{}, {data}, std::move(quantization));
}

// An operator before it that could not requantize delivers f32 already.
NodeId import_dequantize(OperatorImport& node) {
  const NodeId data = node.data(0);
  return node.type(data).quant ? node.add(Dequantize{}, {data}) : data;
}

// Where the ranges of stored values are: inputs of the node, minima and then maxima.
struct RangeInputs {
  std::size_t low;
  std::size_t high;
};

// Scales of the s8 values at `input`: one, or one for each of `channels`.
std::vector<float> stored_scales(OperatorImport& node, std::size_t input, RangeInputs ranges,
                                 std::int64_t channels) {
  std::vector<float> exact = node.variable_attributes(input).numbers("__qbench_scale__");
  if (!exact.empty()) return exact;
  const std::string name = node.variable(ranges.low, "min");
  const auto low = node.parameters().real(name);
  const auto high = node.parameters().real(node.variable(ranges.high, "max"));
  const Shape& shape = low->shape();
  if (shape != high->shape() || (shape != Shape{1} && shape != Shape{channels})) {
    throw Error(fmt::format("ranges '{}' of shapes {} and {}, expected [1] or [{}]", name,
                            to_string(shape), to_string(high->shape()), channels));
  }
  std::vector<float> scales;
  for (std::size_t i = 0; i < low->elements(); ++i)
    scales.push_back(scale_for({low->data<float>()[i], high->data<float>()[i]}, DType::s8));
  return scales;
}

void expect_scales(std::span<const float> scales, std::int64_t channels, std::string_view name) {
  const bool good = std::ranges::all_of(scales, [](float s) { return std::isfinite(s) && s > 0; });
  if (good && (scales.size() == 1 || std::cmp_equal(scales.size(), channels))) return;
  throw Error(fmt::format("'{}' has {} scales, expected 1 or {}, positive and finite", name,
                          scales.size(), channels));
}

NodeId stored_weight(OperatorImport& node, std::size_t input, RangeInputs ranges,
                     const Shape& shape) {
  const std::string name = node.variable(input, "weight");
  auto values = node.parameters().s8(name, shape);
  node.attributes.expect("quantize_granularity", {"channel-wise", "tensor-wise"});
  bool per_channel = node.attributes.text("quantize_granularity", "tensor-wise") == "channel-wise";
  QuantParams params;
  if (node.parameters().are_random()) {
    params.scales.assign(per_channel ? static_cast<std::size_t>(shape[0]) : 1,
                         scale_for({0, xavier_bound(shape)}, DType::s8));
  } else {
    params.scales = stored_scales(node, input, ranges, shape[0]);
    per_channel = per_channel || params.scales.size() > 1;
  }
  expect_scales(params.scales, shape[0], name);
  if (per_channel && std::cmp_equal(params.scales.size(), shape[0])) params.axis = 0;
  return node.add_constant(input, without_suffix(name), std::move(values), std::move(params));
}

// Bias stored as f32, or as s8 with a range of its own.
NodeId stored_bias(OperatorImport& node, std::size_t input, RangeInputs ranges,
                   std::int64_t outputs) {
  const std::string name = node.variable(input, "bias");
  if (!node.parameters().holds_s8(name)) return node.parameter(input, "bias", {outputs});
  const auto stored = node.parameters().s8(name, {outputs});
  const float scale =
      node.parameters().are_random() ? 1.0F : stored_scales(node, input, ranges, 1)[0];
  auto bias = std::make_shared<Tensor>(DType::f32, Shape{outputs});
  std::ranges::transform(stored->data<std::int8_t>(), bias->data<float>().begin(),
                         [&](std::int8_t q) { return scale * static_cast<float>(q); });
  return node.add_constant(input, without_suffix(name), std::move(bias));
}

struct RealLayer {
  std::shared_ptr<const Tensor> weight;
  std::shared_ptr<const Tensor> bias;  // null: none
};

// y = (x - mean) * gamma / sqrt(variance + eps) + beta, moved into weight and bias in f32.
RealLayer fold_batch_norm(OperatorImport& node, const FusedLayer& fused, const RealLayer& layer) {
  const Attributes attributes(fused.batch_norm->attributes);
  const float epsilon = attributes.number("eps", 1e-3F);
  const bool fix_gamma = attributes.flag("fix_gamma", true);
  const std::int64_t outputs = layer.weight->shape()[0];
  const auto values = [&](std::size_t i, std::string_view argument) {
    const std::size_t input = fused.batch_norm_parameters + i;
    return node.parameters().real(node.variable(input, argument), {outputs}, argument);
  };
  const auto gamma = values(0, "gamma");
  const auto beta = values(1, "beta");
  const auto mean = values(2, "moving_mean");
  const auto variance = values(3, "moving_var");

  auto weight = std::make_shared<Tensor>(layer.weight->clone());
  auto bias = std::make_shared<Tensor>(DType::f32, Shape{outputs});
  const std::span<float> w = weight->data<float>();
  const std::size_t inner = w.size() / static_cast<std::size_t>(outputs);
  for (std::size_t o = 0; o < static_cast<std::size_t>(outputs); ++o) {
    if (!(variance->data<float>()[o] + epsilon > 0)) {
      throw Error(
          fmt::format("the variance of channel {} is {}, expected positive with epsilon {} "
                      "added",
                      o, variance->data<float>()[o], epsilon));
    }
    const float factor = (fix_gamma ? 1.0F : gamma->data<float>()[o]) /
                         std::sqrt(variance->data<float>()[o] + epsilon);
    for (float& value : w.subspan(o * inner, inner)) value *= factor;
    const float before = layer.bias == nullptr ? 0.0F : layer.bias->data<float>()[o];
    bias->data<float>()[o] = beta->data<float>()[o] + factor * (before - mean->data<float>()[o]);
  }
  return {std::move(weight), std::move(bias)};
}

// Weight and bias of a fused layer whose weights are stored as f32; quantized where data is.
std::vector<NodeId> real_layer_inputs(OperatorImport& node, const FusedLayer& fused, NodeId data,
                                      const Shape& shape) {
  const std::string weight_name = node.variable(fused.weight, "weight");
  RealLayer layer{node.parameters().real(weight_name, shape, "weight"), nullptr};
  std::string bias_name = node.name() + "_bias";
  if (fused.bias) {
    bias_name = node.variable(*fused.bias, "bias");
    layer.bias = node.parameters().real(bias_name, {shape[0]}, "bias");
  }
  if (fused.batch_norm != nullptr) layer = fold_batch_norm(node, fused, layer);

  std::vector<NodeId> inputs = {data};
  if (node.type(data).quant) {
    QuantizedWeights weights = quantize_weights(*layer.weight, /*per_channel=*/true);
    inputs.push_back(node.add_constant(fused.weight, weight_name,
                                       std::make_shared<const Tensor>(std::move(weights.values)),
                                       std::move(weights.params)));
  } else {
    inputs.push_back(node.add_constant(fused.weight, weight_name, std::move(layer.weight)));
  }
  if (layer.bias != nullptr) {
    const std::size_t input = fused.bias.value_or(fused.weight);
    inputs.push_back(node.add_constant(input, bias_name, std::move(layer.bias)));
  }
  return inputs;
}

// What MXNet takes a calibrated output for: u8 after a function that is never negative.
DType output_type(const ActivationSpec& activation) {
  const bool positive = activation.kind == ActivationKind::relu ||
                        activation.kind == ActivationKind::sigmoid ||
                        (activation.kind == ActivationKind::clip && activation.alpha >= 0);
  return positive ? DType::u8 : DType::s8;
}

NodeId import_fused_convolution(OperatorImport& node) {
  const FusedLayer fused = read_fused(node.node());
  const Attributes attributes(fused.layer->attributes);
  Convolution op = convolution_from(attributes);
  const NodeId data = node.data(fused.data);
  const Shape& data_shape = node.type(data).shape;
  if (fused.layer->op != "Convolution" || data_shape.rank() != 4)
    throw Error(fmt::format("a fused {} of data {}, expected Convolution of [N,C,H,W]",
                            fused.layer->op, to_string(data_shape)));
  const Shape weight = convolution_weight_shape(attributes, data_shape[1]);
  op.activation = fused.activation;

  const bool stored = node.parameters().holds_s8(node.variable(fused.weight, "weight"));
  std::vector<NodeId> inputs;
  if (stored) {
    inputs = {data, stored_weight(node, fused.weight,
                                  {node.input_count() - 2, node.input_count() - 1}, weight)};
    if (fused.bias) inputs.push_back(node.parameter(*fused.bias, "bias", {weight[0]}));
  } else {
    inputs = real_layer_inputs(node, fused, data, weight);
  }
  op.has_bias = inputs.size() == 3;
  std::optional<Graph::Quantization> quantization =
      stored ? calibrated(node.attributes)
             : calibrated(node.attributes, output_type(op.activation));
  op.has_residual = fused.residual.has_value();
  if (fused.residual) {
    NodeId residual = node.data(*fused.residual);
    if (!quantization && node.type(residual).quant)  // uncalibrated: the sum is one of f32 values
      residual = node.add_named("residual", Dequantize{}, {residual});
    inputs.push_back(residual);
  }
  return node.add(op, std::move(inputs), std::move(quantization));
}

// Data, weight, [bias], then minima and maxima of data, weight and bias.
std::vector<NodeId> stored_layer_inputs(OperatorImport& node, NodeId data, const Shape& shape,
                                        bool has_bias) {
  const std::size_t ranges = has_bias ? 3 : 2;
  std::vector<NodeId> inputs = {data, stored_weight(node, 1, {ranges + 2, ranges + 3}, shape)};
  if (has_bias) inputs.push_back(stored_bias(node, 2, {ranges + 4, ranges + 5}, shape[0]));
  return inputs;
}

Shape fully_connected_weight_shape(const Attributes& attributes, const Shape& data) {
  if (data.rank() == 0) throw Error("data has no batch dimension");
  return {attributes.integer("num_hidden", std::nullopt), data.elements(1)};
}

NodeId import_fused_fully_connected(OperatorImport& node) {
  const FusedLayer fused = read_fused(node.node());
  if (fused.layer->op != "FullyConnected" || fused.residual || fused.batch_norm != nullptr)
    throw Error("expected FullyConnected and an activation in the subgraph",
                ErrorKind::unsupported);
  const NodeId data = node.data(fused.data);
  const Shape weight =
      fully_connected_weight_shape(Attributes(fused.layer->attributes), node.type(data).shape);
  const bool stored = node.parameters().holds_s8(node.variable(fused.weight, "weight"));
  std::vector<NodeId> inputs = stored
                                   ? stored_layer_inputs(node, data, weight, fused.bias.has_value())
                                   : real_layer_inputs(node, fused, data, weight);
  const FullyConnected op{.has_bias = inputs.size() == 3, .activation = fused.activation};
  return node.add(op, std::move(inputs),
                  stored ? calibrated(node.attributes)
                         : calibrated(node.attributes, output_type(op.activation)));
}

// Without fusion: f32 results, which a requantize node makes s8.
NodeId import_quantized_convolution(OperatorImport& node) {
  const Convolution op = convolution_from(node.attributes);
  const NodeId data = node.data(0);
  const Shape& shape = node.type(data).shape;
  if (shape.rank() != 4)
    throw Error(fmt::format("data has shape {}, expected [N,C,H,W]", to_string(shape)));
  const Shape weight = convolution_weight_shape(node.attributes, shape[1]);
  return node.add(op, stored_layer_inputs(node, data, weight, op.has_bias), std::nullopt);
}

NodeId import_quantized_fully_connected(OperatorImport& node) {
  const FullyConnected op{.has_bias = !node.attributes.flag("no_bias", false), .activation = {}};
  const NodeId data = node.data(0);
  const Shape weight = fully_connected_weight_shape(node.attributes, node.type(data).shape);
  return node.add(op, stored_layer_inputs(node, data, weight, op.has_bias), std::nullopt);
}

constexpr OperatorRule kRules[] = {
    {"_contrib_dequantize", import_dequantize},
    {"_contrib_quantize_v2", import_quantize},
    {"_contrib_quantized_conv", import_quantized_convolution, "Convolution"},
    {"_contrib_quantized_fully_connected", import_quantized_fully_connected, "FullyConnected"},
    {"_contrib_requantize", import_quantize},
    {"_sg_mkldnn_conv", import_fused_convolution},
    {"_sg_mkldnn_fully_connected", import_fused_fully_connected},
};

}  // namespace

std::span<const OperatorRule> quantized_rules() { return kRules; }

}  // namespace qbench
