// BatchNorm becomes part of the Convolution or FullyConnected before it (all parameters constant,
// the convolution's value not used elsewhere and not yet activated), or after it. Elsewhere it
// stays, as in front of an activation.
#include <cmath>

#include "engine/passes/channel_affine.h"
#include "engine/passes/rewrites.h"

namespace qbench {
namespace {

std::optional<ChannelAffine> batch_norm_at(const Edit& edit, NodeId id) {
  const auto* norm = edit.as<BatchNorm>(id);
  if (norm == nullptr) return std::nullopt;
  const std::vector<NodeId>& inputs = edit[id].inputs;
  const Tensor* gamma = edit.constant(inputs[1]);
  const Tensor* beta = edit.constant(inputs[2]);
  const Tensor* mean = edit.constant(inputs[3]);
  const Tensor* variance = edit.constant(inputs[4]);
  if (gamma == nullptr || beta == nullptr || mean == nullptr || variance == nullptr) {
    return std::nullopt;
  }
  ChannelAffine affine{.data = inputs[0], .scale = {}, .shift = {}};
  for (std::size_t c = 0; c < gamma->elements(); ++c) {
    const double g = norm->fix_gamma ? 1.0 : gamma->data<float>()[c];
    const double scale = g / std::sqrt(double{variance->data<float>()[c]} + norm->epsilon);
    affine.scale.push_back(scale);
    affine.shift.push_back(beta->data<float>()[c] - scale * mean->data<float>()[c]);
  }
  return affine;
}

}  // namespace

std::optional<Graph> fold_batch_norm(const Graph& graph) {
  return fold_channel_affine(graph, batch_norm_at);
}

}  // namespace qbench
