// Building an MXNet symbol and its parameters from a graph.
#pragma once

#include <string>
#include <vector>

#include "engine/formats/params.h"
#include "engine/formats/symbol.h"
#include "engine/graph/graph.h"

namespace qbench {

struct ExportedModel {
  Symbol symbol;
  std::vector<NamedArray> arrays;  // sorted by name
};

// Fused operators of an f32 graph become plain ones; those of a graph with quantized values become
// MXNet's fused nodes, so that importing gives the same graph again. Arrays hold nothing that
// depends on calibration. Throws Error naming the node that MXNet's vocabulary has no form for.
ExportedModel export_graph(const Graph& graph);

}  // namespace qbench
