// Which f32 convolutions are computed by Winograd's algorithm. It rounds differently, so shapes
// alone decide: measured times would give one network other results from run to run.
#pragma once

#include <set>

#include "engine/graph/graph.h"

namespace qbench::onednn {

struct WinogradPlan {
  // All f32 values in blocks of channels, as the algorithm needs them, rather than channels last.
  bool in_blocks = false;
  std::set<NodeId> layers;  // computed so where the library has a kernel
};

// Depends on the convolutions' shapes for one image and on nothing else: not on batch size, threads
// or processor.
WinogradPlan plan_winograd(const Graph& graph);

}  // namespace qbench::onednn
