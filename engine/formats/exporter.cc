#include "engine/formats/exporter.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "engine/core/error.h"
#include "engine/formats/attributes.h"
#include "engine/formats/describe.h"
#include "engine/graph/op_properties.h"

namespace qbench {
namespace {

constexpr int kMxnetVersion = 10500;  // the vocabulary is that of 1.5

// Where a value is found in the symbol. Quantized values come with their limits.
struct Place {
  SymbolEntry value;
  SymbolEntry min;
  SymbolEntry max;
};

// Of a Convolution or FullyConnected, in the symbol that the node is written to.
struct LayerInputs {
  std::vector<SymbolEntry> parameters;  // data, weight, [bias]
  std::optional<SymbolEntry> residual;
};

SymbolEntry add_node(Symbol& symbol, SymbolNode node) {
  symbol.nodes.push_back(std::move(node));
  return {static_cast<std::int32_t>(symbol.nodes.size()) - 1, 0};
}

bool is_layer(const Op& op) {
  return std::holds_alternative<Convolution>(op) || std::holds_alternative<FullyConnected>(op);
}

class Exporter {
 public:
  explicit Exporter(const Graph& graph) : graph_(graph) {
    for (const Node& node : graph.nodes()) {
      quantized_ = quantized_ || node.type.quant.has_value();
      const auto* batch_norm = std::get_if<BatchNorm>(&node.op);
      if (batch_norm != nullptr) auxiliary_.insert({node.inputs[3], node.inputs[4]});
    }
  }

  ExportedModel run() {
    for (NodeId id = 0; id < graph_.size(); ++id) {
      try {
        places_.push_back(export_node(id));
      } catch (const Error& error) {
        throw error.at(fmt::format("node '{}' ({})", graph_[id].name, op_name(graph_[id].op)));
      }
    }
    for (NodeId id : graph_.outputs()) symbol_.heads.push_back(place(id).value);
    symbol_.version = kMxnetVersion;
    std::ranges::sort(arrays_, {}, &NamedArray::name);
    return {std::move(symbol_), std::move(arrays_)};
  }

 private:
  const Place& place(NodeId id) const { return places_[static_cast<std::size_t>(id)]; }
  bool is_quantized(NodeId id) const { return graph_[id].type.quant.has_value(); }

  Place export_node(NodeId id) {
    const Node& node = graph_[id];
    if (std::holds_alternative<Constant>(node.op)) return export_constant(id);
    const bool fused = activation_of(node.op).kind != ActivationKind::none || has_residual(node.op);
    if (is_layer(node.op)) {
      if (is_quantized(node.inputs[0]) || (quantized_ && fused)) return export_fused_layer(node);
      return {.value = add_layer(symbol_, node, layer_inputs(node)), .min = {}, .max = {}};
    }
    if (fused && !quantized_) return export_sum_with_activation(node);
    return export_plain(node);
  }

  // A variable with its array. Quantized values have their limits beside them.
  Place export_constant(NodeId id) {
    const Node& node = graph_[id];
    const std::shared_ptr<const Tensor>& value = graph_.as_constant(id)->value;
    const std::string prefix = auxiliary_.contains(id) ? "aux:" : "arg:";
    if (!node.type.quant)
      return {.value = add_variable(node.name, prefix, value), .min = {}, .max = {}};
    if (node.type.dtype != DType::s8)
      throw Error("a constant quantized to another type than s8", ErrorKind::unsupported);

    const std::vector<float>& scales = node.type.quant->scales;
    const Shape shape{static_cast<std::int64_t>(scales.size())};
    auto low = std::make_shared<Tensor>(DType::f32, shape);
    auto high = std::make_shared<Tensor>(DType::f32, shape);
    bool exact = true;
    for (std::size_t i = 0; i < scales.size(); ++i) {
      const std::optional<float> range = range_for(scales[i], DType::s8);
      exact = exact && range.has_value();
      high->data<float>()[i] = range.value_or(scales[i] * quant_max(DType::s8));
      low->data<float>()[i] = -high->data<float>()[i];
    }
    const std::string name = node.name + "_quantize";
    Place place;
    place.value = add_variable(name, prefix, value);
    if (!exact) symbol_.nodes.back().attributes["__qbench_scale__"] = tuple_text(scales);
    place.min = add_variable(name + "_min", prefix, std::move(low));
    place.max = add_variable(name + "_max", prefix, std::move(high));
    return place;
  }

