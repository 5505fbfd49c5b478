// Fused nodes: a layer with what follows it, kept by MXNet as a subgraph of plain operators.
#pragma once

#include <cstddef>
#include <optional>

#include "engine/formats/symbol.h"
#include "engine/graph/op.h"

namespace qbench {

// What a fused node's subgraph says: layer, [batch norm], [sum], [activation]. Inputs are numbers
// of the outer node's inputs.
struct FusedLayer {
  const SymbolNode* layer = nullptr;  // Convolution or FullyConnected
  std::size_t data = 0;
  std::size_t weight = 0;
  std::optional<std::size_t> bias;
  const SymbolNode* batch_norm = nullptr;
  std::size_t batch_norm_parameters = 0;  // number of gamma; beta, mean, variance follow
  std::optional<std::size_t> residual;
  ActivationSpec activation;
  std::size_t inputs = 0;  // how many the subgraph has; ranges follow them
};

// Throws Error when the node's subgraph is of another form.
FusedLayer read_fused(const SymbolNode& node);

}  // namespace qbench
