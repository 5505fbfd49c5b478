// Import rules of the layers: convolution, matrix product, normalization, activation, pooling.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "engine/core/error.h"
#include "engine/formats/onnx/importer.h"
#include "engine/formats/onnx/known_tensor.h"
#include "engine/formats/onnx/window.h"

namespace qbench::onnx {
namespace {

Value computed(NodeId id) { return {.node = id, .known = {}, .quant = {}, .name = {}}; }

// Data and weight of a layer: integers where both are quantized, so that it computes on them.
std::vector<NodeId> layer_inputs(NodeImport& node, NodeId data, const Value& weight) {
  const std::optional<NodeId> quantized = node.quantized(data);
  const bool fits = weight.quant && weight.known->dtype() == DType::s8 && weight.quant->axis <= 0;
  if (quantized && fits)
    return {*quantized, node.constant(weight.name, weight.known, weight.quant)};
  return {data, node.constant(weight.name, to_real(weight))};
}

Value weight_of(NodeImport& node, std::size_t rank) {
  const TensorPtr known = node.known(1, "the weight");
  if (known->shape().rank() != rank) {
    throw Error(fmt::format("weight of shape {}, supported are {} dimensions",
                            to_string(known->shape()), rank),
                ErrorKind::unsupported);
  }
  if (known->elements() == 0)
    throw Error(fmt::format("weight of shape {} has no elements", to_string(known->shape())));
  return node.input(1);
}

TensorPtr scaled(TensorPtr tensor, float factor) {
  if (factor == 1) return tensor;
  auto result = std::make_shared<Tensor>(tensor->clone());
  for (float& value : result->data<float>()) value *= factor;
  return result;
}

// One value for each of `count` outputs from what broadcasts to [N, count].
TensorPtr bias_vector(NodeImport& node, std::size_t input, std::int64_t count) {
  node.known(input, "the bias");
  const TensorPtr bias = to_real(node.input(input));
  const Shape& shape = bias->shape();
  const std::int64_t last = shape.rank() == 0 ? 1 : shape[shape.rank() - 1];
  const std::int64_t elements = shape.elements();
  if (elements != last || (last != 1 && last != count)) {
    throw Error(
        fmt::format("bias of shape {}, supported is one value or {}", to_string(shape), count),
        ErrorKind::unsupported);
  }
  if (elements == count) return reshaped(bias, Shape{count});
  auto result = std::make_shared<Tensor>(DType::f32, Shape{count});
  std::ranges::fill(result->data<float>(), bias->data<float>()[0]);
  return result;
}

Value import_conv(NodeImport& node) {
  const NodeId data = node.data(0);
  const Shape shape = node.shape(data);
  expect_images(shape);
  const Value weight = weight_of(node, 4);
  const Shape& dims = weight.known->shape();
  const Extent2d kernel{dims[2], dims[3]};
  if (node.has("kernel_shape") && extent_from(node, "kernel_shape") != kernel) {
    throw Error(
        fmt::format("attribute 'kernel_shape' differs from the weight's {}", to_string(dims)));
  }
  Convolution op;
  op.stride = extent_from(node, "strides");
  op.dilation = extent_from(node, "dilations");
  op.padding = padding_from(node, shape, kernel, op.stride, op.dilation);
  op.groups = node.integer("group", 1);
  op.has_bias = node.has_input(2);
  std::vector<NodeId> inputs = layer_inputs(node, data, weight);
  if (op.has_bias)
    inputs.push_back(node.constant(node.known_name(2), bias_vector(node, 2, dims[0])));
  return computed(node.add(op, std::move(inputs)));
}

// `weight` as [O,I], whichever way it is stored.
Value as_rows(const Value& weight, bool is_transposed) {
  if (is_transposed) return weight;
  constexpr std::int64_t kSwapped[] = {1, 0};
  Value rows = weight;
  rows.known = transposed(*weight.known, kSwapped);
  if (rows.quant && rows.quant->axis >= 0) rows.quant->axis = 1 - rows.quant->axis;
  return rows;
}

Value import_gemm(NodeImport& node) {
  node.expect("transA", 0);
  const NodeId data = node.data(0);
  if (node.shape(data).rank() != 2)
    throw Error(
        fmt::format("data of shape {}, expected two dimensions", to_string(node.shape(data))));
  Value weight = as_rows(weight_of(node, 2), node.integer("transB", 0) != 0);
  const float alpha = node.number("alpha", 1);
  const float beta = node.number("beta", 1);
  if (alpha != 1)
    weight = {
        .node = {}, .known = scaled(to_real(weight), alpha), .quant = {}, .name = weight.name};
  const FullyConnected op{.has_bias = node.has_input(2), .activation = {}};
  std::vector<NodeId> inputs = layer_inputs(node, data, weight);
  if (op.has_bias) {
    const TensorPtr bias = scaled(bias_vector(node, 2, weight.known->shape()[0]), beta);
    inputs.push_back(node.constant(node.known_name(2), bias));
  }
  return computed(node.add(op, std::move(inputs)));
}

Value import_matmul(NodeImport& node) {
  const NodeId data = node.data(0);
  if (node.shape(data).rank() != 2) {
    throw Error(
        fmt::format("data of shape {}, supported are two dimensions", to_string(node.shape(data))),
        ErrorKind::unsupported);
  }
  const Value weight = as_rows(weight_of(node, 2), false);
  return computed(node.add(FullyConnected{}, layer_inputs(node, data, weight)));
}

Value import_batch_norm(NodeImport& node) {
  node.expect("spatial", 1);
  node.expect("training_mode", 0);
  constexpr std::int64_t kTrainingModeSince = 14;
  if (node.opset() < kTrainingModeSince && node.output_count() > 1)
    throw Error("statistics as further outputs, which mean training", ErrorKind::unsupported);
  node.ignore({"momentum"});
  std::vector<NodeId> inputs = {node.data(0)};
  for (std::size_t i = 1; i < 5; ++i) inputs.push_back(node.data(i));
  return computed(node.add(BatchNorm{.epsilon = node.number("epsilon", 1e-5F), .fix_gamma = false},
                           std::move(inputs)));
}

Value add_activation(NodeImport& node, const ActivationSpec& spec) {
  const NodeId data = node.data(0);
  return computed(node.add(Activation{spec}, {data}));
}

Value import_relu(NodeImport& node) { return add_activation(node, {ActivationKind::relu}); }
Value import_sigmoid(NodeImport& node) { return add_activation(node, {ActivationKind::sigmoid}); }
Value import_tanh(NodeImport& node) { return add_activation(node, {ActivationKind::tanh}); }
Value import_leaky_relu(NodeImport& node) {
  return add_activation(node, {ActivationKind::leaky, node.number("alpha", 0.01F)});
}

float clip_limit(NodeImport& node, std::string_view key, std::size_t input, float fallback) {
  constexpr std::int64_t kInputsSince = 11;
  if (node.opset() < kInputsSince) return node.number(key, fallback);
  if (!node.has_input(input)) return fallback;
  node.known(input, key);
  const TensorPtr limit = to_real(node.input(input));
  if (limit->elements() != 1) throw Error(fmt::format("{} is no single value", key));
  return limit->data<float>()[0];
}

// Where the limits cross, the upper one is the result for every value.
Value import_clip(NodeImport& node) {
  constexpr float kMost = std::numeric_limits<float>::max();
  const float high = clip_limit(node, "max", 2, kMost);
  const float low = clip_limit(node, "min", 1, -kMost);
  if (std::isnan(low) || std::isnan(high)) throw Error("a limit is not a number");
  if (low == 0 && high >= kMost) return add_activation(node, {ActivationKind::relu});
  return add_activation(node, {ActivationKind::clip, std::min(low, high), high});
}

Value import_prelu(NodeImport& node) {
  const NodeId data = node.data(0);
  node.known(1, "the slope");
  const TensorPtr slope = to_real(node.input(1));
  const Shape& from = slope->shape();
  const std::size_t rank = node.shape(data).rank();
  for (std::size_t axis = 0; axis < from.rank(); ++axis) {
    if (from[axis] != 1 && axis + rank != from.rank() + 1) {
      throw Error(fmt::format("slope of shape {} for data {}, supported is one for each channel",
                              to_string(from), to_string(node.shape(data))),
                  ErrorKind::unsupported);
    }
  }
  const NodeId constant =
      node.constant(node.known_name(1), reshaped(slope, Shape{from.elements()}));
  return computed(node.add(PRelu{}, {data, constant}));
}

// Where the last window begins, and how many rows to add behind so that rounding down gives it.
struct LastWindow {
  bool is_empty = false;  // it would lie behind the data
  std::int64_t padding_after = 0;
};

LastWindow last_window(std::int64_t size, std::int64_t kernel, std::int64_t stride,
                       std::int64_t before, std::int64_t after) {
  const std::int64_t room = std::max<std::int64_t>(size + before + after - kernel, 0);
  std::int64_t begin = (room + stride - 1) / stride * stride;
  const bool is_empty = begin >= size + before;
  if (is_empty) begin -= stride;
  return {is_empty, std::max<std::int64_t>(begin + kernel - size - before, 0)};
}

// Rounding up, a window may lie behind the data: ONNX leaves it out, the graph refuses it.
void drop_empty_windows(Pool& op, const Shape& data) {
  if (!op.ceil_mode) return;
  Padding2d& pad = op.padding;
  const auto rows = last_window(data[2], op.kernel.h, op.stride.h, pad.top, pad.bottom);
  const auto columns = last_window(data[3], op.kernel.w, op.stride.w, pad.left, pad.right);
  if (!rows.is_empty && !columns.is_empty) return;
  if (op.kind == PoolKind::average && op.count_include_pad) {
    throw Error("a window holds nothing but padding, which the average counts",
                ErrorKind::unsupported);
  }
  op.ceil_mode = false;
  pad.bottom = rows.padding_after;
  pad.right = columns.padding_after;
}

Value import_pool(NodeImport& node) {
  Pool op;
  op.kind = node.op() == "MaxPool" ? PoolKind::max : PoolKind::average;
  const NodeId data = node.data(0);
  const Shape shape = node.shape(data);
  expect_images(shape);
  if (!node.has("kernel_shape")) throw Error("attribute 'kernel_shape' is missing");
  op.kernel = extent_from(node, "kernel_shape");
  op.stride = extent_from(node, "strides");
  const Extent2d dilation = extent_from(node, "dilations");
  if (dilation != Extent2d{})
    throw Error("attribute 'dilations', supported is 1", ErrorKind::unsupported);
  op.padding = padding_from(node, shape, op.kernel, op.stride, dilation);
  op.ceil_mode = node.integer("ceil_mode", 0) != 0;
  if (op.kind == PoolKind::average)
    op.count_include_pad = node.integer("count_include_pad", 0) != 0;
  node.ignore({"storage_order"});  // of the second output
  drop_empty_windows(op, shape);
  return computed(node.add(op, {data}));
}

// A sum over all channels is an L2 normalization, and so it is written.
Value import_lrn(NodeImport& node) {
  const NodeId data = node.data(0);
  expect_images(node.shape(data));
  const Lrn op{.size = node.integer("size", std::nullopt),
               .alpha = node.number("alpha", 1e-4F),
               .beta = node.number("beta", 0.75F),
               .bias = node.number("bias", 1)};
  const bool over_all = op.size == 2 * node.shape(data)[1] - 1;
  if (over_all && op.alpha == static_cast<float>(op.size) && op.beta == 0.5F)
    return computed(node.add(L2Normalize{.mode = L2Mode::channel, .epsilon = op.bias}, {data}));
  return computed(node.add(op, {data}));
}

constexpr OperatorRule kRules[] = {
    {"AveragePool", import_pool},
    {"BatchNormalization", import_batch_norm},
    {"Clip", import_clip},
    {"Conv", import_conv},
    {"Gemm", import_gemm},
    {"LRN", import_lrn},
    {"LeakyRelu", import_leaky_relu},
    {"MatMul", import_matmul},
    {"MaxPool", import_pool},
    {"PRelu", import_prelu},
    {"Relu", import_relu},
    {"Sigmoid", import_sigmoid},
    {"Tanh", import_tanh},
};

}  // namespace

std::span<const OperatorRule> layer_rules() { return kRules; }

}  // namespace qbench::onnx