  SymbolEntry add_variable(const std::string& name, const std::string& prefix,
                           std::shared_ptr<const Tensor> value) {
    if (!variables_.insert(name).second)
      throw Error(fmt::format("a second variable '{}' would be written", name));
    arrays_.push_back({prefix + name, std::move(value)});
    return add_node(symbol_, {.op = "null", .name = name});
  }

  LayerInputs layer_inputs(const Node& node) const {
    LayerInputs inputs;
    for (NodeId id : node.inputs) inputs.parameters.push_back(place(id).value);
    if (has_residual(node.op)) {
      inputs.residual = inputs.parameters.back();
      inputs.parameters.pop_back();
    }
    return inputs;
  }

  // The layer as plain operators: [Pad], layer, [sum], [activation]. Gives the last one's output.
  SymbolEntry add_layer(Symbol& symbol, const Node& node, LayerInputs inputs) const {
    DescribedOp layer = describe(graph_, node);
    const auto* convolution = std::get_if<Convolution>(&node.op);
    if (convolution != nullptr && !quantized_) {
      const Padding2d& p = convolution->padding;
      if (p.top != p.bottom || p.left != p.right) {  // MXNet pads both sides alike
        inputs.parameters[0] = add_padding(symbol, node, p, inputs.parameters[0]);
        layer.attributes["pad"] = "(0, 0)";
      }
    }
    const std::size_t first = symbol.nodes.size();
    SymbolEntry last = add_node(symbol, {.op = layer.op,
                                         .name = node.name,
                                         .attributes = std::move(layer.attributes),
                                         .inputs = std::move(inputs.parameters)});
    if (inputs.residual) {
      last = add_node(symbol, {.op = "elemwise_add",
                               .name = free_name(node.name + "_plus"),
                               .inputs = {last, *inputs.residual}});
    }
    last = add_activation(symbol, node, last);
    if (!quantized_) keep_output_name(symbol, node, first);
    return last;
  }

  // Outputs are known by their names: the last of the nodes written for one has it.
  void keep_output_name(Symbol& symbol, const Node& node, std::size_t first) const {
    const bool is_output = std::ranges::any_of(
        graph_.outputs(), [&](NodeId id) { return graph_[id].name == node.name; });
    if (!is_output || first + 1 == symbol.nodes.size()) return;
    symbol.nodes[first].name = free_name(node.name + "_fwd");
    symbol.nodes.back().name = node.name;
  }

  SymbolEntry add_padding(Symbol& symbol, const Node& node, const Padding2d& padding,
                          SymbolEntry data) const {
    Node pad;
    pad.op = Pad{.padding = padding, .value = 0};
    DescribedOp described = describe(graph_, pad);
    return add_node(symbol, {.op = described.op,
                             .name = free_name(node.name + "_pad"),
                             .attributes = std::move(described.attributes),
                             .inputs = {data}});
  }

  SymbolEntry add_activation(Symbol& symbol, const Node& node, SymbolEntry data) const {
    const ActivationSpec activation = activation_of(node.op);
    if (activation.kind == ActivationKind::none) return data;
    DescribedOp described = describe(activation);
    return add_node(symbol, {.op = described.op,
                             .name = free_name(node.name + "_act"),
                             .attributes = std::move(described.attributes),
                             .inputs = {data}});
  }

  // The inputs of a fused node are those of its subgraph, then the limits of the quantized ones:
  // data, residual, weight.
  Place export_fused_layer(const Node& node) {
    const bool integer = is_quantized(node.inputs[0]);
    const ActivationSpec activation = activation_of(node.op);
    SymbolNode fused{
        .op = "_sg_mkldnn_conv",
        .name = (integer ? "quantized_" : "") + node.name,
    };
    if (std::holds_alternative<FullyConnected>(node.op)) fused.op = "_sg_mkldnn_fully_connected";
    std::vector<NodeId> with_limits;
    if (integer) {
      fused.attributes["quantized"] = "true";
      with_limits.push_back(node.inputs[0]);
      if (has_residual(node.op) && is_quantized(node.inputs.back()))
        with_limits.push_back(node.inputs.back());
      with_limits.push_back(node.inputs[1]);
      const bool per_channel = graph_[node.inputs[1]].type.quant->axis == 0;
      fused.attributes["quantize_granularity"] = per_channel ? "channel-wise" : "tensor-wise";
    }
    for (NodeId id : node.inputs) fused.inputs.push_back(place(id).value);
    for (NodeId id : with_limits) {
      fused.inputs.push_back(place(id).min);
      fused.inputs.push_back(place(id).max);
    }
    if (has_residual(node.op)) fused.attributes["with_sum"] = "true";
    if (activation.kind != ActivationKind::none)
      fused.attributes[has_residual(node.op) ? "with_postsum_act" : "with_act"] = "true";
    fused.subgraphs.push_back(subgraph_of(node));
    return finish(std::move(fused), node, integer);
  }

