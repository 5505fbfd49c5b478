// Import rules of the operators on arrays: shape, arithmetic, softmax.

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "engine/core/error.h"
#include "engine/formats/importer.h"
#include "engine/formats/layers.h"

namespace qbench {
namespace {

NodeId import_identity(OperatorImport& node) {
  const NodeId data = node.data(0);
  return node.add(Identity{}, {data});
}

NodeId import_cast(OperatorImport& node) {
  node.attributes.expect("dtype", {"float32"});
  return import_identity(node);
}

NodeId import_dropout(OperatorImport& node) {
  const NodeId data = node.data(0);
  return node.add(Dropout{}, {data});
}

NodeId import_flatten(OperatorImport& node) {
  const NodeId data = node.data(0);
  return node.add(Flatten{}, {data});
}

NodeId import_reshape(OperatorImport& node) {
  node.attributes.expect("reverse", {"False", "false", "0"});
  std::vector<std::int64_t> dims = node.attributes.tuple("shape");
  if (dims.empty()) throw Error("attribute 'shape' is missing");
  if (std::ranges::any_of(dims, [](std::int64_t dim) { return dim < -1; })) {
    throw Error(
        fmt::format("attribute 'shape' is {}, supported are sizes, 0 and -1", tuple_text(dims)),
        ErrorKind::unsupported);
  }
  const NodeId data = node.data(0);
  return node.add(Reshape{std::move(dims)}, {data});
}

NodeId import_transpose(OperatorImport& node) {
  const NodeId data = node.data(0);
  std::vector<std::int64_t> axes = node.attributes.tuple("axes");
  if (axes.empty()) {
    axes.resize(node.type(data).shape.rank());
    std::iota(axes.rbegin(), axes.rend(), 0);
  }
  return node.add(Transpose{std::move(axes)}, {data});
}

// `axis` counted from the front.
std::int64_t normalized(std::int64_t axis, const Shape& shape) {
  return axis < 0 ? axis + static_cast<std::int64_t>(shape.rank()) : axis;
}

// MXNet's rule for quantized values of different scale: the widest range, u8 if all are.
std::optional<Graph::Quantization> joint_quantization(const OperatorImport& node,
                                                      std::span<const NodeId> parts) {
  if (auto given = calibrated(node.attributes)) return given;
  const TensorType& first = node.type(parts[0]);
  float widest = 0;
  bool all_u8 = true;
  bool all_equal = true;
  for (NodeId id : parts) {
    const TensorType& type = node.type(id);
    if (!type.quant || type.quant->scales.size() != 1) return std::nullopt;
    widest = std::max(widest, type.quant->scales[0] * quant_max(type.dtype));
    all_u8 = all_u8 && type.dtype == DType::u8;
    all_equal = all_equal && type.dtype == first.dtype && type.quant == first.quant;
  }
  if (all_equal) return std::nullopt;
  const DType dtype = all_u8 ? DType::u8 : DType::s8;
  return Graph::Quantization{dtype, QuantParams{.scales = {scale_for({0, widest}, dtype)}}};
}

NodeId import_concat(OperatorImport& node) {
  const auto count =
      node.attributes.integer("num_args", static_cast<std::int64_t>(node.input_count()));
  std::vector<NodeId> parts;
  for (std::int64_t i = 0; i < count; ++i) parts.push_back(node.data(static_cast<std::size_t>(i)));
  if (parts.empty()) throw Error("no inputs, expected one or more");
  if (parts.size() == 1) return node.add(Identity{}, std::move(parts));
  const Shape& first = node.type(parts[0]).shape;
  const Concat op{normalized(node.attributes.integer("dim", 1), first)};
  std::optional<Graph::Quantization> quantization = joint_quantization(node, parts);
  return node.add(op, std::move(parts), std::move(quantization));
}

NodeId import_pad(OperatorImport& node) {
  node.attributes.expect("mode", {"constant"});
  const NodeId data = node.data(0);
  return node.add(Pad{.padding = pad_width_from(node.attributes),
                      .value = node.attributes.number("constant_value", 0)},
                  {data});
}

// Without a leading "elemwise_" or "broadcast_", whose operands may differ in shape.
void expect_same_shape(const OperatorImport& node, NodeId a, NodeId b) {
  if (node.op().starts_with("broadcast_") || node.type(a).shape == node.type(b).shape) return;
  throw Error(fmt::format("inputs of shape {} and {}, expected equal shapes",
                          to_string(node.type(a).shape), to_string(node.type(b).shape)));
}

// a + b, with the activation that a fused node of this kind carries.
NodeId import_add(OperatorImport& node) {
  const NodeId a = node.data(0);
  const NodeId b = node.data(1);
  expect_same_shape(node, a, b);
  Add op;
  if (node.attributes.flag("with_act", false)) {
    const std::string_view function = node.attributes.text("act_type", "");
    op.activation = activation_from(function == "clip"    ? "clip"
                                    : function == "leaky" ? "LeakyReLU"
                                                          : "Activation",
                                    node.attributes);
  }
  return node.add(op, {a, b});
}

NodeId import_add_n(OperatorImport& node) {
  NodeId sum = node.data(0);
  if (node.input_count() == 1) return node.add(Identity{}, {sum});
  for (std::size_t i = 1; i < node.input_count(); ++i) {
    const NodeId next = node.data(i);
    expect_same_shape(node, sum, next);
    const bool last = i + 1 == node.input_count();
    sum = last ? node.add(Add{}, {sum, next})
               : node.add_named(fmt::format("sum{}", i), Add{}, {sum, next});
  }
  return sum;
}

NodeId import_multiply(OperatorImport& node) {
  const NodeId a = node.data(0);
  const NodeId b = node.data(1);
  expect_same_shape(node, a, b);
  return node.add(Multiply{}, {a, b});
}

// a - b = a + -1 * b
NodeId import_subtract(OperatorImport& node) {
  const NodeId a = node.data(0);
  const NodeId b = node.data(1);
  expect_same_shape(node, a, b);
  const NodeId minus_one = node.add_scalar("minus_one", -1);
  return node.add(Add{}, {a, node.add_named("negated", Multiply{}, {b, minus_one})});
}

NodeId import_add_scalar(OperatorImport& node) {
  const NodeId data = node.data(0);
  return node.add(Add{}, {data, node.add_scalar("scalar", node.attributes.number("scalar", {}))});
}

NodeId import_subtract_scalar(OperatorImport& node) {
  const NodeId data = node.data(0);
  return node.add(Add{}, {data, node.add_scalar("scalar", -node.attributes.number("scalar", {}))});
}

NodeId import_subtract_from_scalar(OperatorImport& node) {
  const NodeId data = node.data(0);
  const NodeId negated =
      node.add_named("negated", Multiply{}, {data, node.add_scalar("minus_one", -1)});
  return node.add(Add{},
                  {negated, node.add_scalar("scalar", node.attributes.number("scalar", {}))});
}

NodeId import_multiply_scalar(OperatorImport& node) {
  const NodeId data = node.data(0);
  return node.add(Multiply{},
                  {data, node.add_scalar("scalar", node.attributes.number("scalar", {}))});
}

NodeId import_divide_scalar(OperatorImport& node) {
  const NodeId data = node.data(0);
  const float divisor = node.attributes.number("scalar", {});
  if (divisor == 0) throw Error("attribute 'scalar' is 0, expected a divisor");
  return node.add(Multiply{}, {data, node.add_scalar("scalar", 1 / divisor)});
}

NodeId import_softmax(OperatorImport& node) {
  if (node.attributes.number("temperature", 1) != 1)
    throw Error("attribute 'temperature', supported is 1", ErrorKind::unsupported);
  const NodeId data = node.data(0);
  const std::int64_t axis = node.attributes.integer("axis", -1);
  return node.add(Softmax{normalized(axis, node.type(data).shape)}, {data});
}

// Over all that belongs to an image, whatever its shape.
NodeId softmax_of_images(OperatorImport& node, NodeId data) {
  std::vector<std::int64_t> dims = node.type(data).shape.dims();
  if (dims.size() <= 2) return node.add(Softmax{1}, {data});
  dims[0] = 0;
  const NodeId flat = node.add_named("flat", Flatten{}, {data});
  const NodeId softmax = node.add_named("softmax", Softmax{1}, {flat});
  return node.add(Reshape{std::move(dims)}, {softmax});
}

NodeId import_softmax_activation(OperatorImport& node) {
  node.attributes.expect("mode", {"instance", "channel"});
  const NodeId data = node.data(0);
  if (node.attributes.text("mode", "instance") == "channel") return node.add(Softmax{1}, {data});
  return softmax_of_images(node, data);
}

// The label, input 1, matters in training only.
NodeId import_softmax_output(OperatorImport& node) {
  const NodeId data = node.data(0);
  if (node.attributes.flag("multi_output", false)) return node.add(Softmax{1}, {data});
  if (node.attributes.flag("preserve_shape", false))
    return node.add(Softmax{normalized(-1, node.type(data).shape)}, {data});
  return softmax_of_images(node, data);
}

constexpr OperatorRule kRules[] = {
    {"BlockGrad", import_identity},
    {"Cast", import_cast},
    {"Concat", import_concat},
    {"Dropout", import_dropout},
    {"ElementWiseSum", import_add_n},
    {"Flatten", import_flatten},
    {"MakeLoss", import_identity},
    {"Pad", import_pad},
    {"Reshape", import_reshape},
    {"Softmax", import_softmax_output},
    {"SoftmaxActivation", import_softmax_activation},
    {"SoftmaxOutput", import_softmax_output},
    {"_DivScalar", import_divide_scalar},
    {"_Minus", import_subtract},
    {"_MinusScalar", import_subtract_scalar},
    {"_Mul", import_multiply},
    {"_MulScalar", import_multiply_scalar},
    {"_Plus", import_add},
    {"_PlusScalar", import_add_scalar},
    {"_RMinusScalar", import_subtract_from_scalar},
    {"_add", import_add},
    {"_copy", import_identity},
    {"_div_scalar", import_divide_scalar},
    {"_minus", import_subtract},
    {"_minus_scalar", import_subtract_scalar},
    {"_mul", import_multiply},
    {"_mul_scalar", import_multiply_scalar},
    {"_plus", import_add},
    {"_plus_scalar", import_add_scalar},
    {"_rminus_scalar", import_subtract_from_scalar},
    {"_sub", import_subtract},
    {"add_n", import_add_n},
    {"broadcast_add", import_add},
    {"broadcast_minus", import_subtract},
    {"broadcast_mul", import_multiply},
    {"broadcast_plus", import_add},
    {"broadcast_sub", import_subtract},
    {"cast", import_cast},
    {"concat", import_concat},
    {"elemwise_add", import_add},
    {"elemwise_mul", import_multiply},
    {"elemwise_sub", import_subtract},
    {"flatten", import_flatten},
    {"identity", import_identity},
    {"make_loss", import_identity},
    {"pad", import_pad},
    {"reshape", import_reshape},
    {"softmax", import_softmax},
    {"stop_gradient", import_identity},
    {"transpose", import_transpose},
    {"_contrib_quantized_concat", import_concat, "Concat"},
    {"_contrib_quantized_copy", import_identity, "_copy"},
    {"_contrib_quantized_dropout", import_dropout, "Dropout"},
    {"_contrib_quantized_elemwise_add", import_add, "elemwise_add"},
    {"_contrib_quantized_flatten", import_flatten, "Flatten"},
    {"_contrib_quantized_pad", import_pad, "Pad"},
    {"_contrib_quantized_reshape", import_reshape, "Reshape"},
    {"_contrib_quantized_transpose", import_transpose, "transpose"},
};

}  // namespace

std::span<const OperatorRule> array_rules() { return kRules; }

}  // namespace qbench
