// Checks the names of layers that are to stay FP32.

#include <fmt/format.h>

#include <algorithm>

#include "engine/core/error.h"
#include "engine/core/nearest_name.h"
#include "engine/quantizer/plan.h"

namespace qbench {

void check_excluded_layers(const Graph& graph, const std::vector<std::string>& excluded) {
  std::vector<std::string_view> layers;
  for (const Node& node : graph.nodes()) {
    const bool is_layer =
        !std::holds_alternative<Input>(node.op) && !std::holds_alternative<Constant>(node.op);
    if (is_layer) layers.push_back(node.name);
  }
  for (const std::string& name : excluded) {
    if (std::ranges::find(layers, name) != layers.end()) continue;
    const std::string_view nearest = nearest_name(name, layers);
    throw Error(fmt::format("no layer '{}' to leave in FP32{}", name,
                            nearest.empty() ? "" : fmt::format(", did you mean '{}'?", nearest)));
  }
}

}  // namespace qbench
