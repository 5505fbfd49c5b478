// Import rules of the layers: convolution, normalization, activation, pooling.

#include <fmt/format.h>

#include <algorithm>

#include "engine/core/error.h"
#include "engine/formats/importer.h"
#include "engine/formats/layers.h"

namespace qbench {
namespace {

std::int64_t channels(const OperatorImport& node, NodeId data) {
  const Shape& shape = node.type(data).shape;
  if (shape.rank() >= 2) return shape[1];
  throw Error(fmt::format("data has shape {}, expected [N, C, ...]", to_string(shape)));
}

NodeId import_convolution(OperatorImport& node) {
  const Convolution op = convolution_from(node.attributes);
  const NodeId data = node.data(0);
  const Shape weight = convolution_weight_shape(node.attributes, channels(node, data));
  std::vector<NodeId> inputs = {data, node.parameter(1, "weight", weight)};
  if (op.has_bias) inputs.push_back(node.parameter(2, "bias", {weight[0]}));
  return node.add(op, std::move(inputs));
}

NodeId import_fully_connected(OperatorImport& node) {
  const NodeId data = node.data(0);
  const Shape& shape = node.type(data).shape;
  if (shape.rank() > 2 && !node.attributes.flag("flatten", true)) {
    throw Error(fmt::format("flatten=False on data of shape {}, supported on [N, features]",
                            to_string(shape)),
                ErrorKind::unsupported);
  }
  const std::int64_t outputs = node.attributes.integer("num_hidden", std::nullopt);
  const FullyConnected op{.has_bias = !node.attributes.flag("no_bias", false), .activation = {}};
  const std::int64_t features = shape.rank() == 0 ? 1 : shape.elements(1);
  std::vector<NodeId> inputs = {data, node.parameter(1, "weight", {outputs, features})};
  if (op.has_bias) inputs.push_back(node.parameter(2, "bias", {outputs}));
  return node.add(op, std::move(inputs));
}

NodeId import_batch_norm(OperatorImport& node) {
  node.attributes.expect("axis", {"1"});
  const NodeId data = node.data(0);
  const Shape shape{channels(node, data)};
  const BatchNorm op{.epsilon = node.attributes.number("eps", 1e-3F),
                     .fix_gamma = node.attributes.flag("fix_gamma", true)};
  return node.add(
      op, {data, node.parameter(1, "gamma", shape), node.parameter(2, "beta", shape),
           node.parameter(3, "moving_mean", shape), node.parameter(4, "moving_var", shape)});
}

NodeId import_activation(OperatorImport& node) {
  const NodeId data = node.data(0);
  return node.add(Activation{activation_from(node.op(), node.attributes)}, {data});
}

NodeId import_leaky_relu(OperatorImport& node) {
  if (node.attributes.text("act_type", "leaky") != "prelu") return import_activation(node);
  const NodeId data = node.data(0);
  Shape slope{channels(node, data)};
  const bool shared = node.parameters().contains(node.variable(1, "gamma")) &&
                      node.parameters().real(node.variable(1, "gamma"))->shape() == Shape{1};
  if (shared) slope[0] = 1;
  return node.add(PRelu{}, {data, node.parameter(1, "gamma", slope)});
}

NodeId import_pooling(OperatorImport& node) {
  const Attributes& attributes = node.attributes;
  attributes.expect("pool_type", {"max", "avg"});
  attributes.expect("pooling_convention", {"valid", "full"});
  attributes.expect("layout", {"NCHW"});
  Pool op;
  op.kind = attributes.text("pool_type", "max") == "avg" ? PoolKind::average : PoolKind::max;
  op.global = attributes.flag("global_pool", false);
  const NodeId data = node.data(0);
  if (op.global) return node.add(op, {data});  // the window's attributes mean nothing
  if (attributes.tuple("kernel").empty()) throw Error("attribute 'kernel' is missing");
  op.kernel = extent_from(attributes, "kernel");
  op.stride = extent_from(attributes, "stride");
  op.padding = padding_from(attributes);
  op.ceil_mode = attributes.text("pooling_convention", "valid") == "full";
  op.count_include_pad = attributes.flag("count_include_pad", true);
  // The old operator divides by the whole window where it reaches over the edge.
  if (node.op() == "Pooling_v1" && op.kind == PoolKind::average && op.ceil_mode) {
    throw Error("average pooling with pooling_convention 'full', supported is 'valid'",
                ErrorKind::unsupported);
  }
  return node.add(op, {data});
}

NodeId import_l2_normalization(OperatorImport& node) {
  node.attributes.expect("mode", {"instance", "channel", "spatial"});
  const std::string_view mode = node.attributes.text("mode", "instance");
  const NodeId data = node.data(0);
  return node.add(L2Normalize{.mode = mode == "channel"   ? L2Mode::channel
                                      : mode == "spatial" ? L2Mode::spatial
                                                          : L2Mode::instance,
                              .epsilon = node.attributes.number("eps", 1e-10F)},
                  {data});
}

NodeId import_lrn(OperatorImport& node) {
  const NodeId data = node.data(0);
  return node.add(Lrn{.size = node.attributes.integer("nsize", std::nullopt),
                      .alpha = node.attributes.number("alpha", 1e-4F),
                      .beta = node.attributes.number("beta", 0.75F),
                      .bias = node.attributes.number("knorm", 2)},
                  {data});
}

constexpr OperatorRule kRules[] = {
    {"Activation", import_activation},
    {"BatchNorm", import_batch_norm},
    {"BatchNorm_v1", import_batch_norm},
    {"Convolution", import_convolution},
    {"Convolution_v1", import_convolution},
    {"CuDNNBatchNorm", import_batch_norm},
    {"FullyConnected", import_fully_connected},
    {"L2Normalization", import_l2_normalization},
    {"LRN", import_lrn},
    {"LeakyReLU", import_leaky_relu},
    {"Pooling", import_pooling},
    {"Pooling_v1", import_pooling},
    {"clip", import_activation},
    {"relu", import_activation},
    {"sigmoid", import_activation},
    {"tanh", import_activation},
    {"_contrib_quantized_act", import_activation, "Activation"},
    {"_contrib_quantized_clip", import_activation, "clip"},
    {"_contrib_quantized_leaky_relu", import_activation, "LeakyReLU"},
    {"_contrib_quantized_pooling", import_pooling, "Pooling"},
};

}  // namespace

std::span<const OperatorRule> layer_rules() { return kRules; }

}  // namespace qbench
