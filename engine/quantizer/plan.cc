// Decides which operators compute on integers.
//
// Convolutions and fully connected layers must, unless excluded. Operators that move or join values
// (pooling, concatenation, ...) do where they lie between such layers: everything they read can be
// had as integers, and something that reads them takes integers.

#include "engine/quantizer/plan.h"

#include <algorithm>

#include "engine/graph/op_properties.h"

namespace qbench {
namespace {

enum class Role : std::uint8_t { must, support, real };

std::size_t index(NodeId id) { return static_cast<std::size_t>(id); }

bool is_layer_with_weights(const Op& op) {
  return std::holds_alternative<Convolution>(op) || std::holds_alternative<FullyConnected>(op);
}

// The operators with an INT8 form that need no weights.
bool is_support(const Graph& graph, const Node& node) {
  if (!std::holds_alternative<Add>(node.op)) return keeps_integers(node.op);
  return graph[node.inputs[0]].type.shape == graph[node.inputs[1]].type.shape;
}

// Delivers values of its input as they are, so that the scale stays. A window's average is close
// enough to its values; the average over a whole image is much smaller and has its own scale.
bool keeps_scale(const Op& op) {
  if (const auto* pool = std::get_if<Pool>(&op))
    return pool->kind == PoolKind::max || !pool->global;
  return std::holds_alternative<Flatten>(op) || std::holds_alternative<Reshape>(op) ||
         std::holds_alternative<Transpose>(op) || std::holds_alternative<Pad>(op);
}

class Planner {
 public:
  Planner(const Graph& graph, const QuantScheme& scheme, bool dynamic)
      : graph_(graph),
        scheme_(scheme),
        dynamic_(dynamic),
        plan_(index(graph.size())),
        roles_(index(graph.size()), Role::real),
        can_be_quantized_(index(graph.size()), false) {}

  std::vector<NodePlan> run() {
    find_roles();
    const std::vector<bool> non_negative =
        find_non_negative(graph_, scheme_.input_range && scheme_.input_range->min >= 0);
    for (NodeId id = 0; id < graph_.size(); ++id) at(id).non_negative = non_negative[index(id)];
    for (NodeId id : graph_.outputs()) at(id).needed_real = true;
    for (NodeId id = graph_.size() - 1; id >= 0; --id) decide(id);
    for (NodeId id = 0; id < graph_.size(); ++id) {
      at(id).group = id;
      const bool copies = at(id).delivers_quantized && keeps_scale(graph_[id].op);
      const bool joins = std::holds_alternative<Concat>(graph_[id].op);
      at(id).own_range =
          at(id).needed_quantized && !(at(id).delivers_quantized && joins) && !copies;
    }
    join_groups();
    return std::move(plan_);
  }

 private:
  NodePlan& at(NodeId id) { return plan_[index(id)]; }

  void find_roles() {
    bool first_convolution = scheme_.exclude_first_conv || scheme_.dtype == QuantizedDType::u8;
    for (NodeId id = 0; id < graph_.size(); ++id) {
      const Node& node = graph_[id];
      at(id).why_real = why_real(node, first_convolution);
      if (std::holds_alternative<Convolution>(node.op)) first_convolution = false;
      if (!at(id).why_real.empty()) continue;
      const bool must = is_layer_with_weights(node.op);
      roles_[index(id)] = must ? Role::must : Role::support;
      can_be_quantized_[index(id)] = !dynamic_ && has_range(id) &&
                                     (must || std::ranges::all_of(node.inputs, [&](NodeId input) {
                                        return can_be_quantized_[index(input)];
                                      }));
    }
  }

  // Empty for an operator that may compute on integers.
  std::string why_real(const Node& node, bool is_excluded_if_convolution) const {
    if (std::ranges::find(scheme_.excluded_layers, node.name) != scheme_.excluded_layers.end())
      return "excluded by name";
    if (is_layer_with_weights(node.op)) {
      const bool excluded =
          is_excluded_if_convolution && std::holds_alternative<Convolution>(node.op);
      if (excluded) return "first convolution";
      const Node& weight = graph_[node.inputs[1]];
      const bool known = std::holds_alternative<Constant>(weight.op) && !weight.type.quant;
      if (!known || weight.type.dtype != DType::f32) return "its weights are no f32 constants";
      const bool reads_constant =
          graph_.as_constant(node.inputs[0]) != nullptr ||
          (input_role(node, node.inputs.size() - 1) == InputRole::residual &&
           graph_.as_constant(node.inputs.back()) != nullptr);
      if (reads_constant) return "it reads a constant";
      if (!has_range(node.inputs[0])) return "what it reads is not among the calibrated layers";
      return {};
    }
    return is_support(graph_, node) ? "" : "no INT8 form of this operator";
  }

