#include "engine/formats/onnx/export_operator.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <memory>
#include <utility>

#include "engine/core/error.h"
#include "engine/formats/onnx/known_tensor.h"
#include "engine/graph/default_boxes.h"

namespace qbench::onnx {
namespace {

using Integers = std::vector<std::int64_t>;

Integers integers(const Extent2d& e) { return {e.h, e.w}; }
Integers integers(const Padding2d& p) { return {p.top, p.left, p.bottom, p.right}; }

struct AddOperator {
  ModelBuilder& builder;
  const Graph& graph;
  const qbench::Node& node;
  const std::string& name;
  std::vector<std::string> inputs;

  const Shape& input_shape(std::size_t i) const { return graph[node.inputs[i]].type.shape; }

  std::string add(std::string op, Attributes attributes = {}) {
    return builder.add(std::move(op), name, std::move(inputs), std::move(attributes));
  }
  std::string add_before(std::string op, std::string_view suffix, std::vector<std::string> from,
                         Attributes attributes = {}) {
    return builder.add(std::move(op), builder.free_name(fmt::format("{}_{}", name, suffix)),
                       std::move(from), std::move(attributes));
  }
  std::string shape_value(std::string_view suffix, const Integers& dims) {
    return builder.store_integers(fmt::format("{}_{}", name, suffix), dims);
  }

  std::string operator()(const Convolution& op) {
    const Shape& weight = input_shape(1);
    return add("Conv", {{"kernel_shape", Integers{weight[2], weight[3]}},
                        {"strides", integers(op.stride)},
                        {"dilations", integers(op.dilation)},
                        {"pads", integers(op.padding)},
                        {"group", op.groups}});
  }
  std::string operator()(const FullyConnected&) {
    const bool integer = graph[node.inputs[0]].type.quant.has_value();  // flat already
    if (input_shape(0).rank() != 2 && !integer)
      inputs[0] = add_before("Flatten", "flat", {inputs[0]});
    return add("Gemm", {{"transB", std::int64_t{1}}});
  }
  std::string operator()(const BatchNorm& op) {
    if (op.fix_gamma) {
      auto ones = std::make_shared<Tensor>(DType::f32, input_shape(1));
      std::ranges::fill(ones->data<float>(), 1.0F);
      inputs[1] = builder.store(builder.free_name(name + "_ones"), std::move(ones));
    }
    return add("BatchNormalization", {{"epsilon", op.epsilon}});
  }
  std::string operator()(const Activation& op) {
    return add_activation(builder, op.spec, name, inputs[0]);
  }
  // The slope as [C,1,...], which broadcasts over the data.
  std::string operator()(const PRelu&) {
    const Constant* slope = graph.as_constant(node.inputs[1]);
    if (slope == nullptr) throw Error("its slope is computed", ErrorKind::unsupported);
    Integers dims(input_shape(0).rank() - 1, 1);
    dims[0] = slope->value->shape()[0];
    inputs[1] = builder.store(builder.free_name(name + "_slope"),
                              reshaped(slope->value, Shape(std::move(dims))));
    return add("PRelu");
  }
  std::string operator()(const Pool& op) {
    const bool max = op.kind == PoolKind::max;
    if (op.global) return add(max ? "GlobalMaxPool" : "GlobalAveragePool");
    Attributes attributes = {{"kernel_shape", integers(op.kernel)},
                             {"strides", integers(op.stride)},
                             {"pads", integers(op.padding)},
                             {"ceil_mode", std::int64_t{op.ceil_mode}}};
    if (!max) attributes["count_include_pad"] = std::int64_t{op.count_include_pad};
    return add(max ? "MaxPool" : "AveragePool", std::move(attributes));
  }
  std::string operator()(const Flatten&) { return add("Flatten"); }
  std::string operator()(const Reshape& op) {
    inputs.push_back(shape_value("shape", op.dims));
    return add("Reshape");
  }
  std::string operator()(const Transpose& op) {
    return add("Transpose", {{"perm", op.permutation}});
  }
  std::string operator()(const Concat& op) { return add("Concat", {{"axis", op.axis}}); }
  std::string operator()(const Add&) { return add("Add"); }
  std::string operator()(const Multiply&) { return add("Mul"); }
  std::string operator()(const Softmax& op) { return add("Softmax", {{"axis", op.axis}}); }
  std::string operator()(const Dropout&) { return add("Dropout"); }
  std::string operator()(const Identity&) { return add("Identity"); }