  Symbol subgraph_of(const Node& node) const {
    Symbol body;
    LayerInputs inputs;
    for (NodeId id : node.inputs) {
      const std::string name =
          fmt::format("{}0", symbol_.nodes[static_cast<std::size_t>(place(id).value.node)].name);
      inputs.parameters.push_back(add_node(body, {.op = "null", .name = name}));
    }
    if (has_residual(node.op)) {
      inputs.residual = inputs.parameters.back();
      inputs.parameters.pop_back();
    }
    body.heads = {add_layer(body, node, std::move(inputs))};
    return body;
  }

  // Add with an activation, in an f32 graph.
  Place export_sum_with_activation(const Node& node) {
    DescribedOp described = describe(graph_, node);
    const SymbolEntry sum = add_node(symbol_, {.op = described.op,
                                               .name = node.name,
                                               .attributes = std::move(described.attributes),
                                               .inputs = value_inputs(node)});
    const SymbolEntry last = add_activation(symbol_, node, sum);
    keep_output_name(symbol_, node, static_cast<std::size_t>(sum.node));
    return {.value = last, .min = {}, .max = {}};
  }

  Place export_plain(const Node& node) {
    DescribedOp described = describe(graph_, node);
    SymbolNode to{.op = described.op,
                  .name = node.name,
                  .attributes = std::move(described.attributes),
                  .inputs = value_inputs(node)};
    if (std::holds_alternative<BatchNorm>(node.op)) to.outputs = 3;
    if (const ActivationSpec activation = activation_of(node.op);
        activation.kind != ActivationKind::none) {
      to.attributes.merge(describe(activation).attributes);
      to.attributes["with_act"] = "true";
      if (activation.kind == ActivationKind::clip) to.attributes["act_type"] = "clip";
    }
    const bool integer = !node.inputs.empty() && is_quantized(node.inputs[0]);
    if (integer) {
      for (NodeId id : node.inputs) {
        to.inputs.push_back(place(id).min);
        to.inputs.push_back(place(id).max);
      }
      if (!std::holds_alternative<Dequantize>(node.op)) {
        to.op = quantized_twin(to.op);
        to.name = "quantized_" + to.name;
      }
    }
    return finish(std::move(to), node, integer && !std::holds_alternative<Dequantize>(node.op));
  }

  // Adds the node, with what says how its result is quantized.
  Place finish(SymbolNode to, const Node& node, bool integer) {
    if (!node.type.quant) {
      if (integer) to.attributes["enable_float_output"] = "true";
      return {.value = add_node(symbol_, std::move(to)), .min = {}, .max = {}};
    }
    if (!keeps_quantization(node)) add_calibration(to.attributes, node.type);
    to.outputs = 3;
    const SymbolEntry value = add_node(symbol_, std::move(to));
    return {value, {value.node, 1}, {value.node, 2}};
  }

  // Whether the result's quantization is that of all inputs, without a word.
  bool keeps_quantization(const Node& node) const {
    if (is_layer(node.op) || std::holds_alternative<Add>(node.op)) return false;
    return std::ranges::all_of(node.inputs, [&](NodeId id) {
      const TensorType& input = graph_[id].type;
      return input.dtype == node.type.dtype && input.quant == node.type.quant;
    });
  }

  std::vector<SymbolEntry> value_inputs(const Node& node) const {
    std::vector<SymbolEntry> entries;
    for (NodeId id : node.inputs) entries.push_back(place(id).value);
    return entries;
  }

  std::string free_name(std::string name) const {
    while (graph_.find(name)) name += '_';
    return name;
  }

  const Graph& graph_;
  bool quantized_ = false;      // somewhere in the graph
  std::set<NodeId> auxiliary_;  // moving mean and variance
  std::set<std::string> variables_;
  Symbol symbol_;
  std::vector<NamedArray> arrays_;
  std::vector<Place> places_;  // of the graph's nodes
};

}  // namespace

ExportedModel export_graph(const Graph& graph) { return Exporter(graph).run(); }

}  // namespace qbench
