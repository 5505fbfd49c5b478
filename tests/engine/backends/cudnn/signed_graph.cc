#include "tests/engine/backends/cudnn/signed_graph.h"

namespace qbench {

Graph with_signed_values(const Graph& graph) {
  Graph made;
  for (NodeId id = 0; id < graph.size(); ++id) {
    const Node& node = graph[id];
    if (const Constant* constant = graph.as_constant(id)) {
      made.constant(node.name, constant->value, node.type.quant);
      continue;
    }
    std::optional<Graph::Quantization> quantization;
    if (node.type.quant) {
      quantization = {DType::s8, *node.type.quant};
      if (node.type.dtype == DType::u8) {
        for (float& scale : quantization->params.scales) scale *= 2;
      }
    }
    made.add(node.name, node.op, node.inputs, quantization);
  }
  made.set_outputs(graph.outputs());
  return made;
}

}  // namespace qbench
