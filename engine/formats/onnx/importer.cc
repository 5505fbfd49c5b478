#include "engine/formats/onnx/importer.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <utility>

#include "engine/core/error.h"
#include "engine/core/nearest_name.h"

namespace qbench::onnx {
namespace {

constexpr std::size_t kMostCompared = 2000;  // names looked at for the nearest one
constexpr std::size_t kMostComputed = std::size_t{1} << 31;

std::array<std::span<const OperatorRule>, 4> all_rules() {
  return {layer_rules(), array_rules(), known_rules(), quantize_rules()};
}

const OperatorRule& find_rule(const NodeDef& node) {
  std::vector<std::string_view> supported;
  for (std::span<const OperatorRule> rules : all_rules()) {
    for (const OperatorRule& rule : rules) {
      if (rule.op == node.op && node.domain.empty()) return rule;
      supported.push_back(rule.op);
    }
  }
  std::ranges::sort(supported);
  const std::string of = node.domain.empty() ? "" : fmt::format(" of domain '{}'", node.domain);
  throw Error(fmt::format("operator '{}'{} is not supported; supported are {}", node.op, of,
                          fmt::join(supported, ", ")),
              ErrorKind::unsupported);
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
  }
  for (const ValueDef& input : model.inputs) {
    if (values_.contains(input.name)) continue;  // files before IR 4 list initializers too
    if (main_input_.empty() || input.name == "data") main_input_ = input.name;
  }
}

Graph Importer::run() {
  for (const ValueDef& input : model_.inputs) {
    if (!values_.contains(input.name)) add_input(input);
  }
  for (std::size_t i = 0; i < model_.nodes.size(); ++i) import_node(i);
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
  try {
    if (input.dtype != DType::f32 && input.dtype != DType::f16 && input.dtype != DType::f64) {
      throw Error(
          fmt::format("elements are {}, supported is floating point", to_string(input.dtype)),
          ErrorKind::unsupported);
    }
    values_[input.name].node = graph_.add(input.name, Input{input_shape(input)});
  } catch (const Error& error) {
    throw error.at(fmt::format("input '{}'", input.name));
  }
}

// With the batch that the file fixes, which Reshape may repeat; `run` sets the one asked for.
Shape Importer::input_shape(const ValueDef& input) const {
  std::vector<std::int64_t> dims = input.dims.value_or(std::vector<std::int64_t>{});
  const std::int64_t batch = dims.empty() || dims[0] < 0 ? 1 : dims[0];
  const bool takes_images = !input.dims || dims.size() == 4;
  if (input.name == main_input_ && options_.image_shape && takes_images) {
    dims = options_.image_shape->dims();
    dims.insert(dims.begin(), batch);
  }
  if (dims.empty()) throw Error("the file does not say its shape: an image shape is needed");
  dims[0] = batch;
  if (std::ranges::any_of(dims, [](std::int64_t dim) { return dim < 0; }))
    throw Error("the file leaves dimensions open: an image shape is needed");
  return Shape(std::move(dims));
}

void Importer::import_node(std::size_t position) {
  const NodeDef& def = model_.nodes[position];
  try {
    const OperatorRule& rule = find_rule(def);
    if (def.outputs.empty() || def.outputs[0].empty()) throw Error("no output");
    NodeImport node(*this, def, def.name.empty() ? def.outputs[0] : def.name);
    Value result = rule.import(node);
    node.expect_no_others();
    if (result.known) {
      if (result.name.empty()) result.name = def.outputs[0];
      computed_bytes_ += result.known->size_bytes();
      if (computed_bytes_ > kMostComputed)
        throw Error("values computed from stored ones fill more than 2 GiB");
    }
    if (!values_.emplace(def.outputs[0], std::move(result)).second)
      throw Error(fmt::format("a second value '{}'", def.outputs[0]));
    unavailable_.insert(def.outputs.begin() + 1, def.outputs.end());
  } catch (const Error& error) {
    // The graph names the node itself where inputs do not fit.
    const bool named = std::string_view(error.what()).starts_with("node '");
    throw named ? error : error.at(fmt::format("node {} '{}' ({})", position, def.name, def.op));
  }
}

Value& Importer::value(const std::string& name) {
  const auto found = values_.find(name);
  if (found != values_.end()) return found->second;
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