  // ONNX sums squares over an axis without an epsilon; LRN over all channels has one.
  std::string add_lrn_over_all(std::int64_t channels, float epsilon) {
    const std::int64_t size = 2 * channels - 1;
    return add(
        "LRN",
        {{"size", size}, {"alpha", static_cast<float>(size)}, {"beta", 0.5F}, {"bias", epsilon}});
  }
  std::string operator()(const L2Normalize& op) {
    const Shape& shape = input_shape(0);
    if (op.mode == L2Mode::channel) return add_lrn_over_all(shape[1], op.epsilon);
    // What is summed becomes the channels, and comes back.
    const bool spatial = op.mode == L2Mode::spatial;
    const std::int64_t summed = spatial ? shape.elements(2) : shape.elements(1);
    const Integers flat = spatial ? Integers{0, 0, -1, 1} : Integers{0, -1, 1, 1};
    std::string from = add_before("Reshape", "flat", {inputs[0], shape_value("flat_shape", flat)});
    const Integers swap = {0, 2, 1, 3};
    if (spatial) from = add_before("Transpose", "swapped", {from}, {{"perm", swap}});
    const std::string result = name;
    const std::string inner = builder.free_name(name + "_normalized");
    std::string last =
        AddOperator{builder, graph, node, inner, {from}}.add_lrn_over_all(summed, op.epsilon);
    if (spatial) last = add_before("Transpose", "back", {last}, {{"perm", swap}});
    inputs = {last, shape_value("shape", {0, shape[1], shape[2], shape[3]})};
    return add("Reshape");
  }
  std::string operator()(const Lrn& op) {
    return add("LRN",
               {{"size", op.size}, {"alpha", op.alpha}, {"beta", op.beta}, {"bias", op.bias}});
  }
  std::string operator()(const Pad& op) {
    const Padding2d& p = op.padding;
    inputs.push_back(shape_value("pads", {0, 0, p.top, p.left, 0, 0, p.bottom, p.right}));
    if (op.value != 0) inputs.push_back(builder.store_scalar(name + "_value", op.value));
    return add("Pad");
  }
  // Depends on the data's shape alone, which is known.
  std::string operator()(const MultiBoxPrior& op) {
    const Shape& data = input_shape(0);
    auto boxes = std::make_shared<Tensor>(DType::f32, node.type.shape);
    write_default_boxes(op, data, boxes->data<float>());
    return builder.store(name, std::move(boxes));
  }
  template <class Other>
  std::string operator()(const Other&) {
    throw Error("ONNX has no form for this operator", ErrorKind::unsupported);
  }
};

}  // namespace

std::string add_operator(ModelBuilder& builder, const Graph& graph, const qbench::Node& node,
                         const std::string& name, std::vector<std::string> inputs) {
  return std::visit(AddOperator{builder, graph, node, name, std::move(inputs)}, node.op);
}

std::string add_activation(ModelBuilder& builder, const ActivationSpec& spec,
                           const std::string& name, const std::string& input) {
  switch (spec.kind) {
    case ActivationKind::none:
      return builder.add("Identity", name, {input});
    case ActivationKind::relu:
      return builder.add("Relu", name, {input});
    case ActivationKind::clip:
      return builder.add("Clip", name,
                         {input, builder.store_scalar(name + "_min", spec.alpha),
                          builder.store_scalar(name + "_max", spec.beta)});
    case ActivationKind::leaky:
      return builder.add("LeakyRelu", name, {input}, {{"alpha", spec.alpha}});
    case ActivationKind::sigmoid:
      return builder.add("Sigmoid", name, {input});
    case ActivationKind::tanh:
      return builder.add("Tanh", name, {input});
  }
  throw Error("an activation of unknown kind");
}

}  // namespace qbench::onnx
