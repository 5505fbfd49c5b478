// Computes Reshape, Flatten, Add, Multiply and Concat of constants, so that a scale that was
// exported in several steps arrives as one constant; a result that would be larger than its inputs
// together is left. And default boxes, which follow from a shape alone: a detector's anchors become
// one constant.
#include <algorithm>
#include <functional>
#include <span>
#include <utility>

#include "engine/graph/default_boxes.h"
#include "engine/passes/edit.h"
#include "engine/passes/rewrites.h"

namespace qbench {
namespace {

// What a constant may come to have; more is left to run time.
constexpr std::int64_t kMostElements = std::int64_t{1} << 24;

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

Tensor joined(std::span<const Tensor* const> parts, const Shape& shape, std::size_t axis) {
  Tensor result(DType::f32, shape);
  auto to = result.data<float>().begin();
  const std::size_t rows = result.elements() / static_cast<std::size_t>(shape.elements(axis));
  for (std::size_t row = 0; row < rows; ++row) {
    for (const Tensor* part : parts) {
      const std::size_t width = part->elements() / rows;
      to = std::ranges::copy(part->data<float>().subspan(row * width, width), to).out;
    }
  }
  return result;
}

std::optional<Tensor> default_boxes(const MultiBoxPrior& op, const Shape& features,
                                    const Shape& shape) {
  if (shape.elements() > kMostElements) return std::nullopt;
  Tensor boxes(DType::f32, shape);
  write_default_boxes(op, features, boxes.data<float>());
  return boxes;
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
  const Shape& shape = node.type.shape;
  if (const auto* prior = edit.as<MultiBoxPrior>(id)) {
    return default_boxes(*prior, edit[node.inputs[0]].type.shape, shape);
  }
  std::vector<const Tensor*> in;
  std::size_t largest = 0;
  for (NodeId input : node.inputs) {
    const Tensor* value = edit.constant(input);
    if (value == nullptr) return std::nullopt;
    in.push_back(value);
    largest = std::max(largest, value->elements());
  }
  if (const auto* concat = edit.as<Concat>(id)) {
    if (shape.elements() == 0 || shape.elements() > kMostElements) return std::nullopt;
    return joined(in, shape, static_cast<std::size_t>(concat->axis));
  }
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
