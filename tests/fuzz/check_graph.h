// What the targets of models share.
#pragma once

#include "engine/graph/graph.h"

namespace qbench::fuzz {

// A graph that was imported can be hashed, printed, read back and optimized. Throws where not.
void check_graph(const Graph& graph);

}  // namespace qbench::fuzz
