// Computes Reshape, Flatten, Add and Multiply of constants, so that a scale that was exported in
// several steps arrives as one constant. A result that would be larger than its inputs is left.
#include <algorithm>
#include <functional>
#include <utility>

#include "engine/passes/edit.h"
#include "engine/passes/rewrites.h"

namespace qbench {
namespace {

Tensor reshaped(const Tensor& value, const Shape& shape) {
  return Tensor::of<float>(shape, value.data<float>());
}

// Position in `part` of the element at position `index` of `whole`, to which `part` broadcasts.
std::size_t broadcast_index(std::size_t index, const Shape& whole, const Shape& part) {
  std::size_t result = 0;
  std::size_t step = 1;
  for (std::size_t back = 1; back <= part.rank(); ++back) {
    const auto extent = static_cast<std::size_t>(whole[whole.rank() - back]);
    const auto own = static_cast<std::size_t>(part[part.rank() - back]);
    if (own != 1) result += index % extent * step;
    index /= extent;
    step *= own;
  }
  return result;
}

template <class Function>
std::optional<Tensor> combined(const Tensor& a, const Tensor& b, const Shape& shape,
                               Function function) {
  Tensor result(DType::f32, shape);
  const auto values = result.data<float>();
  for (std::size_t i = 0; i < values.size(); ++i) {
    values[i] = function(a.data<float>()[broadcast_index(i, shape, a.shape())],
                         b.data<float>()[broadcast_index(i, shape, b.shape())]);
  }
  return result;
}

std::optional<Tensor> evaluate(const Edit& edit, NodeId id) {
  const Node& node = edit[id];
  std::vector<const Tensor*> in;
  std::size_t largest = 0;
  for (NodeId input : node.inputs) {
    const Tensor* value = edit.constant(input);
    if (value == nullptr) return std::nullopt;
    in.push_back(value);
    largest = std::max(largest, value->elements());
  }
  const Shape& shape = node.type.shape;
  if (std::cmp_greater(shape.elements(), largest)) return std::nullopt;
  if (edit.as<Reshape>(id) != nullptr || edit.as<Flatten>(id) != nullptr) {
    return reshaped(*in[0], shape);
  }
  if (edit.as<Multiply>(id) != nullptr) return combined(*in[0], *in[1], shape, std::multiplies());
  const auto* add = edit.as<Add>(id);
  if (add == nullptr || add->activation.kind != ActivationKind::none) return std::nullopt;
  return combined(*in[0], *in[1], shape, std::plus());
}

}  // namespace

std::optional<Graph> fold_constants(const Graph& graph) {
  Edit edit(graph);
  for (NodeId id = 0; id < graph.size(); ++id) {
    if (edit[id].inputs.empty()) continue;
    std::optional<Tensor> value = evaluate(edit, id);
    if (value) edit.replace(id, Constant{std::make_shared<const Tensor>(*std::move(value))}, {});
  }
  return edit.finish();
}

}  // namespace qbench
