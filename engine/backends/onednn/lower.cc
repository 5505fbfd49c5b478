#include "engine/backends/onednn/lower.h"

#include <fmt/format.h>

#include "engine/core/error.h"
#include "engine/graph/accumulators.h"

namespace qbench::onednn {
namespace {

using Reason = std::optional<std::string>;

bool is_dynamic(const TensorType& type) { return type.quant && type.quant->dynamic; }

bool is_held(DType dtype) {
  return dtype == DType::f32 || dtype == DType::s8 || dtype == DType::u8;
}

// Parameters are packed when the plan is built, so they must be known then.
Reason missing_parameter(const Graph& graph, const Node& node, std::size_t first,
                         std::size_t last) {
  for (std::size_t i = first; i < last; ++i) {
    if (graph.as_constant(node.inputs[i]) == nullptr)
      return fmt::format("parameter '{}' is not a constant", graph[node.inputs[i]].name);
  }
  return std::nullopt;
}

bool per_channel(const TensorType& type) { return type.quant && type.quant->axis >= 0; }

}  // namespace

std::optional<std::string> why_unsupported(const Graph& graph, NodeId id) {
  const Node& node = graph[id];
  const bool is_constant = graph.as_constant(id) != nullptr;
  if (!is_constant && !is_held(node.type.dtype))
    return fmt::format("values of type {}", to_string(node.type.dtype));
  if (node.type.shape.rank() > DNNL_MAX_NDIMS)
    return fmt::format("rank {}, expected at most {}", node.type.shape.rank(), DNNL_MAX_NDIMS);
  const auto parameters = [&](std::size_t last) { return missing_parameter(graph, node, 1, last); };
  const bool weighted = std::holds_alternative<Convolution>(node.op) ||
                        std::holds_alternative<FullyConnected>(node.op);
  for (std::size_t i = 0; i < node.inputs.size(); ++i) {
    const TensorType& type = graph[node.inputs[i]].type;
    if (per_channel(type) && !(weighted && i == 1) && !std::holds_alternative<Dequantize>(node.op))
      return fmt::format("input {} has one scale for each channel", i);
    if (!is_held(type.dtype)) return fmt::format("input of type {}", to_string(type.dtype));
    if (is_dynamic(type) && (std::holds_alternative<Concat>(node.op) || i > 0))
      return "values with different scales found at run time";
  }
  if (Reason reason = why_sums_overflow(graph, id)) return reason;
  return std::visit(Overloaded{
                        [&](const Convolution& op) { return parameters(2U + op.has_bias); },
                        [&](const FullyConnected& op) { return parameters(2U + op.has_bias); },
                        [&](const BatchNorm&) { return parameters(5); },
                        [&](const PRelu&) { return parameters(2); },
                        [](const auto&) { return Reason(); },
                    },
                    node.op);
}

void lower(Builder& to, NodeId id) {
  if (to.is_defined(id)) return;
  std::visit(Overloaded{
                 [](const Input&) {},
                 [](const Constant&) {},
                 [&](const Convolution& op) { lower_convolution(to, id, op); },
                 [&](const FullyConnected& op) { lower_fully_connected(to, id, op); },
                 [&](const BatchNorm& op) { lower_batch_norm(to, id, op); },
                 [&](const Activation& op) { lower_activation(to, id, op); },
                 [&](const PRelu&) { lower_prelu(to, id); },
                 [&](const Pool& op) { lower_pool(to, id, op); },
                 [&](const Flatten&) { lower_flatten(to, id); },
                 [&](const Reshape&) { lower_reshape(to, id); },
                 [&](const Transpose& op) { lower_transpose(to, id, op); },
                 [&](const Concat& op) { lower_concat(to, id, op); },
                 [&](const Add& op) { lower_add(to, id, op); },
                 [&](const Multiply&) { lower_multiply(to, id); },
                 [&](const Softmax& op) { lower_softmax(to, id, op); },
                 [&](const Dropout&) { lower_identity(to, id); },
                 [&](const Identity&) { lower_identity(to, id); },
                 [&](const L2Normalize& op) { lower_l2_normalize(to, id, op); },
                 [&](const Lrn& op) { lower_lrn(to, id, op); },
                 [&](const Pad& op) { lower_pad(to, id, op); },
                 [&](const MultiBoxPrior& op) { lower_multi_box_prior(to, id, op); },
                 [&](const MultiBoxDetection& op) { lower_multi_box_detection(to, id, op); },
                 [&](const Quantize&) { lower_quantize(to, id); },
                 [&](const Dequantize&) { lower_dequantize(to, id); },
             },
             to.graph()[id].op);
}

}  // namespace qbench::onednn
