// Import rules of the operators whose result is known from the file: constants, and the integers
// that shapes are computed with.

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <set>
#include <utility>

#include "engine/core/error.h"
#include "engine/formats/onnx/importer.h"
#include "engine/formats/onnx/known_tensor.h"

namespace qbench::onnx {
namespace {

enum class ElementType : std::int64_t { f32 = 1, s32 = 6, s64 = 7, f16 = 10, f64 = 11 };

bool is_real(ElementType type) {
  return type == ElementType::f32 || type == ElementType::f16 || type == ElementType::f64;
}

bool is_integer(const TensorPtr& tensor) {
  return tensor && (tensor->dtype() == DType::s64 || tensor->dtype() == DType::s32);
}

Value import_constant(NodeImport& node) {
  if (node.has("value")) return known_value(node.tensor("value"));
  if (node.has("value_ints")) return integers_value(node.integers("value_ints"));
  if (node.has("value_int")) {
    const std::int64_t value = node.integer("value_int", std::nullopt);
    return known_value(std::make_shared<const Tensor>(
        Tensor::of<std::int64_t>({}, std::span<const std::int64_t>(&value, 1))));
  }
  std::vector<float> values = node.numbers("value_floats");
  Shape shape{static_cast<std::int64_t>(values.size())};
  if (node.has("value_float")) {
    values = {node.number("value_float", std::nullopt)};
    shape = {};
  } else if (!node.has("value_floats")) {
    throw Error("no attribute with a number or a tensor", ErrorKind::unsupported);
  }
  return known_value(
      std::make_shared<const Tensor>(Tensor::of<float>(shape, std::span<const float>(values))));
}

Value import_shape(NodeImport& node) {
  const Value& from = node.input(0);
  const Shape shape = from.known ? from.known->shape() : node.shape(node.data(0));
  const auto rank = static_cast<std::int64_t>(shape.rank());
  const auto from_front = [&](std::int64_t axis) {
    return std::clamp<std::int64_t>(axis < 0 && axis >= -rank ? axis + rank : axis, 0, rank);
  };
  const std::int64_t begin = from_front(node.integer("start", 0));
  const std::int64_t end = std::max(begin, from_front(node.integer("end", rank)));
  return integers_value({shape.dims().begin() + begin, shape.dims().begin() + end});
}

// Where the data is computed, nothing is known: the graph has no such operator.
TensorPtr stored_data(NodeImport& node) { return node.known_plain(0, "the data"); }

Value import_gather(NodeImport& node) {
  const TensorPtr data = stored_data(node);
  const std::size_t axis = axis_of(node.integer("axis", 0), data->shape().rank());
  return known_value(gathered(*data, *node.known(1, "the indices"), axis));
}

Value import_slice(NodeImport& node) {
  constexpr std::int64_t kInputsSince = 10;
  const TensorPtr data = stored_data(node);
  const std::size_t rank = data->shape().rank();
  const std::vector<std::int64_t> starts = node.integers("starts", 1, kInputsSince);
  const std::vector<std::int64_t> ends = node.integers("ends", 2, kInputsSince);
  std::vector<std::int64_t> axes = node.integers("axes", 3, kInputsSince);
  std::vector<std::int64_t> steps(starts.size(), 1);
  if (node.has_input(4)) steps = node.known_integers(4, "the steps");
  if (axes.empty()) {
    axes.resize(starts.size());
    std::iota(axes.begin(), axes.end(), 0);
  }
  if (ends.size() != starts.size() || axes.size() != starts.size() ||
      steps.size() != starts.size()) {
    throw Error(fmt::format("{} starts, {} ends, {} axes and {} steps, expected as many of each",
                            starts.size(), ends.size(), axes.size(), steps.size()));
  }
  std::vector<SliceRange> ranges;
  std::set<std::size_t> seen;
  for (std::size_t i = 0; i < starts.size(); ++i) {
    ranges.push_back({axis_of(axes[i], rank), starts[i], ends[i], steps[i]});
    if (!seen.insert(ranges.back().axis).second)
      throw Error(fmt::format("axis {} is given twice", axes[i]));
  }
  return known_value(sliced(*data, ranges));
}

// Booleans are u8 here.
bool is_whole(const TensorPtr& tensor) {
  return is_integer(tensor) || (tensor && tensor->dtype() == DType::u8);
}

Value cast_integers(const Tensor& from, ElementType to) {
  const std::vector<std::int64_t> values = all_integers(from);
  if (to == ElementType::s64 || to == ElementType::s32) {
    const DType dtype = to == ElementType::s64 ? DType::s64 : DType::s32;
    return known_value(from_integers(dtype, from.shape(), values));
  }
  if (!is_real(to)) throw Error("cast of integers to another type", ErrorKind::unsupported);
  const std::vector<float> reals(values.begin(), values.end());
  return known_value(std::make_shared<const Tensor>(
      Tensor::of<float>(from.shape(), std::span<const float>(reals))));
}

// Among floating point types nothing changes: the graph computes in f32.
Value import_cast(NodeImport& node) {
  const auto to = static_cast<ElementType>(node.integer("to", std::nullopt));
  node.ignore({"saturate", "round_mode"});  // of 8-bit floating point
  const Value& from = node.input(0);
  if (is_whole(from.known)) return cast_integers(*from.known, to);
  if (!is_real(to)) throw Error("cast of floating point to another type", ErrorKind::unsupported);
  if (from.known) return known_value(to_real(from));
  const NodeId data = node.data(0);
  return {.node = node.add(Identity{}, {data}), .known = {}, .quant = {}, .name = {}};
}

constexpr OperatorRule kRules[] = {
    {"Cast", import_cast},   {"Constant", import_constant}, {"Gather", import_gather},
    {"Shape", import_shape}, {"Slice", import_slice},
};

std::int64_t combined(std::string_view op, std::int64_t a, std::int64_t b) {
  if (op == "Div") {
    if (b == 0) throw Error(fmt::format("{} divided by 0", a));
    if (b != -1) return a / b;
    return combined("Mul", a, b);  // the quotient that may overflow
  }
  std::int64_t result = 0;
  const bool overflows = op == "Add"   ? __builtin_add_overflow(a, b, &result)
                         : op == "Sub" ? __builtin_sub_overflow(a, b, &result)
                                       : __builtin_mul_overflow(a, b, &result);
  if (overflows) throw Error(fmt::format("the result for {} and {} exceeds 64 bits", a, b));
  return result;
}

}  // namespace

std::span<const OperatorRule> known_rules() { return kRules; }

std::optional<Value> integer_arithmetic(NodeImport& node) {
  const TensorPtr a = node.input(0).known;
  const TensorPtr b = node.input(1).known;
  if (!is_integer(a) || !is_integer(b)) return std::nullopt;
  if (a->dtype() != b->dtype()) {
    throw Error(fmt::format("inputs are {} and {}, expected one type", to_string(a->dtype()),
                            to_string(b->dtype())));
  }
  const Shape shape = broadcast_shape(a->shape(), b->shape());
  const std::vector<std::int64_t> left = all_integers(*broadcast(*a, shape));
  const std::vector<std::int64_t> right = all_integers(*broadcast(*b, shape));
  std::vector<std::int64_t> result(left.size());
  for (std::size_t i = 0; i < left.size(); ++i) result[i] = combined(node.op(), left[i], right[i]);
  return known_value(from_integers(a->dtype(), shape, result));
}

Value known_value(TensorPtr tensor) {
  if (!tensor) throw Error("no value");
  return {.node = {}, .known = std::move(tensor), .quant = {}, .name = {}};
}

Value integers_value(const std::vector<std::int64_t>& values) {
  return known_value(std::make_shared<const Tensor>(Tensor::of<std::int64_t>(
      {static_cast<std::int64_t>(values.size())}, std::span<const std::int64_t>(values))));
}

std::vector<std::int64_t> to_integers(const Tensor& tensor) {
  constexpr std::size_t kMost = 1024;  // more than any shape has
  if (tensor.elements() > kMost)
    throw Error(fmt::format("{} integers, expected at most {}", tensor.elements(), kMost));
  if (tensor.shape().rank() > 1)
    throw Error(fmt::format("integers of shape {}, expected a list", to_string(tensor.shape())));
  return all_integers(tensor);
}

}  // namespace qbench::onnx
