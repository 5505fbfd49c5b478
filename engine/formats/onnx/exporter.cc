#include "engine/formats/onnx/exporter.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "engine/core/error.h"
#include "engine/formats/onnx/export_operator.h"
#include "engine/formats/onnx/export_quantized.h"
#include "engine/formats/onnx/model_builder.h"
#include "engine/graph/op_properties.h"

namespace qbench::onnx {
namespace {

// Values that end the model: those of the graph, or what its detection would read.
std::vector<NodeId> model_outputs(const Graph& graph) {
  std::vector<NodeId> outputs;
  for (NodeId id : graph.outputs()) {
    const qbench::Node& node = graph[id];
    const bool detects = std::holds_alternative<MultiBoxDetection>(node.op);
    if (!detects) outputs.push_back(id);
    if (detects) outputs.insert(outputs.end(), node.inputs.begin(), node.inputs.end());
  }
  return outputs;
}

// The graph at another batch size; nothing where it holds for one only.
std::optional<Graph> at_another_batch(const Graph& graph) {
  if (graph.inputs().empty()) return std::nullopt;
  try {
    return with_batch(graph, graph[graph.inputs()[0]].type.shape[0] + 1);
  } catch (const Error&) {
    return std::nullopt;
  }
}

class Exporter {
 public:
  explicit Exporter(const Graph& graph)
      : graph_(graph),
        outputs_(model_outputs(graph)),
        names_(static_cast<std::size_t>(graph.size())),
        quantized_(graph, builder_) {
    for (const qbench::Node& node : graph.nodes()) builder_.reserve(node.name);
  }

  ModelDef run() {
    for (NodeId id = 0; id < graph_.size(); ++id) {
      try {
        export_node(id);
      } catch (const Error& error) {
        throw error.at(fmt::format("node '{}' ({})", graph_[id].name, op_name(graph_[id].op)));
      }
    }
    add_values();
    return std::move(builder_.model());
  }

 private:
  bool is_output(NodeId id) const { return std::ranges::find(outputs_, id) != outputs_.end(); }

  // The name of the value as f32. Parameters are stored when they are first read.
  std::string real(NodeId id) {
    std::string& name = names_[static_cast<std::size_t>(id)];
    if (!name.empty()) return name;
    const qbench::Node& node = graph_[id];
    if (node.type.quant) {
      name = quantized_.dequantize(id);
    } else {
      name = builder_.store(builder_.own_name(node.name), graph_.as_constant(id)->value);
    }
    return name;
  }

  std::vector<std::string> reals(std::span<const NodeId> ids) {
    std::vector<std::string> names;
    for (NodeId id : ids) names.push_back(real(id));
    return names;
  }

  void export_node(NodeId id) {
    const qbench::Node& node = graph_[id];
    std::string& name = names_[static_cast<std::size_t>(id)];
    if (std::holds_alternative<Constant>(node.op)) return;
    if (std::holds_alternative<Input>(node.op)) {
      name = node.name;
    } else if (std::holds_alternative<MultiBoxDetection>(node.op)) {
      const auto uses = count_uses(graph_)[static_cast<std::size_t>(id)];
      const auto as_output = std::ranges::count(graph_.outputs(), id);
      if (std::cmp_not_equal(uses, as_output))
        throw Error("ONNX has no such operator; it can be left out at the end only",
                    ErrorKind::unsupported);
    } else if (std::holds_alternative<Quantize>(node.op)) {
      quantized_.quantize(id, real(node.inputs[0]), node.name);
    } else if (std::holds_alternative<Dequantize>(node.op)) {
      name = quantized_.dequantize(node.inputs[0], node.name);
    } else {
      export_operator(id, name);
    }
  }

  // [layer, sum, activation, QuantizeLinear]
  void export_operator(NodeId id, std::string& name) {
    const qbench::Node& node = graph_[id];
    const ActivationSpec activation = activation_of(node.op);
    const bool adds = has_residual(node.op);
    const bool acts = activation.kind != ActivationKind::none;
    const bool ends = !adds && !acts;
    // Outputs are known by their names: the last of the nodes written for one has it.
    const bool renamed = is_output(id) && !node.type.quant && !ends;
    const std::string first = renamed ? builder_.free_name(node.name + "_fwd") : node.name;
    std::string last = add_operator(builder_, graph_, node, first, operator_inputs(node, adds));
    if (adds) {
      const std::string sum =
          renamed && !acts ? node.name : builder_.free_name(node.name + "_plus");
      last = builder_.add("Add", sum, {last, real(node.inputs.back())});
    }
    if (acts) {
      const std::string result = renamed ? node.name : builder_.free_name(node.name + "_act");
      last = add_activation(builder_, activation, result, last);
    }
    if (node.type.quant) {
      quantized_.quantize(id, last, builder_.free_name(node.name + "_quantized"));
    } else {
      name = last;
    }
  }

  std::vector<std::string> operator_inputs(const qbench::Node& node, bool has_residual_input) {
    std::span<const NodeId> inputs = node.inputs;
    if (has_residual_input) inputs = inputs.first(inputs.size() - 1);
    const bool layer = std::holds_alternative<Convolution>(node.op) ||
                       std::holds_alternative<FullyConnected>(node.op);
    const bool integer = layer && graph_[inputs[0]].type.quant.has_value();
    if (!integer) return reals(inputs);
    std::vector<std::string> names = {data_of_layer(node), real(inputs[1])};
    if (inputs.size() > 2) names.push_back(quantized_.bias(inputs[2], inputs[0], inputs[1]));
    return names;
  }

  // FullyConnected reads [N,C,H,W] too, what is flattened in ONNX is quantized again.
  std::string data_of_layer(const qbench::Node& node) {
    const NodeId data = node.inputs[0];
    if (graph_[data].type.shape.rank() == 2 || std::holds_alternative<Convolution>(node.op))
      return real(data);
    const std::string flat =
        builder_.add("Flatten", builder_.free_name(node.name + "_flat"), {real(data)});
    return quantized_.again(data, flat);
  }

  void add_values() {
    const std::optional<Graph> other = at_another_batch(graph_);
    const auto value = [&](const std::string& name, NodeId id) {
      ValueDef def{.name = name, .dtype = DType::f32, .dims = graph_[id].type.shape.dims()};
      const std::optional<NodeId> there = other ? other->find(graph_[id].name) : std::nullopt;
      if (there && !def.dims->empty() && (*other)[*there].type.shape[0] != (*def.dims)[0])
        (*def.dims)[0] = -1;
      return def;
    };
    for (NodeId id : outputs_) real(id);
    std::set<std::string> computed;
    for (const NodeDef& def : builder_.model().nodes) computed.insert(def.outputs[0]);
    for (NodeId id : graph_.inputs()) builder_.model().inputs.push_back(value(graph_[id].name, id));
    for (NodeId id : outputs_) {
      std::string name = real(id);
      // An input, a parameter or what is an output already cannot be one itself.
      if (!computed.erase(name))
        name = builder_.add("Identity", builder_.free_name(fmt::format("{}_output", name)), {name});
      builder_.model().outputs.push_back(value(name, id));
    }
  }

  const Graph& graph_;
  std::vector<NodeId> outputs_;
  ModelBuilder builder_;
  std::vector<std::string> names_;  // of the graph's values as f32; empty: not yet written
  QuantizedValues quantized_;
};

}  // namespace

ModelDef export_graph(const Graph& graph) { return Exporter(graph).run(); }

}  // namespace qbench::onnx
