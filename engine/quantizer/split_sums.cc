#include "engine/quantizer/split_sums.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace qbench {
namespace {

float largest(const TensorType& type) { return type.quant->scales[0] * quant_max(type.dtype); }

bool adds_integers(const Graph& graph, const Node& node) {
  const auto* op = std::get_if<Convolution>(&node.op);
  return op != nullptr && op->has_residual && node.type.quant.has_value() &&
         graph[node.inputs.back()].type.quant.has_value();
}

}  // namespace

Graph split_sums(const Graph& graph) {
  return Rewriter(graph).run([&](Rewriter& to, NodeId id) -> std::optional<NodeId> {
    const Node& node = graph[id];
    if (!adds_integers(graph, node)) return std::nullopt;
    Convolution convolution = std::get<Convolution>(node.op);
    const Add sum{.activation = std::exchange(convolution.activation, {})};
    convolution.has_residual = false;
    std::vector<NodeId> inputs = to(node.inputs);
    const NodeId residual = inputs.back();
    inputs.pop_back();
    const float range = largest(node.type) + largest(graph[node.inputs.back()].type);
    std::string name = node.name + "_before_sum";
    while (graph.find(name)) name += '_';
    const NodeId before =
        to.graph().add(name, convolution, std::move(inputs),
                       Graph::Quantization{DType::s8, {.scales = {range / quant_max(DType::s8)}}});
    return to.graph().add(node.name, sum, {before, residual},
                          Graph::Quantization{node.type.dtype, *node.type.quant});
  });
}

}  // namespace qbench
