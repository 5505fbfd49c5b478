// Which layers of a file the passes merged into which.
#pragma once

#include <functional>
#include <map>
#include <string>

#include "engine/graph/graph.h"

namespace qbench {

using AbsorbedLayers = std::map<std::string, std::string, std::less<>>;

// For each layer that the optimized graph no longer has: the layer it was merged into, or nothing
// where it computes nothing at inference.
AbsorbedLayers find_absorbed(const Graph& imported, const Graph& optimized);

}  // namespace qbench