  // Whether calibration gives the value a range, its own or that of the values it consists of.
  bool has_range(NodeId id) const {
    const std::vector<std::string>& calibrated = scheme_.calibrated_layers;
    const Node& node = graph_[id];
    if (dynamic_ || calibrated.empty() || std::holds_alternative<Input>(node.op)) return true;
    if (std::ranges::find(calibrated, node.name) != calibrated.end()) return true;
    const bool consists = keeps_scale(node.op) || std::holds_alternative<Concat>(node.op);
    return consists && std::ranges::all_of(node.inputs, [this](NodeId i) { return has_range(i); });
  }

  bool residual_has_range(const Node& node) const {
    const bool has_residual = input_role(node, node.inputs.size() - 1) == InputRole::residual;
    return !has_residual || has_range(node.inputs.back());
  }

  // All readers of `id` have been decided.
  void decide(NodeId id) {
    const Node& node = graph_[id];
    NodePlan& plan = at(id);
    const Role role = roles_[index(id)];
    plan.integer = role == Role::must ||
                   (role == Role::support && plan.needed_quantized && can_be_quantized_[index(id)]);
    plan.delivers_quantized =
        plan.integer && plan.needed_quantized && !dynamic_ && residual_has_range(node);
    if (role == Role::support && !plan.integer) plan.why_real = why_isolated(id);
    for (std::size_t i = 0; i < node.inputs.size(); ++i) ask_for_input(id, i);
  }

  void ask_for_input(NodeId id, std::size_t i) {
    const Node& node = graph_[id];
    const NodePlan& plan = at(id);
    NodePlan& input = at(node.inputs[i]);
    if (!plan.integer) {
      input.needed_real = true;
      return;
    }
    switch (input_role(node, i)) {
      case InputRole::data:
        input.needed_quantized = true;
        break;
      case InputRole::weight:
        break;
      case InputRole::bias:
        input.needed_real = true;
        break;
      case InputRole::residual:
        (plan.delivers_quantized ? input.needed_quantized : input.needed_real) = true;
        break;
    }
  }

  std::string why_isolated(NodeId id) const {
    if (dynamic_) return "without calibration only layers with weights are INT8";
    if (!can_be_quantized_[index(id)]) return "it reads values that are f32";
    return "no INT8 layer reads it";
  }

  void join_groups() {
    readers_.resize(index(graph_.size()));
    for (NodeId id = 0; id < graph_.size(); ++id) {
      for (NodeId input : graph_[id].inputs) readers_[index(input)].push_back(id);
    }
    for (NodeId id = 0; id < graph_.size(); ++id) {
      if (!at(id).delivers_quantized) continue;
      const Node& node = graph_[id];
      if (keeps_scale(node.op)) join(node.inputs[0], id);
      if (!std::holds_alternative<Concat>(node.op)) continue;
      for (NodeId input : node.inputs) {
        if (feeds_only(at(input).group, id)) join(input, id);
      }
    }
  }

  // Whether nothing outside the group but `concat` reads its values.
  bool feeds_only(NodeId group, NodeId concat) {
    for (NodeId id = 0; id < concat; ++id) {
      if (at(id).group != group) continue;
      if (at(id).needed_real) return false;
      for (NodeId reader : readers_[index(id)]) {
        if (reader != concat && at(reader).group != group) return false;
      }
    }
    return true;
  }

  void join(NodeId a, NodeId b) {
    const NodeId from = at(b).group;
    const NodeId to = at(a).group;
    for (NodePlan& plan : plan_) {
      if (plan.group == from) plan.group = to;
    }
  }

  const Graph& graph_;
  const QuantScheme& scheme_;
  bool dynamic_;
  std::vector<NodePlan> plan_;
  std::vector<Role> roles_;
  std::vector<bool> can_be_quantized_;
  std::vector<std::vector<NodeId>> readers_;
};

}  // namespace

InputRole input_role(const Node& node, std::size_t i) {
  if (i == 0 || !is_layer_with_weights(node.op)) return InputRole::data;
  if (i == 1) return InputRole::weight;
  const auto* conv = std::get_if<Convolution>(&node.op);
  const bool last = i + 1 == node.inputs.size();
  return conv != nullptr && conv->has_residual && last ? InputRole::residual : InputRole::bias;
}

std::vector<NodePlan> make_plan(const Graph& graph, const QuantScheme& scheme, bool dynamic) {
  return Planner(graph, scheme, dynamic).run();
}

}  // namespace qbench
