// Builds the INT8 graph: every node of the FP32 graph once, with a Quantize or a Dequantize where a
// value is read in the form that its operator does not deliver.

#include "engine/quantizer/quantizer.h"

#include <algorithm>
#include <utility>

#include "engine/core/error.h"
#include "engine/quantizer/parameters.h"
#include "engine/quantizer/plan.h"

namespace qbench {
namespace {

std::size_t index(NodeId id) { return static_cast<std::size_t>(id); }

class Builder {
 public:
  Builder(const Graph& old, std::vector<NodePlan> plan,
          std::vector<Graph::Quantization> quantization, bool per_channel)
      : old_(old),
        plan_(std::move(plan)),
        quantization_(std::move(quantization)),
        per_channel_(per_channel),
        real_(plan_.size()),
        quantized_(plan_.size()) {}

  Graph run() {
    for (NodeId id = 0; id < old_.size(); ++id) {
      if (old_.as_constant(id) == nullptr) copy(id);
    }
    std::vector<NodeId> outputs;
    for (NodeId id : old_.outputs()) outputs.push_back(real(id));
    new_.set_outputs(std::move(outputs));
    return std::move(new_);
  }

 private:
  using Slot = std::optional<NodeId>;

  void copy(NodeId id) {
    const Node& node = old_[id];
    const NodePlan& plan = plan_[index(id)];
    std::vector<NodeId> inputs;
    inputs.reserve(node.inputs.size());
    for (std::size_t i = 0; i < node.inputs.size(); ++i)
      inputs.push_back(plan.integer ? integer_input(id, i) : real(node.inputs[i]));
    if (plan.delivers_quantized) {
      quantized_[index(id)] =
          new_.add(node.name, node.op, std::move(inputs), quantization_[index(id)]);
    } else {
      real_[index(id)] = new_.add(node.name, node.op, std::move(inputs));
    }
  }

  NodeId integer_input(NodeId id, std::size_t i) {
    const Node& node = old_[id];
    switch (input_role(node, i)) {
      case InputRole::data:
        return quantized(node.inputs[i]);
      case InputRole::weight:
        return weight(node.inputs[i]);
      case InputRole::bias:
        return real(node.inputs[i]);
      case InputRole::residual:
        break;
    }
    return plan_[index(id)].delivers_quantized ? quantized(node.inputs[i]) : real(node.inputs[i]);
  }

  NodeId real(NodeId id) {
    Slot& slot = real_[index(id)];
    if (!slot) {
      slot = old_.as_constant(id) != nullptr
                 ? new_.add(old_[id].name, old_[id].op)
                 : new_.add(free_name(old_[id].name + "_dequantize"), Dequantize{},
                            {quantized_[index(id)].value()});
    }
    return *slot;
  }

  NodeId quantized(NodeId id) {
    Slot& slot = quantized_[index(id)];
    if (!slot) {
      const NodeId data = real(id);
      slot = new_.add(free_name(old_[id].name + "_quantize"), Quantize{}, {data},
                      quantization_[index(id)]);
    }
    return *slot;
  }

  // Shared weights are quantized once. They keep their name unless an f32 layer reads them too.
  NodeId weight(NodeId id) {
    Slot& slot = quantized_[index(id)];
    if (!slot) {
      const std::string& name = old_[id].name;
      QuantizedWeights weights = quantize_weights(old_.value(id), per_channel_);
      slot = new_.constant(plan_[index(id)].needed_real ? free_name(name + "_quantize") : name,
                           std::make_shared<const Tensor>(std::move(weights.values)),
                           std::move(weights.params));
    }
    return *slot;
  }

  std::string free_name(const std::string& wanted) const {
    std::string name = wanted;
    for (int n = 2; old_.find(name) || new_.find(name); ++n)
      name = wanted + "_" + std::to_string(n);
    return name;
  }

  const Graph& old_;
  std::vector<NodePlan> plan_;
  std::vector<Graph::Quantization> quantization_;
  bool per_channel_;
  Graph new_;
  std::vector<Slot> real_;       // where in new_ each old value is to be had as f32
  std::vector<Slot> quantized_;  // and as s8 or u8
};

std::vector<LeftInFp32> left_in_fp32(const Graph& graph, const std::vector<NodePlan>& plan) {
  std::vector<LeftInFp32> left;
  for (NodeId id = 0; id < graph.size(); ++id) {
    const Node& node = graph[id];
    const bool is_layer =
        !std::holds_alternative<Input>(node.op) && !std::holds_alternative<Constant>(node.op);
    if (!is_layer || plan[index(id)].integer) continue;
    left.push_back({node.name, std::string(op_name(node.op)), plan[index(id)].why_real});
  }
  return left;
}

void expect_real_graph(const Graph& graph) {
  for (const Node& node : graph.nodes()) {
    if (node.type.quant)
      throw Error("node '" + node.name + "' is quantized already, expected an FP32 graph");
  }
}

}  // namespace

QuantizedDType quantized_dtype_from_string(std::string_view text) {
  for (const QuantizedDType dtype :
       {QuantizedDType::automatic, QuantizedDType::s8, QuantizedDType::u8}) {
    if (text == to_string(dtype)) return dtype;
  }
  throw Error("quantized dtype '" + std::string(text) + "', expected auto, int8 or uint8");
}

std::string_view to_string(QuantizedDType dtype) {
  switch (dtype) {
    case QuantizedDType::automatic:
      return "auto";
    case QuantizedDType::s8:
      return "int8";
    case QuantizedDType::u8:
      return "uint8";
  }
  return "?";
}

std::vector<std::string> tensors_to_calibrate(const Graph& graph, const QuantScheme& scheme) {
  check_layer_names(graph, scheme);
  const std::vector<NodePlan> plan = make_plan(graph, scheme, /*dynamic=*/false);
  std::vector<std::string> names;
  for (NodeId id = 0; id < graph.size(); ++id) {
    if (plan[index(id)].own_range) names.push_back(graph[id].name);
  }
  return names;
}

QuantizedModel quantize(const Graph& graph, const QuantScheme& scheme,
                        const CalibrationTable* table) {
  expect_real_graph(graph);
  check_layer_names(graph, scheme);
  std::vector<NodePlan> plan = make_plan(graph, scheme, /*dynamic=*/table == nullptr);
  std::vector<LeftInFp32> left = left_in_fp32(graph, plan);
  std::vector<Graph::Quantization> parameters = choose_parameters(graph, plan, scheme, table);
  Builder builder(graph, std::move(plan), std::move(parameters), scheme.per_channel_weights);
  return {builder.run(), std::move(left)};
}

}  // namespace qbench
