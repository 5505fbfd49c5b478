// Multiply or Add by a constant with one value, or one for each channel, becomes part of the
// Convolution or FullyConnected before or after it.
#include <utility>

#include "engine/passes/channel_affine.h"
#include "engine/passes/rewrites.h"

namespace qbench {
namespace {

// `constant` spread over the channels of `data` [N, C, ...], if it broadcasts so.
std::optional<std::vector<double>> per_channel(const Tensor& constant, const Shape& data) {
  const Shape& shape = constant.shape();
  if (data.rank() < 2 || shape.rank() > data.rank() || constant.elements() == 0) {
    return std::nullopt;
  }
  const std::size_t skipped = data.rank() - shape.rank();
  for (std::size_t axis = 0; axis < shape.rank(); ++axis) {
    if (shape[axis] != 1 && axis + skipped != 1) return std::nullopt;
  }
  const auto values = constant.data<float>();
  if (values.size() > 1) return std::vector<double>(values.begin(), values.end());
  return std::vector<double>(static_cast<std::size_t>(data[1]), values[0]);
}

std::optional<ChannelAffine> constant_operand_at(const Edit& edit, NodeId id) {
  const auto* add = edit.as<Add>(id);
  const bool is_sum = add != nullptr && add->activation.kind == ActivationKind::none;
  if (!is_sum && edit.as<Multiply>(id) == nullptr) return std::nullopt;
  for (std::size_t side : {0U, 1U}) {
    const NodeId data = edit[id].inputs[1 - side];
    const Tensor* constant = edit.constant(edit[id].inputs[side]);
    const Shape& shape = edit[data].type.shape;
    if (constant == nullptr || shape != edit[id].type.shape) continue;
    auto values = per_channel(*constant, shape);
    if (!values) continue;
    const std::size_t channels = values->size();
    if (is_sum) return ChannelAffine{data, std::vector<double>(channels, 1), *std::move(values)};
    return ChannelAffine{data, *std::move(values), std::vector<double>(channels, 0)};
  }
  return std::nullopt;
}

}  // namespace

std::optional<Graph> fold_channel_scale(const Graph& graph) {
  return fold_channel_affine(graph, constant_operand_at);
}

}  // namespace qbench
