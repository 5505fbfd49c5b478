// Import rules of the operators on arrays: shape, arithmetic, joining, softmax.

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <numeric>
#include <set>
#include <utility>

#include "engine/core/error.h"
#include "engine/formats/onnx/importer.h"
#include "engine/formats/onnx/known_tensor.h"
#include "engine/formats/onnx/window.h"

namespace qbench::onnx {
namespace {

Value computed(NodeId id) { return {.node = id, .known = {}, .quant = {}, .name = {}}; }

std::int64_t product(std::span<const std::int64_t> dims) {
  return Shape(std::vector<std::int64_t>(dims.begin(), dims.end())).elements();
}

Shape shape_of(NodeImport& node) {
  const Value& from = node.input(0);
  return from.known ? from.known->shape() : node.shape(node.data(0));
}

// What is known stays known: a weight may be reshaped before it is used.
Value reshape_to(NodeImport& node, std::vector<std::int64_t> dims) {
  const Value& from = node.input(0);
  if (from.known && !from.quant) {
    const auto inferred = std::ranges::find(dims, -1);
    if (inferred != dims.end()) {
      *inferred = 1;
      const std::int64_t rest = product(dims);
      *inferred = rest == 0 ? 0 : from.known->shape().elements() / rest;
    }
    return known_value(reshaped(from.known, Shape(std::move(dims))));
  }
  const NodeId data = node.data(0);
  return computed(node.add(Reshape{std::move(dims)}, {data}));
}

Value import_flatten(NodeImport& node) {
  const NodeId data = node.data(0);
  const Shape shape = node.shape(data);
  const std::int64_t axis = node.integer("axis", 1);
  if (axis_of(axis, shape.rank()) != 1) {
    throw Error(fmt::format("attribute 'axis' is {}, supported is 1", axis),
                ErrorKind::unsupported);
  }
  return computed(node.add(Flatten{}, {data}));
}

Value import_reshape(NodeImport& node) {
  std::vector<std::int64_t> dims = node.known_integers(1, "the shape");
  const bool zero_means_zero = node.integer("allowzero", 0) != 0;
  if (zero_means_zero && std::ranges::find(dims, 0) != dims.end())
    throw Error("a dimension of 0", ErrorKind::unsupported);
  const Shape shape = shape_of(node);
  for (std::size_t i = 0; i < dims.size() && i < shape.rank() && node.input(0).known; ++i) {
    if (dims[i] == 0) dims[i] = shape[i];
  }
  return reshape_to(node, std::move(dims));
}

constexpr std::int64_t kAxesAreInputSince = 13;  // of Squeeze and Unsqueeze

Value import_squeeze(NodeImport& node) {
  const std::vector<std::int64_t> axes = node.integers("axes", 1, kAxesAreInputSince);
  const Shape shape = shape_of(node);
  std::vector<bool> is_removed(shape.rank(), false);
  if (axes.empty()) {
    if (!node.input(0).known)
      throw Error("no axes, which may change with the batch", ErrorKind::unsupported);
    for (std::size_t i = 0; i < shape.rank(); ++i) is_removed[i] = shape[i] == 1;
  }
  for (std::int64_t axis : axes) is_removed[axis_of(axis, shape.rank())] = true;
  std::vector<std::int64_t> dims;
  for (std::size_t i = 0; i < shape.rank(); ++i) {
    if (!is_removed[i]) dims.push_back(shape[i]);
    if (is_removed[i] && shape[i] != 1)
      throw Error(fmt::format("axis {} of {} is not 1", i, to_string(shape)));
  }
  return reshape_to(node, std::move(dims));
}

Value import_unsqueeze(NodeImport& node) {
  const std::vector<std::int64_t> axes = node.integers("axes", 1, kAxesAreInputSince);
  const Shape shape = shape_of(node);
  const std::size_t rank = shape.rank() + axes.size();
  std::vector<std::int64_t> dims(rank, -1);
  for (std::int64_t axis : axes) {
    std::int64_t& dim = dims[axis_of(axis, rank)];
    if (dim == 1) throw Error(fmt::format("axis {} is given twice", axis));
    dim = 1;
  }
  std::size_t next = 0;
  for (std::int64_t& dim : dims) {
    if (dim == -1) dim = shape[next++];
  }
  return reshape_to(node, std::move(dims));
}

Value import_transpose(NodeImport& node) {
  std::vector<std::int64_t> permutation = node.integers("perm");
  if (permutation.empty()) {
    permutation.resize(shape_of(node).rank());
    std::iota(permutation.rbegin(), permutation.rend(), 0);
  }
  if (node.input(0).known)
    return known_value(transposed(*node.known_plain(0, "the data"), permutation));
  const NodeId data = node.data(0);
  return computed(node.add(Transpose{std::move(permutation)}, {data}));
}

Value import_identity(NodeImport& node) {
  const Value& from = node.input(0);
  if (from.known) return from;
  const NodeId data = node.data(0);
  return computed(node.add(Identity{}, {data}));
}

Value import_dropout(NodeImport& node) {
  node.ignore({"ratio", "seed"});
  if (node.has_input(1)) node.known(1, "the ratio");
  const bool trains = node.has_input(2) && node.known_integer(2, "training_mode") != 0;
  if (trains) throw Error("training_mode is set", ErrorKind::unsupported);
  const NodeId data = node.data(0);
  return computed(node.add(Dropout{}, {data}));
}

// Whether a part adds nothing to a concatenation whose other parts have `shape` beside the axis.
bool is_empty_part(const TensorPtr& known, const Shape& shape, std::size_t axis) {
  if (!known || known->elements() > 0 || known->shape().rank() != shape.rank()) return false;
  Shape rest = shape;
  rest[axis] = 0;
  return known->shape() == rest;
}

Value import_concat(NodeImport& node) {
  const std::int64_t given = node.integer("axis", std::nullopt);
  std::vector<TensorPtr> known;
  std::optional<Shape> shape;  // of the first part that is computed
  for (std::size_t i = 0; i < node.input_count(); ++i) {
    if (node.input(i).known) {
      known.push_back(node.known_plain(i, "a part"));
    } else if (!shape) {
      shape = node.shape(node.data(i));
    }
  }
  if (node.input_count() == 0) throw Error("no inputs, expected one or more");
  if (!shape) return known_value(joined(known, axis_of(given, known.front()->shape().rank())));

  const std::size_t axis = axis_of(given, shape->rank());
  std::vector<NodeId> parts;
  for (std::size_t i = 0; i < node.input_count(); ++i) {
    if (!is_empty_part(node.input(i).known, *shape, axis)) parts.push_back(node.data(i));
  }
  if (parts.size() == 1) return computed(node.add(Identity{}, std::move(parts)));
  return computed(node.add(Concat{static_cast<std::int64_t>(axis)}, std::move(parts)));
}

Value import_sum(NodeImport& node) {
  NodeId sum = node.data(0);
  if (node.input_count() == 1) return computed(node.add(Identity{}, {sum}));
  for (std::size_t i = 1; i + 1 < node.input_count(); ++i)
    sum = node.add_named(fmt::format("sum{}", i), Add{}, {sum, node.data(i)});
  const NodeId last = node.data(node.input_count() - 1);
  return computed(node.add(Add{}, {sum, last}));
}

template <class Function>
Value mapped(const Value& value, Function function) {
  auto result = std::make_shared<Tensor>(to_real(value)->clone());
  for (float& element : result->data<float>()) element = function(element);
  return {.node = {}, .known = std::move(result), .quant = {}, .name = value.name};
}

// a - b = a + -1 * b
Value import_subtract(NodeImport& node) {
  const NodeId a = node.data(0);
  const Value& b = node.input(1);
  if (b.known) {
    const Value negated = mapped(b, [](float value) { return -value; });
    return computed(node.add(Add{}, {a, node.constant(negated.name + "_negated", negated.known)}));
  }
  const NodeId negated =
      node.add_named("negated", Multiply{}, {node.data(1), node.scalar("minus_one", -1)});
  return computed(node.add(Add{}, {a, negated}));
}

Value import_divide(NodeImport& node) {
  const NodeId a = node.data(0);
  node.known(1, "the divisor");
  const Value& b = node.input(1);
  if (std::ranges::find(to_real(b)->data<float>(), 0.0F) != to_real(b)->data<float>().end())
    throw Error("a divisor is 0");
  const Value inverse = mapped(b, [](float value) { return 1 / value; });
  return computed(
      node.add(Multiply{}, {a, node.constant(inverse.name + "_inverse", inverse.known)}));
}

Value import_arithmetic(NodeImport& node) {
  const std::optional<Value> integers = integer_arithmetic(node);
  if (integers) return *integers;
  if (node.op() == "Sub") return import_subtract(node);
  if (node.op() == "Div") return import_divide(node);
  const NodeId a = node.data(0);
  const NodeId b = node.data(1);
  return computed(node.op() == "Add" ? node.add(Add{}, {a, b}) : node.add(Multiply{}, {a, b}));
}

// Before version 13 over all dimensions from `axis` on, since then over that one.
Value import_softmax(NodeImport& node) {
  const bool over_rest = node.opset() < 13;
  const NodeId data = node.data(0);
  const Shape shape = node.shape(data);
  const std::size_t axis = axis_of(node.integer("axis", over_rest ? 1 : -1), shape.rank());
  if (axis == 0) throw Error("softmax over the batch", ErrorKind::unsupported);
  const auto result = static_cast<std::int64_t>(axis);
  if (!over_rest || shape.elements(axis + 1) == 1)
    return computed(node.add(Softmax{result}, {data}));
  std::vector<std::int64_t> flat(axis, 0);
  flat.push_back(-1);
  std::vector<std::int64_t> dims = shape.dims();
  std::fill_n(dims.begin(), axis, 0);
  const NodeId from = node.add_named("flat", Reshape{std::move(flat)}, {data});
  const NodeId softmax = node.add_named("softmax", Softmax{result}, {from});
  return computed(node.add(Reshape{std::move(dims)}, {softmax}));
}

constexpr std::int64_t kPadsAreInputSince = 11;

float pad_value(NodeImport& node) {
  if (node.opset() < kPadsAreInputSince) return node.number("value", 0);
  if (!node.has_input(2)) return 0;
  node.known(2, "the value");
  const TensorPtr value = to_real(node.input(2));
  if (value->elements() != 1) throw Error("the value is no single one");
  return value->data<float>()[0];
}

Value import_pad(NodeImport& node) {
  if (const std::string mode = node.text("mode", "constant"); mode != "constant")
    throw Error(fmt::format("attribute 'mode' is '{}', supported is constant", mode),
                ErrorKind::unsupported);
  const NodeId data = node.data(0);
  expect_images(node.shape(data));
  const std::vector<std::int64_t> pads = node.integers("pads", 1, kPadsAreInputSince);
  std::vector<std::int64_t> axes = {0, 1, 2, 3};
  if (node.has_input(3)) axes = node.known_integers(3, "the axes");
  if (pads.size() != 2 * axes.size())
    throw Error(fmt::format("pads [{}], expected two for each axis", fmt::join(pads, ",")));
  std::vector<std::int64_t> before(4, 0);
  std::vector<std::int64_t> after(4, 0);
  std::set<std::size_t> seen;
  for (std::size_t i = 0; i < axes.size(); ++i) {
    const std::size_t axis = axis_of(axes[i], 4);
    if (!seen.insert(axis).second) throw Error(fmt::format("axis {} is given twice", axes[i]));
    before[axis] = pads[i];
    after[axis] = pads[axes.size() + i];
  }
  if (before[0] != 0 || before[1] != 0 || after[0] != 0 || after[1] != 0)
    throw Error(
        fmt::format("pads [{}], supported is padding of height and width", fmt::join(pads, ",")),
        ErrorKind::unsupported);
  return computed(
      node.add(Pad{.padding = {before[2], before[3], after[2], after[3]}, .value = pad_value(node)},
               {data}));
}

constexpr OperatorRule kRules[] = {
    {"Add", import_arithmetic},
    {"Concat", import_concat},
    {"Div", import_arithmetic},
    {"Dropout", import_dropout},
    {"Flatten", import_flatten},
    {"Identity", import_identity},
    {"Mul", import_arithmetic},
    {"Pad", import_pad},
    {"Reshape", import_reshape},
    {"Softmax", import_softmax},
    {"Squeeze", import_squeeze},
    {"Sub", import_arithmetic},
    {"Sum", import_sum},
    {"Transpose", import_transpose},
    {"Unsqueeze", import_unsqueeze},
};

}  // namespace

std::span<const OperatorRule> array_rules() { return kRules; }

}  // namespace qbench::onnx
