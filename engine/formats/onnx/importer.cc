#include "engine/formats/onnx/importer.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <exception>
#include <new>
#include <utility>

#include "engine/core/error.h"
#include "engine/core/nearest_name.h"
#include "engine/formats/input_shape.h"
#include "engine/formats/onnx/known_tensor.h"

namespace qbench::onnx {
namespace {

constexpr std::size_t kMostCompared = 2000;  // names looked at for the nearest one

std::array<std::span<const OperatorRule>, 5> all_rules() {
  return {layer_rules(), array_rules(), reduce_rules(), known_rules(), quantize_rules()};
}

// Thrown where a rule reads what a blocked node would deliver.
class UnknownValue : public std::exception {};

const OperatorRule& find_rule(const NodeDef& node) {
  for (std::span<const OperatorRule> rules : all_rules()) {
    for (const OperatorRule& rule : rules) {
      if (rule.op == node.op && node.domain.empty()) return rule;
    }
  }
  const std::string of = node.domain.empty() ? "" : fmt::format(" of domain '{}'", node.domain);
  throw Error(fmt::format("operator '{}'{} is not supported", node.op, of), ErrorKind::unsupported);
}

// Whatever goes wrong in a rule, as an Error.
Error as_error(const std::exception& exception) {
  if (const auto* error = dynamic_cast<const Error*>(&exception)) {
    // Of the graph, which says again what node it is.
    const std::string_view text = error->what();
    const std::size_t end = text.starts_with("node '") ? text.find("): ") : std::string_view::npos;
    if (end == std::string_view::npos) return *error;
    return Error(std::string(text.substr(end + 3)), error->kind());
  }
  if (dynamic_cast<const std::bad_alloc*>(&exception) != nullptr)
    return Error("no memory for it", ErrorKind::environment);
  return Error(fmt::format("it cannot be read: {}", exception.what()));
}

bool is_quantized(const Graph& graph) {
  return std::ranges::any_of(graph.nodes(), [](const qbench::Node& node) {
    return !std::holds_alternative<Constant>(node.op) && node.type.quant.has_value();
  });
}

}  // namespace

Importer::Importer(const ModelDef& model, const ImportOptions& options)
    : model_(model), options_(options) {
  for (const NamedTensor& tensor : model.initializers) {
    const Value known{.node = {}, .known = tensor.value, .quant = {}, .name = tensor.name};
    if (!values_.emplace(tensor.name, known).second)
      throw Error(fmt::format("initializer '{}' is given twice", tensor.name));
    if (!tensor.value) unreadable_.emplace(tensor.name, tensor.unreadable);
  }
  for (const ValueDef& input : model.inputs) {
    if (values_.contains(input.name)) continue;  // files before IR 4 list initializers too
    const bool may_be_image = !input.dims || input.dims->size() == 4;
    if (input.name == "data" || (main_input_.empty() && may_be_image)) main_input_ = input.name;
  }
}

Graph Importer::run() {
  std::set<std::string_view> inputs;
  for (const ValueDef& input : model_.inputs) {
    if (!inputs.insert(input.name).second)
      throw Error(fmt::format("input '{}' is given twice", input.name));
    if (!values_.contains(input.name)) add_input(input);
  }
  for (std::size_t i = 0; i < model_.nodes.size(); ++i) {
    const NodeDef& node = model_.nodes[i];
    import_node(node, fmt::format("node {} '{}'", i, node.name));
  }
  if (!blockers_.empty()) blockers_.raise();
  std::vector<NodeId> outputs;
  for (const ValueDef& output : model_.outputs) {
    try {
      outputs.push_back(real(value(output.name)));
    } catch (const Error& error) {
      throw error.at(fmt::format("output '{}'", output.name));
    }
  }
  if (outputs.empty()) throw Error("no outputs: the network delivers nothing");
  graph_.set_outputs(std::move(outputs));
  const Graph graph = is_quantized(graph_) ? fuse_quantized(graph_) : prune(graph_);
  return with_batch(graph, options_.batch);
}

void Importer::add_input(const ValueDef& input) {
  Value& value = values_[input.name];
  try {
    value.node = input_node(input);
  } catch (const Error& error) {
    blockers_.add("", fmt::format("input '{}'", input.name), error);
  }
}

NodeId Importer::input_node(const ValueDef& input) {
  if (!input.unreadable.empty()) throw Error(input.unreadable, ErrorKind::unsupported);
  if (input.dtype != DType::f32 && input.dtype != DType::f16 && input.dtype != DType::f64) {
    throw Error(fmt::format("elements are {}, supported is floating point", to_string(input.dtype)),
                ErrorKind::unsupported);
  }
  return graph_.add(input.name, Input{input_shape(input)});
}

// With the batch that the file fixes, which Reshape may repeat; `run` sets the one asked for.
Shape Importer::input_shape(const ValueDef& input) const {
  std::vector<std::int64_t> dims = input.dims.value_or(std::vector<std::int64_t>{});
  if (input.name == main_input_ && (!input.dims || dims.size() == 4))
    return image_input_shape(std::move(dims), options_);
  const std::string found = fmt::format("shape [{}]", fmt::join(dims, ","));
  if (main_input_.empty() && options_.image_shape)
    throw Error(found + ", expected [N,C,H,W]: an image shape was given");
  if (!dims.empty() && dims[0] < 0) dims[0] = 1;
  if (dims.empty() || std::ranges::any_of(dims, [](std::int64_t dim) { return dim < 0; }))
    throw Error(found + " in the file, expected all but the batch to be fixed");
  return Shape(std::move(dims));
}

void Importer::import_node(const NodeDef& def, const std::string& place) {
  Value result;  // unknown where the rule fails, so that what else is wrong is found too
  try {
    result = import_known_or_computed(def);
  } catch (const UnknownValue&) {
    blockers_.count_left_out(def.op);
  } catch (const std::exception& exception) {
    const Error error = as_error(exception);
    if (error.kind() == ErrorKind::environment)
      throw error.at(fmt::format("{} ({})", place, def.op));
    blockers_.add(def.op, place, error);
  }
  try {
    define(def, std::move(result));
  } catch (const Error& error) {
    blockers_.add(def.op, place, error);
  }
}

Value Importer::import_known_or_computed(const NodeDef& def) {
  const OperatorRule& rule = find_rule(def);
  if (def.outputs.empty() || def.outputs[0].empty()) throw Error("no output");
  NodeImport node(*this, def, def.name.empty() ? def.outputs[0] : def.name);
  Value result = rule.import(node);
  node.expect_no_others();
  if (!result.known) return result;
  if (result.name.empty()) result.name = def.outputs[0];
  if (result.known.use_count() == 1) computed_bytes_ += result.known->size_bytes();
  if (computed_bytes_ > kMostKnownBytes)
    throw Error("values computed from stored ones fill more than 2 GiB");
  return result;
}

void Importer::define(const NodeDef& def, Value value) {
  for (std::size_t i = 0; i < def.outputs.size(); ++i) {
    const std::string& name = def.outputs[i];
    if (name.empty()) continue;
    if (values_.contains(name) || unavailable_.contains(name))
      throw Error(fmt::format("a second value '{}'", name));
    // Without a first value there is no second one, and nothing to say of it.
    if (i == 0 || (!value.node && !value.known)) {
      values_.emplace(name, value);
    } else {
      unavailable_.insert(name);
    }
  }
}

Value& Importer::value(const std::string& name) {
  const auto found = values_.find(name);
  if (const auto why = unreadable_.find(name); why != unreadable_.end())
    throw Error(why->second, ErrorKind::unsupported).at(fmt::format("initializer '{}'", name));
  if (found != values_.end()) {
    if (!found->second.node && !found->second.known) throw UnknownValue();
    return found->second;
  }
  if (unavailable_.contains(name)) {
    throw Error(fmt::format("'{}' is a second output, which operators do not deliver here", name),
                ErrorKind::unsupported);
  }
  std::vector<std::string_view> names;
  for (const auto& [known, value] : values_) {
    if (names.size() < kMostCompared) names.emplace_back(known);
  }
  const std::string_view nearest = nearest_name(name, names);
  throw Error(fmt::format("no node before it delivers '{}'{}", name,
                          nearest.empty() ? "" : fmt::format("; did you mean '{}'?", nearest)));
}

NodeId Importer::real(Value& value) {
  if (!value.node) value.node = constant(value.name, to_real(value), std::nullopt);
  return *value.node;
}

NodeId Importer::constant(const std::string& name, TensorPtr value,
                          std::optional<QuantParams> quant) {
  const auto taken = graph_.find(name);
  if (taken && graph_.as_constant(*taken) != nullptr && graph_[*taken].type.quant == quant &&
      identical(graph_.value(*taken), *value))
    return *taken;
  return graph_.constant(free_name(name), std::move(value), std::move(quant));
}

std::string Importer::free_name(const std::string& name) {
  if (!name.empty() && !graph_.find(name)) return name;
  for (std::int64_t& number = numbers_[name];;) {
    std::string numbered = fmt::format("{}_{}", name, ++number);
    if (!graph_.find(numbered)) return numbered;
  }
}

}  // namespace qbench::onnx
