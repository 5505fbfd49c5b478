// An Activation becomes the end of the Convolution, FullyConnected or Add before it.
#include "engine/passes/edit.h"
#include "engine/passes/rewrites.h"

namespace qbench {
namespace {

template <class Producer>
std::optional<Graph> fuse_activation(const Graph& graph) {
  Edit edit(graph);
  for (NodeId id = 0; id < graph.size(); ++id) {
    const auto* activation = edit.as<Activation>(id);
    if (activation == nullptr) continue;
    const NodeId producer = edit[id].inputs[0];
    const auto* op = edit.as<Producer>(producer);
    if (op == nullptr || !edit.has_one_reader(producer)) continue;
    if (op->activation.kind != ActivationKind::none) continue;
    Producer fused = *op;
    fused.activation = activation->spec;
    edit.fuse(producer, id, fused, edit[producer].inputs);
  }
  return edit.finish();
}

}  // namespace

std::optional<Graph> fuse_conv_activation(const Graph& graph) {
  return fuse_activation<Convolution>(graph);
}
std::optional<Graph> fuse_fc_activation(const Graph& graph) {
  return fuse_activation<FullyConnected>(graph);
}
std::optional<Graph> fuse_add_activation(const Graph& graph) { return fuse_activation<Add>(graph); }

}  // namespace qbench
