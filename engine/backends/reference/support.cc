#include "engine/backends/reference/support.h"

#include <fmt/format.h>

namespace qbench::reference {
namespace {

using Reason = std::optional<std::string>;

bool is_dynamic(const TensorType& type) { return type.quant && type.quant->dynamic; }

// Which inputs may have one scale per channel.
bool may_be_per_channel(const Op& op, std::size_t input) {
  if (std::holds_alternative<Dequantize>(op)) return true;
  const bool weighted =
      std::holds_alternative<Convolution>(op) || std::holds_alternative<FullyConnected>(op);
  return weighted && input == 1;
}

// Images keep their own scale only where axis 0 stays what it is.
Reason bad_dynamic(const Node& node, const TensorType& in) {
  if (!is_dynamic(in)) return "a static scale cannot become dynamic";
  if (const auto* transpose = std::get_if<Transpose>(&node.op)) {
    const bool keeps = transpose->permutation.empty() || transpose->permutation[0] == 0;
    return keeps ? std::nullopt : Reason("dynamic values with the batch axis moved");
  }
  const bool same_images =
      in.shape.rank() > 0 && node.type.shape.rank() > 0 && in.shape[0] == node.type.shape[0];
  if (!same_images && in.shape != node.type.shape) return "dynamic values with another batch axis";
  return std::nullopt;
}

}  // namespace

Reason unsupported(const Graph& graph, NodeId id) {
  const Node& node = graph[id];
  if (node.type.quant && node.type.dtype != DType::s8 && node.type.dtype != DType::u8) {
    return fmt::format("quantized values of {}, expected s8 or u8", to_string(node.type.dtype));
  }
  for (std::size_t i = 0; i < node.inputs.size(); ++i) {
    const TensorType& in = graph[node.inputs[i]].type;
    if (in.quant && in.quant->axis >= 0 && !may_be_per_channel(node.op, i)) {
      return fmt::format("input {} has one scale per channel, expected one", i);
    }
  }
  if (is_dynamic(node.type) && !std::holds_alternative<Quantize>(node.op)) {
    return bad_dynamic(node, graph[node.inputs[0]].type);
  }
  return std::nullopt;
}

}  // namespace qbench::reference
