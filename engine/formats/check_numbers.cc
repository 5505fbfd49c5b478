#include "engine/formats/check_numbers.h"

#include <fmt/format.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <type_traits>
#include <vector>

#include "engine/core/error.h"

namespace qbench {
namespace {

// How many values are wrong, and where the first one is.
class Finding {
 public:
  void add(std::size_t index) {
    if (count_++ == 0) first_ = index;
  }
  void fail_if_any(std::string_view name, std::string_view what) const {
    if (count_ == 0) return;
    throw Error(
        fmt::format("parameter '{}' has {} {}, first at index {}", name, count_, what, first_));
  }

 private:
  std::size_t count_ = 0;
  std::size_t first_ = 0;
};

template <class T, class IsNan, class IsInfinite>
void check_values(std::string_view name, std::span<const T> values, IsNan is_nan,
                  IsInfinite is_infinite, Infinity infinity) {
  Finding nan;
  Finding infinite;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (is_nan(values[i])) nan.add(i);
    if (is_infinite(values[i])) infinite.add(i);
  }
  nan.fail_if_any(name, "NaN");
  if (infinity == Infinity::refused) infinite.fail_if_any(name, "Inf");
}

template <class T>
void check_real(std::string_view name, std::span<const T> values, Infinity infinity) {
  check_values(
      name, values, [](T v) { return std::isnan(v); }, [](T v) { return std::isinf(v); }, infinity);
}

void check_half(std::string_view name, const Tensor& tensor, Infinity infinity) {
  constexpr std::uint16_t kInfinite = 0x7C00;  // all bits of the exponent, none of the mantissa
  const std::span<const std::uint16_t> values(
      reinterpret_cast<const std::uint16_t*>(tensor.bytes().data()), tensor.elements());
  const auto magnitude = [](std::uint16_t half) { return half & 0x7FFF; };
  check_values(
      name, values, [&](std::uint16_t h) { return magnitude(h) > kInfinite; },
      [&](std::uint16_t h) { return magnitude(h) == kInfinite; }, infinity);
}

[[noreturn]] void fail_attribute(std::string_view attribute, float value) {
  throw Error(fmt::format("attribute '{}' is {}, expected a finite number", attribute, value));
}

// The attributes that are numbers; others pass.
struct AttributeCheck {
  Infinity infinity;

  void operator()(std::string_view name, float value) const {
    if (std::isnan(value) || (infinity == Infinity::refused && std::isinf(value)))
      fail_attribute(name, value);
  }
  void operator()(std::string_view name, const std::vector<float>& values) const {
    for (const float value : values) (*this)(name, value);
  }
  void operator()(std::string_view name, const ActivationSpec& spec) const {
    const AttributeCheck check{spec.kind == ActivationKind::clip ? Infinity::allowed
                                                                 : Infinity::refused};
    check(name, spec.alpha);
    check(name, spec.beta);
  }
  template <class Other>
  void operator()(std::string_view, const Other&) const {}
};

void check_attributes(const Node& node) {
  const AttributeCheck check{std::holds_alternative<Pad>(node.op) ? Infinity::allowed
                                                                  : Infinity::refused};
  try {
    std::visit(
        [&](auto copy) {
          copy.visit([&](std::string_view name, const auto& value) { check(name, value); });
        },
        node.op);
  } catch (const Error& error) {
    throw error.at(fmt::format("node '{}' ({})", node.name, op_name(node.op)));
  }
}

void check_variance(const Graph& graph, const Node& node, const BatchNorm& norm) {
  const Constant* variance = graph.as_constant(node.inputs[4]);
  if (variance == nullptr || variance->value->dtype() != DType::f32) return;
  const std::span<const float> values = variance->value->data<float>();
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (values[i] + norm.epsilon > 0) continue;
    throw Error(
        fmt::format("parameter '{}' has {} at index {}, expected a variance that is "
                    "positive with epsilon {} added",
                    graph[node.inputs[4]].name, values[i], i, norm.epsilon));
  }
}

// Infinity has a meaning in what is added: minus infinity before a softmax masks a value.
bool masks(const Node& reader, const Tensor& value) {
  if (!std::holds_alternative<Add>(reader.op)) return false;
  for (const float v : value.data<float>()) {
    if (v == std::numeric_limits<float>::infinity()) return false;
  }
  return true;
}

}  // namespace

void check_numbers(std::string_view name, const Tensor& tensor, Infinity infinity) {
  if (tensor.dtype() == DType::f32) check_real(name, tensor.data<float>(), infinity);
  if (tensor.dtype() == DType::f64) check_real(name, tensor.data<double>(), infinity);
  if (tensor.dtype() == DType::f16) check_half(name, tensor, infinity);
}

void check_numbers(const Graph& graph) {
  for (const Node& node : graph.nodes()) {
    if (const auto* constant = std::get_if<Constant>(&node.op))
      check_numbers(node.name, *constant->value, Infinity::allowed);
  }
  for (const Node& node : graph.nodes()) {
    check_attributes(node);
    if (const auto* norm = std::get_if<BatchNorm>(&node.op)) check_variance(graph, node, *norm);
    for (const NodeId input : node.inputs) {
      const Constant* constant = graph.as_constant(input);
      if (constant == nullptr || constant->value->dtype() != DType::f32) continue;
      if (!masks(node, *constant->value))
        check_numbers(graph[input].name, *constant->value, Infinity::refused);
    }
  }
}

}  // namespace qbench
