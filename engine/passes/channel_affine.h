// y = scale[c] * x + shift[c] for every channel c: what BatchNorm, and Multiply or Add by constants
// do, and how it moves into the weights of a neighbouring Convolution or FullyConnected.
#pragma once

#include <optional>
#include <vector>

#include "engine/passes/edit.h"

namespace qbench {

struct ChannelAffine {
  NodeId data = 0;  // x: [N, C, ...]
  std::vector<double> scale;
  std::vector<double> shift;
};

// What node `id` computes, if it is of that form with constant parameters.
using FindAffine = std::optional<ChannelAffine> (*)(const Edit& edit, NodeId id);

// Folds every node that `find` recognizes into the operator before it, or else into the one after
// it; leaves it where neither would give the same function.
std::optional<Graph> fold_channel_affine(const Graph& graph, FindAffine find);

}  // namespace qbench
