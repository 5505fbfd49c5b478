// What the reference backend refuses. It knows every operator; only some uses of scales are left.
#pragma once

#include <optional>
#include <string>

#include "engine/graph/graph.h"

namespace qbench::reference {

// Why the node cannot run, or nothing when it can.
std::optional<std::string> unsupported(const Graph& graph, NodeId id);

}  // namespace qbench::reference
