// Checks the names of layers that a scheme treats in its own way.

#include <fmt/format.h>

#include <algorithm>

#include "engine/core/error.h"
#include "engine/core/nearest_name.h"
#include "engine/quantizer/plan.h"

namespace qbench {
namespace {

void check_names(const std::vector<std::string_view>& layers, const std::vector<std::string>& names,
                 std::string_view purpose) {
  for (const std::string& name : names) {
    if (std::ranges::find(layers, name) != layers.end()) continue;
    const std::string_view nearest = nearest_name(name, layers);
    throw Error(fmt::format("no layer '{}' {}{}", name, purpose,
                            nearest.empty() ? "" : fmt::format(", did you mean '{}'?", nearest)));
  }
}

}  // namespace

void check_layer_names(const Graph& graph, const QuantScheme& scheme) {
  std::vector<std::string_view> layers;
  for (const Node& node : graph.nodes()) {
    const bool is_layer =
        !std::holds_alternative<Input>(node.op) && !std::holds_alternative<Constant>(node.op);
    if (is_layer) layers.push_back(node.name);
  }
  check_names(layers, scheme.excluded_layers, "to leave in FP32");
  check_names(layers, scheme.calibrated_layers, "to calibrate");
}

}  // namespace qbench
