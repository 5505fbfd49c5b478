#include "engine/graph/graph.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

#include "engine/core/error.h"

namespace qbench {

NodeId Graph::add(std::string name, Op op, std::vector<NodeId> inputs,
                  std::optional<Quantization> quantization) {
  const std::string where = fmt::format("node '{}' ({})", name, op_name(op));
  if (name.empty()) throw Error("a node without a name").at(where);
  if (!names_.emplace(name, size()).second) throw Error("the name is taken").at(where);
  try {
    std::vector<TensorType> types;
    types.reserve(inputs.size());
    for (NodeId id : inputs) {
      if (id < 0 || id >= size()) throw Error(fmt::format("input {} does not exist", id));
      types.push_back((*this)[id].type);
    }
    TensorType type = infer_type(op, types, quantization);
    nodes_.push_back({std::move(name), std::move(op), std::move(inputs), std::move(type)});
  } catch (const Error& error) {
    names_.erase(name);
    throw error.at(where);
  }
  return size() - 1;
}

NodeId Graph::constant(std::string name, Tensor value) {
  return constant(std::move(name), std::make_shared<const Tensor>(std::move(value)));
}

NodeId Graph::constant(std::string name, std::shared_ptr<const Tensor> value,
                       std::optional<QuantParams> params) {
  std::optional<Quantization> quantization;
  if (params) quantization = Quantization{value->dtype(), *std::move(params)};
  return add(std::move(name), Constant{std::move(value)}, {}, std::move(quantization));
}

std::optional<NodeId> Graph::find(std::string_view name) const {
  const auto found = names_.find(name);
  if (found == names_.end()) return std::nullopt;
  return found->second;
}

std::vector<NodeId> Graph::inputs() const {
  std::vector<NodeId> ids;
  for (NodeId id = 0; id < size(); ++id) {
    if (std::holds_alternative<Input>((*this)[id].op)) ids.push_back(id);
  }
  return ids;
}

void Graph::set_outputs(std::vector<NodeId> outputs) {
  for (NodeId id : outputs) {
    if (id < 0 || id >= size()) throw Error(fmt::format("output {} does not exist", id));
  }
  outputs_ = std::move(outputs);
}

const Tensor& Graph::value(NodeId id) const {
  const Constant* constant = as_constant(id);
  if (constant == nullptr) throw Error(fmt::format("node '{}' is no constant", (*this)[id].name));
  return *constant->value;
}

std::vector<int> count_uses(const Graph& graph) {
  std::vector<int> uses(static_cast<std::size_t>(graph.size()), 0);
  for (const Node& node : graph.nodes()) {
    for (NodeId id : node.inputs) ++uses[static_cast<std::size_t>(id)];
  }
  for (NodeId id : graph.outputs()) ++uses[static_cast<std::size_t>(id)];
  return uses;
}

std::string_view op_name(const Op& op) {
  static constexpr std::array<std::string_view, std::variant_size_v<Op>> kNames = {
      "Input", "Constant", "Convolution",   "FullyConnected",    "BatchNorm", "Activation",
      "PRelu", "Pool",     "Flatten",       "Reshape",           "Transpose", "Concat",
      "Add",   "Multiply", "Softmax",       "Dropout",           "Identity",  "L2Normalize",
      "Lrn",   "Pad",      "MultiBoxPrior", "MultiBoxDetection", "Quantize",  "Dequantize"};
  return kNames.at(op.index());
}

namespace {

// What `add` must be told again when a node of this type is copied.
std::optional<Graph::Quantization> quantization_of(const Node& node) {
  if (!node.type.quant) return std::nullopt;
  return Graph::Quantization{node.type.dtype, *node.type.quant};
}

// A reshape that says the batch size as a number where it could say "as the input".
bool keeps_batch_in_numbers(const Graph& graph, const Node& node) {
  const auto& dims = std::get<Reshape>(node.op).dims;
  const Shape& from = graph[node.inputs[0]].type.shape;
  return !dims.empty() && dims[0] > 0 && from.rank() > 0 && dims[0] == from[0];
}

}  // namespace

NodeId Rewriter::operator()(NodeId old_id) const {
  const NodeId id = map_.at(static_cast<std::size_t>(old_id));
  if (id < 0)
    throw Error(fmt::format("node '{}' is used before it is rewritten", old_[old_id].name));
  return id;
}

std::vector<NodeId> Rewriter::operator()(std::span<const NodeId> old_ids) const {
  std::vector<NodeId> ids;
  ids.reserve(old_ids.size());
  for (NodeId id : old_ids) ids.push_back((*this)(id));
  return ids;
}

NodeId Rewriter::copy(NodeId old_id) {
  const Node& node = old_[old_id];
  return new_.add(node.name, node.op, (*this)(node.inputs), quantization_of(node));
}

Graph Rewriter::finish() {
  new_.set_outputs((*this)(old_.outputs()));
  return prune(new_);
}

Graph prune(const Graph& graph) {
  std::vector<bool> needed(static_cast<std::size_t>(graph.size()), false);
  for (NodeId id : graph.outputs()) needed[static_cast<std::size_t>(id)] = true;
  for (NodeId id = graph.size() - 1; id >= 0; --id) {
    if (std::holds_alternative<Input>(graph[id].op)) needed[static_cast<std::size_t>(id)] = true;
    if (!needed[static_cast<std::size_t>(id)]) continue;
    for (NodeId input : graph[id].inputs) needed[static_cast<std::size_t>(input)] = true;
  }

  Graph pruned;
  std::vector<NodeId> map(needed.size(), -1);
  const auto mapped = [&](const std::vector<NodeId>& ids) {
    std::vector<NodeId> result;
    result.reserve(ids.size());
    for (NodeId id : ids) result.push_back(map[static_cast<std::size_t>(id)]);
    return result;
  };
  for (NodeId id = 0; id < graph.size(); ++id) {
    if (!needed[static_cast<std::size_t>(id)]) continue;
    const Node& node = graph[id];
    map[static_cast<std::size_t>(id)] =
        pruned.add(node.name, node.op, mapped(node.inputs), quantization_of(node));
  }
  pruned.set_outputs(mapped(graph.outputs()));
  return pruned;
}

Graph with_batch(const Graph& graph, std::int64_t batch) {
  if (batch < 1) throw Error(fmt::format("batch size {}, expected 1 or more", batch));
  return Rewriter(graph).run([batch](Rewriter& to, NodeId id) -> std::optional<NodeId> {
    const Node& node = to.old()[id];
    if (const auto* input = std::get_if<Input>(&node.op)) {
      Shape shape = input->shape;
      shape[0] = batch;
      return to.graph().add(node.name, Input{shape});
    }
    const auto* reshape = std::get_if<Reshape>(&node.op);
    if (reshape == nullptr || !keeps_batch_in_numbers(to.old(), node)) return std::nullopt;
    Reshape copying = *reshape;
    copying.dims[0] = 0;
    return to.graph().add(node.name, copying, to(node.inputs), quantization_of(node));
  });
}

std::int64_t count_macs(const Graph& graph) {
  std::int64_t macs = 0;
  for (const Node& node : graph.nodes()) {
    const bool counts = std::holds_alternative<Convolution>(node.op) ||
                        std::holds_alternative<FullyConnected>(node.op);
    if (!counts) continue;
    // Every output element reads one output channel's weights once.
    const Shape& weight = graph[node.inputs[1]].type.shape;
    macs += node.type.shape.elements() * weight.elements(1);
  }
  return macs;
}

std::size_t constant_bytes(const Graph& graph) {
  std::size_t bytes = 0;
  for (const Node& node : graph.nodes()) {
    if (const auto* constant = std::get_if<Constant>(&node.op))
      bytes += constant->value->size_bytes();
  }
  return bytes;
}

}  // namespace qbench
