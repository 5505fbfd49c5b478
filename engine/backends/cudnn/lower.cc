#include "engine/backends/cudnn/lower.h"

#include <fmt/format.h>

#include <vector>

#include "engine/backends/cudnn/builder.h"
#include "engine/backends/cudnn/operators.h"
#include "engine/core/error.h"
#include "engine/graph/accumulators.h"

namespace qbench::cudnn {
namespace {

using Reason = std::optional<std::string>;

bool is_dynamic(const TensorType& type) { return type.quant && type.quant->dynamic; }
bool per_channel(const TensorType& type) { return type.quant && type.quant->axis >= 0; }
bool is_held(DType dtype) { return dtype == DType::f32 || dtype == DType::s8; }

// Parameters are packed when the plan is made, so they must be known then.
Reason missing_parameter(const Graph& graph, const Node& node, std::size_t count) {
  for (std::size_t i = 1; i < count; ++i) {
    if (graph.as_constant(node.inputs[i]) == nullptr)
      return fmt::format("parameter '{}' is not a constant", graph[node.inputs[i]].name);
  }
  return std::nullopt;
}

// Images keep their own scale only where axis 0 stays what it is.
Reason lost_images(const Node& node, const TensorType& in) {
  if (!is_dynamic(in)) return "a static scale cannot become dynamic";
  if (const auto* transpose = std::get_if<Transpose>(&node.op)) {
    if (transpose->permutation.empty() || transpose->permutation[0] == 0) return std::nullopt;
    return "values with scales found at run time, their images moved from axis 0";
  }
  const bool same =
      in.shape.rank() > 0 && node.type.shape.rank() > 0 && in.shape[0] == node.type.shape[0];
  if (same) return std::nullopt;
  return "values with scales found at run time, divided into other images";
}

Reason bad_input(const Graph& graph, const Node& node, std::size_t i) {
  const TensorType& type = graph[node.inputs[i]].type;
  const bool weighted = std::holds_alternative<Convolution>(node.op) ||
                        std::holds_alternative<FullyConnected>(node.op);
  const bool constant = graph.as_constant(node.inputs[i]) != nullptr;
  const bool known = constant && std::holds_alternative<Dequantize>(node.op);
  if (per_channel(type) && !(weighted && i == 1) && !known)
    return fmt::format("input {} has one scale for each channel", i);
  if (!is_held(type.dtype))
    return fmt::format("input {} of type {}, expected f32 or s8", i, to_string(type.dtype));
  if (is_dynamic(type) && (i > 0 || std::holds_alternative<Concat>(node.op)))
    return "values with different scales found at run time";
  return std::nullopt;
}

bool has_images(const Shape& shape) { return shape.rank() > 0 && shape[0] > 0; }

}  // namespace

std::optional<std::string> why_unsupported(const Graph& graph, NodeId id) {
  const Node& node = graph[id];
  const bool is_constant = graph.as_constant(id) != nullptr;
  if (!is_constant && !is_held(node.type.dtype))
    return fmt::format("values of type {}, expected f32 or s8", to_string(node.type.dtype));
  if (node.type.shape.rank() > kMaxRank)
    return fmt::format("rank {}, expected at most {}", node.type.shape.rank(), kMaxRank);
  for (std::size_t i = 0; i < node.inputs.size(); ++i) {
    if (Reason reason = bad_input(graph, node, i)) return reason;
  }
  if (is_dynamic(node.type)) {
    if (!has_images(node.type.shape)) return "scales found at run time of no images";
    const bool measured = std::holds_alternative<Quantize>(node.op);
    if (!measured) return lost_images(node, graph[node.inputs[0]].type);
  }
  if (Reason reason = why_sums_overflow(graph, id)) return reason;
  return std::visit(
      Overloaded{
          [&](const Convolution& op) { return missing_parameter(graph, node, 2U + op.has_bias); },
          [&](const FullyConnected& op) {
            return missing_parameter(graph, node, 2U + op.has_bias);
          },
          [&](const BatchNorm&) { return missing_parameter(graph, node, 5); },
          [&](const PRelu&) { return missing_parameter(graph, node, 2); },
          [](const auto&) { return Reason(); },
      },
      node.op);
}

namespace {

void lower(Builder& to, NodeId id) {
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

// What outputs or observers see, and all that it is made from.
std::vector<bool> needed_nodes(const Graph& graph, const PlanOptions& options) {
  std::vector<bool> needed(static_cast<std::size_t>(graph.size()), false);
  const auto need = [&](NodeId id) { needed[static_cast<std::size_t>(id)] = true; };
  for (const NodeId id : graph.outputs()) need(id);
  for (const std::string& name : options.observed) {
    if (const std::optional<NodeId> id = graph.find(name)) need(*id);
  }
  for (NodeId id = graph.size() - 1; id >= 0; --id) {
    if (!needed[static_cast<std::size_t>(id)]) continue;
    for (const NodeId input : graph[id].inputs) need(input);
  }
  return needed;
}

}  // namespace

Plan make_plan(const Graph& graph, const PlanOptions& options) {
  Builder to(graph, options);
  const std::vector<bool> needed = needed_nodes(graph, options);
  for (NodeId id = 0; id < graph.size(); ++id) {
    if (!needed[static_cast<std::size_t>(id)]) continue;
    const std::string where = fmt::format("node '{}'", graph[id].name);
    if (const Reason reason = why_unsupported(graph, id))
      throw Error(fmt::format("{} ({}): {}", where, op_name(graph[id].op), *reason),
                  ErrorKind::unsupported);
    try {
      lower(to, id);
    } catch (const Error& error) {
      throw error.at(where);
    }
  }
  return to.finish();
}

}  // namespace qbench::cudnn
