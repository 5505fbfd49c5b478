// Graphs as a backend without u8 gets them.
#pragma once

#include "engine/graph/graph.h"

namespace qbench {

// u8 values become s8 with scales twice as large, so that they hold the same range.
Graph with_signed_values(const Graph& graph);

}  // namespace qbench
