// Values of a graph, for messages.
#pragma once

#include <span>
#include <string>

#include "engine/graph/graph.h"

namespace qbench {

// "'data' [1,3,224,224], 'size' [1,2]"; "nothing" without ids.
std::string list_values(const Graph& graph, std::span<const NodeId> ids);

}  // namespace qbench
