#include "engine/formats/importer.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <numeric>

#include "engine/core/error.h"
#include "engine/formats/inference.h"
#include "engine/formats/input_shape.h"
#include "engine/formats/unknown_name.h"

namespace qbench {
namespace {

constexpr std::string_view kTwinPrefix = "quantized_";

std::array<std::span<const OperatorRule>, 5> all_rules() {
  return {layer_rules(), array_rules(), slice_rules(), detection_rules(), quantized_rules()};
}

const OperatorRule* known_rule(std::string_view op) {
  for (std::span<const OperatorRule> rules : all_rules()) {
    const auto found = std::ranges::find(rules, op, &OperatorRule::op);
    if (found != rules.end()) return &*found;
  }
  return nullptr;
}

const OperatorRule& find_rule(std::string_view op) {
  if (const OperatorRule* rule = known_rule(op)) return *rule;
  std::vector<std::string_view> supported;
  for (std::span<const OperatorRule> rules : all_rules()) {
    for (const OperatorRule& rule : rules) supported.push_back(rule.op);
  }
  std::ranges::sort(supported);
  throw Error(fmt::format("operator '{}' is not supported; supported are {}", op,
                          fmt::join(supported, ", ")),
              ErrorKind::unsupported);
}

// A fused node goes by the name of its layer, a quantized node by that of its f32 operator.
std::string layer_name(const SymbolNode& node) {
  if (!node.subgraphs.empty()) {
    for (const SymbolNode& inner : node.subgraphs[0].nodes) {
      if (inner.op == "Convolution" || inner.op == "FullyConnected") return inner.name;
    }
  }
  const OperatorRule* rule = known_rule(node.op);
  const bool twin = rule != nullptr && !rule->twin_of.empty() && node.name.starts_with(kTwinPrefix);
  return twin ? node.name.substr(kTwinPrefix.size()) : node.name;
}

bool is_label(const SymbolNode& node) { return node.is_variable() && node.name.ends_with("label"); }

std::string numbered(const SymbolNode& node, std::size_t position) {
  return fmt::format("node {} '{}' ({})", position, node.name, node.op);
}

}  // namespace

NodeId OperatorImport::data(std::size_t input) {
  if (input >= input_count())
    throw Error(fmt::format("{} inputs, expected {} or more", input_count(), input + 1));
  const SymbolEntry& entry = node_.inputs[input];
  if (!importer_.delivers(entry)) {
    throw Error(fmt::format("input {} is output {} of '{}', which delivers no value here", input,
                            entry.output,
                            importer_.symbol_.nodes[static_cast<std::size_t>(entry.node)].name),
                ErrorKind::unsupported);
  }
  return importer_.value(entry);
}

TensorType OperatorImport::type(NodeId id) const { return importer_.graph_[id].type; }

std::string OperatorImport::variable(std::size_t input, std::string_view argument) const {
  if (input >= input_count()) return fmt::format("{}_{}", own_name_, argument);
  const auto position = static_cast<std::size_t>(node_.inputs[input].node);
  const SymbolNode& node = importer_.symbol_.nodes[position];
  if (!node.is_variable()) {
    throw Error(fmt::format("{} is computed by '{}', expected a parameter", argument, node.name),
                ErrorKind::unsupported);
  }
  return node.name;
}

Attributes OperatorImport::variable_attributes(std::size_t input) const {
  static const SymbolAttributes kNone;
  if (input >= input_count()) return Attributes(kNone);
  const auto position = static_cast<std::size_t>(node_.inputs[input].node);
  return Attributes(importer_.symbol_.nodes[position].attributes);
}

Parameters& OperatorImport::parameters() { return importer_.parameters_; }

NodeId OperatorImport::parameter(std::size_t input, std::string_view argument, const Shape& shape) {
  const std::string variable_name = variable(input, argument);
  const std::string_view init = variable_attributes(input).text("__init__", argument);
  const auto known = importer_.graph_.find(variable_name);
  if (known && importer_.graph_.as_constant(*known) != nullptr) {
    if (type(*known).shape == shape) return *known;
    throw Error(fmt::format("parameter '{}' of shape {} is used as {}", variable_name,
                            to_string(type(*known).shape), to_string(shape)));
  }
  return add_constant(input, variable_name, parameters().real(variable_name, shape, init));
}

NodeId OperatorImport::add_constant(std::size_t input, const std::string& name,
                                    std::shared_ptr<const Tensor> value,
                                    std::optional<QuantParams> params) {
  const auto known = importer_.graph_.find(name);
  const Constant* constant = known ? importer_.graph_.as_constant(*known) : nullptr;
  if (constant != nullptr && type(*known).quant == params) {
    if (constant->value == value || identical(*constant->value, *value)) return *known;
  }
  const bool listed = input < input_count();
  const std::size_t position =
      listed ? static_cast<std::size_t>(node_.inputs[input].node) : importer_.position_;
  return importer_.add_variable(position, [&] {
    return importer_.graph_.constant(name, std::move(value), std::move(params));
  });
}

NodeId OperatorImport::add(Op op, std::vector<NodeId> inputs) {
  const bool from_quantized = !inputs.empty() && type(inputs[0]).quant.has_value();
  return add(std::move(op), std::move(inputs),
             from_quantized ? calibrated(attributes) : std::nullopt);
}

NodeId OperatorImport::add(Op op, std::vector<NodeId> inputs,
                           std::optional<Graph::Quantization> quantization) {
  return importer_.graph_.add(name_, std::move(op), std::move(inputs), std::move(quantization));
}

NodeId OperatorImport::add_named(std::string_view suffix, Op op, std::vector<NodeId> inputs) {
  return importer_.graph_.add(importer_.free_name(fmt::format("{}_{}", name_, suffix)),
                              std::move(op), std::move(inputs));
}

NodeId OperatorImport::add_scalar(std::string_view suffix, float value) {
  return add_value(suffix, Tensor::of<float>({1}, std::span(&value, 1)));
}

NodeId OperatorImport::add_value(std::string_view suffix, Tensor value) {
  return importer_.graph_.constant(importer_.free_name(fmt::format("{}_{}", name_, suffix)),
                                   std::move(value));
}

void OperatorImport::deliver(std::int32_t output, NodeId id) {
  importer_.further_[{static_cast<std::int32_t>(importer_.position_), output}] = id;
}

std::optional<Graph::Quantization> calibrated(const Attributes& attributes,
                                              std::optional<DType> dtype) {
  if (!attributes.has("min_calib_range") && !attributes.has("max_calib_range")) return std::nullopt;
  const Range range{attributes.number("min_calib_range", std::nullopt),
                    attributes.number("max_calib_range", std::nullopt)};
  const std::string_view out_type = attributes.text("out_type", "auto");
  attributes.expect("out_type", {"auto", "int8", "uint8"});
  if (out_type != "auto") dtype = out_type == "int8" ? DType::s8 : DType::u8;
  if (!dtype) dtype = range.min >= 0 ? DType::u8 : DType::s8;
  const float scale = attributes.number("__qbench_scale__", scale_for(range, *dtype));
  return Graph::Quantization{*dtype, QuantParams{.scales = {scale}}};
}

Importer::Importer(const Symbol& symbol, Parameters& parameters, const ImportOptions& options)
    : symbol_(symbol), parameters_(parameters), options_(options), values_(symbol.nodes.size()) {
  const bool has_data = std::ranges::any_of(
      symbol.nodes, [](const SymbolNode& n) { return n.is_variable() && n.name == "data"; });
  if (has_data) main_input_ = "data";
  name_operators();
}

// Several nodes of one name are legal in a symbol, as a Gluon block called twice exports them. The
// first keeps the name.
void Importer::name_operators() {
  for (const SymbolNode& node : symbol_.nodes) {
    names_.push_back(node.is_variable() ? node.name : layer_name(node));
    if (node.is_variable()) taken_.insert(node.name);
  }
  const std::vector<std::string> own = names_;
  const std::set<std::string_view> owned(own.begin(), own.end());
  for (std::size_t i = 0; i < own.size(); ++i) {
    if (symbol_.nodes[i].is_variable()) continue;
    for (int number = 1; taken_.contains(names_[i]) || (number > 1 && owned.contains(names_[i]));)
      names_[i] = fmt::format("{}_{}", own[i], number++);
    taken_.insert(names_[i]);
  }
}

std::string Importer::free_name(const std::string& name) const {
  std::string free = name;
  for (int number = 1; taken_.contains(free) || graph_.find(free);)
    free = fmt::format("{}_{}", name, number++);
  return free;
}

// As MXNet lists it: of several outputs of a node, with its number.
std::string Importer::output_name(const SymbolEntry& entry) const {
  const std::string& name = symbol_.nodes[static_cast<std::size_t>(entry.node)].name;
  return entry.output == 0 ? name : fmt::format("{}_output{}", name, entry.output);
}

std::vector<SymbolEntry> Importer::delivered() const {
  constexpr std::string_view kSuffix = "_output";
  const auto is_called = [&](const std::string& name, const std::string& wanted) {
    return name == wanted || name + std::string(kSuffix) == wanted;
  };
  std::vector<SymbolEntry> heads = inference_heads(symbol_);
  if (!options_.output.empty()) {
    heads.insert(heads.end(), symbol_.heads.begin(), symbol_.heads.end());
    std::set<std::string> names;
    for (const SymbolEntry& head : heads) {
      if (is_called(output_name(head), options_.output)) return {head};
      names.insert(output_name(head));
    }
    throw unknown_name("output", options_.output, {names.begin(), names.end()});
  }
  if (options_.until.empty()) return heads;
  std::vector<std::string_view> names;
  for (std::size_t i = 0; i < names_.size(); ++i) {
    const SymbolNode& node = symbol_.nodes[i];
    if (node.is_variable()) continue;
    if (is_called(names_[i], options_.until) || is_called(node.name, options_.until))
      return {{static_cast<std::int32_t>(i), 0}};
    names.push_back(names_[i]);
  }
  throw unknown_name("node", options_.until, names);
}

Graph Importer::run() {
  const std::vector<SymbolEntry> heads = delivered();
  const std::vector<bool> needed = needed_nodes(symbol_, heads);
  for (position_ = 0; position_ < symbol_.nodes.size(); ++position_) {
    if (needed[position_] && !symbol_.nodes[position_].is_variable()) import_operator(position_);
  }
  std::vector<NodeId> outputs;
  for (const SymbolEntry& head : heads) {
    const SymbolNode& node = symbol_.nodes[static_cast<std::size_t>(head.node)];
    if (is_label(node) && !parameters_.contains(node.name)) continue;
    if (!delivers(head))
      throw Error(
          fmt::format("output {} of '{}' is a head, expected output 0", head.output, node.name),
          ErrorKind::unsupported);
    outputs.push_back(value(head));
    if (!options_.until.empty() && graph_[outputs.back()].type.quant) {
      throw Error(fmt::format("'{}' delivers integers; end the FP32 model there and quantize that",
                              options_.until),
                  ErrorKind::unsupported);
    }
  }
  if (outputs.empty()) throw Error("no heads but labels: the network delivers nothing");
  graph_.set_outputs(std::move(outputs));
  positions_.resize(static_cast<std::size_t>(graph_.size()), position_);
  return prune(in_symbol_order());
}

void Importer::import_operator(std::size_t position) {
  const SymbolNode& node = symbol_.nodes[position];
  try {
    const OperatorRule& rule = find_rule(node.op);
    OperatorImport operation(*this, node, rule.twin_of.empty() ? rule.op : rule.twin_of,
                             layer_name(node), names_[position]);
    values_[position] = rule.import(operation);
  } catch (const Error& error) {
    // The graph names the node itself where inputs do not fit.
    const bool named = std::string_view(error.what()).starts_with("node '");
    throw named ? error : error.at(numbered(node, position));
  }
  positions_.resize(static_cast<std::size_t>(graph_.size()), position);
}

bool Importer::delivers(const SymbolEntry& entry) const {
  return entry.output == 0 || further_.contains({entry.node, entry.output});
}

NodeId Importer::value(const SymbolEntry& entry) {
  if (entry.output > 0) return further_.at({entry.node, entry.output});
  const auto position = static_cast<std::size_t>(entry.node);
  std::optional<NodeId>& known = values_[position];
  if (!known) {
    const SymbolNode& node = symbol_.nodes[position];
    known = graph_.find(node.name);  // a parameter that another operator has asked for
    const bool is_variable = known && (graph_.as_constant(*known) != nullptr ||
                                       std::holds_alternative<Input>(graph_[*known].op));
    if (!is_variable) known = add_variable(position, [&] { return import_variable(node); });
  }
  return *known;
}

template <class Add>
NodeId Importer::add_variable(std::size_t position, Add&& add) {
  positions_.resize(static_cast<std::size_t>(graph_.size()), position_);
  const NodeId id = add();
  positions_.push_back(position);
  return id;
}

NodeId Importer::import_variable(const SymbolNode& node) {
  const Attributes attributes(node.attributes);
  if (parameters_.contains(node.name))
    return graph_.constant(node.name, parameters_.real(node.name));
  if (const auto init = attributes.find("__init__")) {
    const Shape shape(attributes.tuple("__shape__"));
    return graph_.constant(node.name, parameters_.real(node.name, shape, *init));
  }
  return graph_.add(node.name, Input{input_shape(node)});
}

Shape Importer::input_shape(const SymbolNode& node) {
  if (main_input_.empty()) main_input_ = node.name;
  std::vector<std::int64_t> dims = Attributes(node.attributes).tuple("__shape__");
  if (node.name == main_input_ && (dims.empty() || dims.size() == 4)) {
    dims.resize(4);
    if (dims[1] <= 0) dims[1] = channels_by_first_layer(node.name);
    try {
      dims = image_input_shape(std::move(dims), options_).dims();
    } catch (const Error& error) {
      throw error.at(fmt::format("input '{}'", node.name));
    }
  } else if (node.name == main_input_ && options_.image_shape) {
    throw Error(fmt::format("input '{}' has shape {}, expected [N,C,H,W]: an image shape was given",
                            node.name, to_string(Shape(dims))));
  }
  if (dims.empty()) {
    if (!parameters_.are_random()) parameters_.real(node.name);  // throws with the nearest name
    throw Error(fmt::format("variable '{}' has neither a value nor a shape", node.name));
  }
  dims[0] = options_.batch;
  return Shape(std::move(dims));
}

// How many channels the weights say that the input has; 0 where they do not say.
std::int64_t Importer::channels_by_first_layer(const std::string& input) const {
  for (const SymbolNode& node : symbol_.nodes) {
    const bool reads_input =
        node.inputs.size() > 1 &&
        symbol_.nodes[static_cast<std::size_t>(node.inputs[0].node)].name == input;
    const bool convolves = node.op == "Convolution" || node.op == "Convolution_v1";
    const bool normalizes = node.op == "BatchNorm" || node.op == "BatchNorm_v1";
    if (!reads_input || !(convolves || normalizes)) continue;
    const std::string& name = symbol_.nodes[static_cast<std::size_t>(node.inputs[1].node)].name;
    if (!parameters_.contains(name)) return 0;
    const Shape shape = parameters_.real(name)->shape();
    if (normalizes) return shape.rank() == 1 ? shape[0] : 0;
    return shape.rank() == 4 ? shape[1] * Attributes(node.attributes).integer("num_group", 1) : 0;
  }
  return 0;
}

// The graph in the order of the symbol, where a variable stands before its first reader but not
// always right before it. So that writing and reading a graph keeps the order of its nodes.
Graph Importer::in_symbol_order() const {
  std::vector<NodeId> order(positions_.size());
  std::iota(order.begin(), order.end(), 0);
  std::ranges::stable_sort(order, {},
                           [&](NodeId id) { return positions_[static_cast<std::size_t>(id)]; });
  Graph sorted;
  std::vector<NodeId> moved(order.size());
  const auto mapped = [&](const std::vector<NodeId>& ids) {
    std::vector<NodeId> result;
    result.reserve(ids.size());
    for (NodeId id : ids) result.push_back(moved[static_cast<std::size_t>(id)]);
    return result;
  };
  for (NodeId id : order) {
    const Node& node = graph_[id];
    std::optional<Graph::Quantization> quantization;
    if (node.type.quant) quantization = Graph::Quantization{node.type.dtype, *node.type.quant};
    moved[static_cast<std::size_t>(id)] =
        sorted.add(node.name, node.op, mapped(node.inputs), std::move(quantization));
  }
  sorted.set_outputs(mapped(graph_.outputs()));
  return sorted;
}

}  // namespace qbench
