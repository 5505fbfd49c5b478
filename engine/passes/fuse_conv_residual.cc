// A sum of equal shapes becomes part of a Convolution that only the Add reads; the other operand is
// its residual. Of two such convolutions the later one takes it: the other is computed already.
#include <algorithm>
#include <array>

#include "engine/passes/edit.h"
#include "engine/passes/rewrites.h"

namespace qbench {
namespace {

bool can_take_residual(const Edit& edit, NodeId id) {
  const auto* conv = edit.as<Convolution>(id);
  return conv != nullptr && edit.has_one_reader(id) && !conv->has_residual &&
         conv->activation.kind == ActivationKind::none;
}

}  // namespace

std::optional<Graph> fuse_conv_residual(const Graph& graph) {
  Edit edit(graph);
  for (NodeId id = 0; id < graph.size(); ++id) {
    const auto* add = edit.as<Add>(id);
    if (add == nullptr) continue;
    const auto [earlier, later] = std::minmax({edit[id].inputs[0], edit[id].inputs[1]});
    if (edit[earlier].type.shape != edit[later].type.shape) continue;
    for (const auto [conv, residual] : {std::array{later, earlier}, std::array{earlier, later}}) {
      if (!can_take_residual(edit, conv)) continue;
      Convolution fused = *edit.as<Convolution>(conv);
      fused.has_residual = true;
      fused.activation = add->activation;
      std::vector<NodeId> inputs = edit[conv].inputs;
      inputs.push_back(residual);
      edit.fuse(conv, id, fused, std::move(inputs));
      break;
    }
  }
  return edit.finish();
}

}  // namespace qbench
