// Removes operators that hand on their input unchanged, except where they are graph outputs: their
// names must stay. Flatten in front of FullyConnected goes too, which flattens by itself.
#include <algorithm>

#include "engine/passes/rewrites.h"

namespace qbench {
namespace {

struct HandsOnInput {
  const Node& node;
  const Shape& data;  // shape of the first input

  bool operator()(const Dropout&) const { return true; }
  bool operator()(const Identity&) const { return true; }
  bool operator()(const Flatten&) const { return data == node.type.shape; }
  bool operator()(const Reshape&) const { return data == node.type.shape; }
  bool operator()(const Transpose& op) const { return std::ranges::is_sorted(op.permutation); }
  bool operator()(const Concat&) const { return node.inputs.size() == 1; }
  bool operator()(const Pad& op) const { return op.padding == Padding2d{}; }
  bool operator()(const Activation& op) const { return op.spec.kind == ActivationKind::none; }
  bool operator()(const Pool& op) const {
    const Extent2d one;
    return !op.global && op.kernel == one && op.stride == one && op.padding == Padding2d{};
  }
  template <class Other>
  bool operator()(const Other&) const {
    return false;
  }
};

bool hands_on_input(const Graph& graph, const Node& node) {
  if (node.inputs.empty()) return false;
  const TensorType& data = graph[node.inputs[0]].type;
  return data == node.type && std::visit(HandsOnInput{node, data.shape}, node.op);
}

bool is_flatten_before_fc(const Graph& graph, const Node& node) {
  return std::holds_alternative<FullyConnected>(node.op) && !node.type.quant &&
         std::holds_alternative<Flatten>(graph[node.inputs[0]].op) &&
         !graph[node.inputs[0]].type.quant;
}

}  // namespace

std::optional<Graph> remove_identity(const Graph& graph) {
  bool changed = false;
  const auto replace = [&](Rewriter& to, NodeId id) -> std::optional<NodeId> {
    const Node& node = graph[id];
    if (is_flatten_before_fc(graph, node)) {
      std::vector<NodeId> inputs = to(node.inputs);
      inputs[0] = to(graph[node.inputs[0]].inputs[0]);
      changed = true;
      return to.graph().add(node.name, node.op, std::move(inputs));
    }
    const bool is_output = std::ranges::find(graph.outputs(), id) != graph.outputs().end();
    if (is_output || !hands_on_input(graph, node)) return std::nullopt;
    changed = true;
    return to(node.inputs[0]);
  };
  Graph rewritten = Rewriter(graph).run(replace);
  if (!changed) return std::nullopt;
  return rewritten;
}

}  // namespace qbench
