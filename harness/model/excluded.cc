// Which layers of a file the passes merged into which.

#include "harness/model/excluded.h"

#include <optional>

#include "harness/model/model.h"

namespace qbench {
namespace {

bool computes_nothing(const Op& op) {
  return std::holds_alternative<Dropout>(op) || std::holds_alternative<Identity>(op) ||
         std::holds_alternative<Flatten>(op) || std::holds_alternative<Reshape>(op);
}

// What a layer computes on; nothing where all it reads is constant, as the boxes of a detector are.
std::optional<NodeId> data_of(const Graph& graph, NodeId id) {
  if (std::holds_alternative<MultiBoxPrior>(graph[id].op)) return std::nullopt;
  for (NodeId input : graph[id].inputs) {
    if (graph.as_constant(input) == nullptr) return input;
  }
  return std::nullopt;
}

// The first layer on the way from `id` to the inputs that is in the optimized graph.
std::string host_before(const Graph& imported, const Graph& optimized, NodeId id) {
  while (const std::optional<NodeId> data = data_of(imported, id)) {
    id = *data;
    if (optimized.find(imported[id].name)) return imported[id].name;
  }
  return {};
}

// A padding is merged into the layer that reads it.
std::string reader_of(const Graph& imported, const Graph& optimized, NodeId id) {
  for (NodeId reader = id + 1; reader < imported.size(); ++reader) {
    const Node& node = imported[reader];
    const bool reads = !node.inputs.empty() && node.inputs.front() == id;
    if (reads && optimized.find(node.name)) return node.name;
  }
  return {};
}

}  // namespace

AbsorbedLayers find_absorbed(const Graph& imported, const Graph& optimized) {
  AbsorbedLayers absorbed;
  for (NodeId id = 0; id < imported.size(); ++id) {
    const Node& node = imported[id];
    if (std::holds_alternative<Constant>(node.op) || optimized.find(node.name)) continue;
    std::string& host = absorbed[node.name];
    if (computes_nothing(node.op)) continue;
    host = std::holds_alternative<Pad>(node.op) ? reader_of(imported, optimized, id)
                                                : host_before(imported, optimized, id);
  }
  return absorbed;
}

std::vector<std::string> layers_to_exclude(const LoadedModel& model,
                                           std::span<const std::string> names) {
  std::vector<std::string> layers;
  for (const std::string& name : names) {
    const auto found = model.absorbed.find(name);
    const std::string& layer = found == model.absorbed.end() ? name : found->second;
    if (!layer.empty()) layers.push_back(layer);
  }
  return layers;
}

}  // namespace qbench
