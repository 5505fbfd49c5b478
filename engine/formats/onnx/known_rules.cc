// Import rules of the operators whose result is known from the file: constants, and the integers
// that shapes are computed with.

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "engine/core/error.h"
#include "engine/formats/onnx/importer.h"

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

Value import_gather(NodeImport& node) {
  node.expect("axis", 0);
  const std::vector<std::int64_t> from = node.known_integers(0, "the data");
  const TensorPtr indices = node.known(1, "the indices");
  std::vector<std::int64_t> result;
  for (std::int64_t index : to_integers(*indices))
    result.push_back(from[axis_of(index, from.size())]);
  const Value values = integers_value(result);
  return known_value(reshaped(values.known, indices->shape()));
}

Value import_slice(NodeImport& node) {
  const std::vector<std::int64_t> from = node.known_integers(0, "the data");
  const std::vector<std::int64_t> starts = node.integers("starts", 1);
  const std::vector<std::int64_t> ends = node.integers("ends", 2);
  node.integers("axes", 3);  // a list has but one
  if (node.has_input(4) && node.known_integers(4, "the steps") != std::vector<std::int64_t>{1})
    throw Error("steps, supported is 1", ErrorKind::unsupported);
  if (starts.size() != 1 || ends.size() != 1) throw Error("expected one start and one end");
  const auto size = static_cast<std::int64_t>(from.size());
  const auto from_front = [&](std::int64_t i) {
    return std::clamp<std::int64_t>(i < 0 && i >= -size ? i + size : i, 0, size);
  };
  const std::int64_t begin = from_front(starts[0]);
  const std::int64_t end = std::max(begin, from_front(ends[0]));
  return integers_value({from.begin() + begin, from.begin() + end});
}

// Among floating point types nothing changes: the graph computes in f32.
Value import_cast(NodeImport& node) {
  const auto to = static_cast<ElementType>(node.integer("to", std::nullopt));
  node.ignore({"saturate"});
  const Value& from = node.input(0);
  if (is_integer(from.known) && (to == ElementType::s64 || to == ElementType::s32)) return from;
  if (is_integer(from.known) && is_real(to)) {
    std::vector<float> values;
    for (std::int64_t value : to_integers(*from.known)) values.push_back(static_cast<float>(value));
    return known_value(std::make_shared<const Tensor>(
        Tensor::of<float>(from.known->shape(), std::span<const float>(values))));
  }
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
  constexpr std::int64_t kLargest = std::int64_t{1} << 31;  // no product overflows
  if (std::max(std::abs(a), std::abs(b)) > kLargest) throw Error("an integer above 2^31");
  if (op == "Add") return a + b;
  if (op == "Sub") return a - b;
  if (op == "Mul") return a * b;
  if (b == 0) throw Error("a divisor is 0");
  return a / b;
}

}  // namespace

std::span<const OperatorRule> known_rules() { return kRules; }

std::optional<Value> integer_arithmetic(NodeImport& node) {
  if (!is_integer(node.input(0).known) || !is_integer(node.input(1).known)) return std::nullopt;
  const std::vector<std::int64_t> a = node.known_integers(0, "input 0");
  const std::vector<std::int64_t> b = node.known_integers(1, "input 1");
  const std::size_t size = std::max(a.size(), b.size());
  if (a.empty() || b.empty() || (a.size() != size && a.size() != 1) ||
      (b.size() != size && b.size() != 1))
    throw Error(fmt::format("{} and {} integers do not fit", a.size(), b.size()));
  std::vector<std::int64_t> result;
  for (std::size_t i = 0; i < size; ++i)
    result.push_back(combined(node.op(), a[i % a.size()], b[i % b.size()]));
  const Value values = integers_value(result);
  const std::size_t wider = a.size() >= b.size() ? 0 : 1;
  return known_value(reshaped(values.known, node.input(wider).known->shape()));
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
  const auto copied = [](const auto& values) {
    return std::vector<std::int64_t>(values.begin(), values.end());
  };
  if (tensor.dtype() == DType::s64) return copied(tensor.data<std::int64_t>());
  if (tensor.dtype() == DType::s32) return copied(tensor.data<std::int32_t>());
  if (tensor.dtype() == DType::u8) return copied(tensor.data<std::uint8_t>());  // booleans
  throw Error(fmt::format("values are {}, expected integers", to_string(tensor.dtype())));
}

std::size_t axis_of(std::int64_t axis, std::size_t rank) {
  const auto count = static_cast<std::int64_t>(rank);
  if (axis < -count || axis >= count)
    throw Error(fmt::format("axis {} does not exist in rank {}", axis, rank));
  return static_cast<std::size_t>(axis < 0 ? axis + count : axis);
}

TensorPtr reshaped(const TensorPtr& tensor, const Shape& shape) {
  if (tensor->shape() == shape) return tensor;
  if (std::cmp_not_equal(shape.elements(), tensor->elements())) {
    throw Error(
        fmt::format("{} does not reshape to {}", to_string(tensor->shape()), to_string(shape)));
  }
  auto result = std::make_shared<Tensor>(tensor->dtype(), shape);
  std::ranges::copy(tensor->bytes(), result->bytes().begin());
  return result;
}

TensorPtr transposed(const Tensor& matrix) {
  const auto rows = static_cast<std::size_t>(matrix.shape()[0]);
  const auto columns = static_cast<std::size_t>(matrix.shape()[1]);
  const std::size_t size = size_of(matrix.dtype());
  auto result =
      std::make_shared<Tensor>(matrix.dtype(), Shape{matrix.shape()[1], matrix.shape()[0]});
  std::byte* to = result->bytes().data();
  const std::byte* from = matrix.bytes().data();
  for (std::size_t i = 0; i < columns; ++i) {
    for (std::size_t o = 0; o < rows; ++o, to += size)
      std::memcpy(to, from + (o * columns + i) * size, size);
  }
  return result;
}

}  // namespace qbench::onnx
