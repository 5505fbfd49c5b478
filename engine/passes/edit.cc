#include "engine/passes/edit.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace qbench {

Edit::Edit(const Graph& graph)
    : nodes_(graph.nodes().begin(), graph.nodes().end()),
      uses_(nodes_.size(), 0),
      outputs_(graph.outputs()) {
  for (NodeId id : outputs_) ++uses_[static_cast<std::size_t>(id)];
  for (NodeId id = size() - 1; id >= 0; --id) {
    names_.insert((*this)[id].name);
    if (!is_live(id)) continue;
    for (NodeId input : (*this)[id].inputs) ++uses_[static_cast<std::size_t>(input)];
  }
}

bool Edit::is_real(NodeId id) const {
  const auto real = [this](NodeId value) {
    const TensorType& type = (*this)[value].type;
    return type.dtype == DType::f32 && !type.quant;
  };
  return real(id) && std::ranges::all_of((*this)[id].inputs, real);
}

bool Edit::is_output(NodeId id) const { return std::ranges::find(outputs_, id) != outputs_.end(); }

const Tensor* Edit::constant(NodeId id) const {
  const auto* constant = as<Constant>(id);
  return constant == nullptr ? nullptr : constant->value.get();
}

void Edit::release(NodeId id) {
  if (--uses_[static_cast<std::size_t>(id)] > 0) return;
  for (NodeId input : (*this)[id].inputs) release(input);
}

void Edit::replace(NodeId id, Op op, std::vector<NodeId> inputs) {
  Node& node = nodes_[static_cast<std::size_t>(id)];
  for (NodeId input : inputs) ++uses_[static_cast<std::size_t>(input)];
  for (NodeId input : std::exchange(node.inputs, std::move(inputs))) release(input);
  node.op = std::move(op);
  changed_ = true;
}

void Edit::fuse(NodeId absorbed, NodeId id, Op op, std::vector<NodeId> inputs) {
  replace(id, std::move(op), std::move(inputs));
  if (!is_output(id)) nodes_[static_cast<std::size_t>(id)].name = (*this)[absorbed].name;
}

NodeId Edit::changed_constant(NodeId id, Tensor value) {
  if (!has_one_reader(id)) return add_constant((*this)[id].name, std::move(value));
  nodes_[static_cast<std::size_t>(id)].op =
      Constant{std::make_shared<const Tensor>(std::move(value))};
  changed_ = true;
  return id;
}

NodeId Edit::add_constant(const std::string& wanted_name, Tensor value) {
  std::string name = wanted_name;
  for (int i = 1; !names_.insert(name).second; ++i) name = fmt::format("{}_{}", wanted_name, i);
  TensorType type{value.dtype(), value.shape(), std::nullopt};
  Constant constant{std::make_shared<const Tensor>(std::move(value))};
  nodes_.push_back({std::move(name), std::move(constant), {}, std::move(type)});
  uses_.push_back(0);
  return size() - 1;
}

std::optional<Graph> Edit::finish() const {
  if (!changed_) return std::nullopt;
  Graph graph;
  std::vector<NodeId> map(nodes_.size(), -1);
  const auto emit = [&](NodeId id) {
    const Node& node = (*this)[id];
    std::vector<NodeId> inputs;
    inputs.reserve(node.inputs.size());
    for (NodeId input : node.inputs) inputs.push_back(map[static_cast<std::size_t>(input)]);
    std::optional<Graph::Quantization> quantization;
    if (node.type.quant) quantization = Graph::Quantization{node.type.dtype, *node.type.quant};
    map[static_cast<std::size_t>(id)] =
        graph.add(node.name, node.op, std::move(inputs), std::move(quantization));
  };
  for (NodeId id = 0; id < size(); ++id) {
    if (!is_live(id) && !std::holds_alternative<Input>((*this)[id].op)) continue;
    for (NodeId input : (*this)[id].inputs) {
      if (map[static_cast<std::size_t>(input)] < 0) emit(input);  // a constant added at the end
    }
    if (map[static_cast<std::size_t>(id)] < 0) emit(id);
  }
  std::vector<NodeId> outputs;
  outputs.reserve(outputs_.size());
  for (NodeId id : outputs_) outputs.push_back(map[static_cast<std::size_t>(id)]);
  graph.set_outputs(std::move(outputs));
  return graph;
}

}  // namespace qbench
