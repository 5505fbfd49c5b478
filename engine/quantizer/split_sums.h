// INT8 residual sums as operators of their own, for engines that cannot add inside a convolution.
#pragma once

#include "engine/graph/graph.h"

namespace qbench {

// Every convolution that adds a quantized residual becomes a convolution to s8 and an Add, which
// rounds once more. The s8 covers what residual and result allow: |conv| <= |residual| + |result|;
// what a ReLU cuts off may saturate.
Graph split_sums(const Graph& graph);

}  // namespace qbench
