#include "engine/formats/onnx/narrow.h"

#include <algorithm>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/formats/check_numbers.h"
#include "engine/formats/unknown_name.h"

namespace qbench::onnx {
namespace {

void keep_one_output(ModelDef& model, const std::string& name) {
  std::vector<std::string_view> names;
  for (const ValueDef& output : model.outputs) names.push_back(output.name);
  const auto found = std::ranges::find(model.outputs, name, &ValueDef::name);
  if (found == model.outputs.end()) throw unknown_name("output", name, names);
  model.outputs = {ValueDef(*found)};
}

// The name of a node stands for its first output.
std::string value_named(const ModelDef& model, const std::string& name) {
  std::vector<std::string_view> names;
  for (const NodeDef& node : model.nodes) {
    if (node.outputs.empty()) continue;
    if (node.name == name) return node.outputs[0];
    if (std::ranges::count(node.outputs, name) > 0) return name;
    names.push_back(node.name.empty() ? node.outputs[0] : node.name);
  }
  throw unknown_name("node", name, names);
}

// Names that the outputs depend on; nodes that deliver none of them are left out.
std::set<std::string> drop_unneeded_nodes(ModelDef& model) {
  std::set<std::string> read;
  for (const ValueDef& output : model.outputs) read.insert(output.name);
  std::vector<NodeDef> needed;
  for (auto node = model.nodes.rbegin(); node != model.nodes.rend(); ++node) {
    const bool is_read = std::ranges::any_of(
        node->outputs, [&](const std::string& name) { return read.contains(name); });
    if (!is_read) continue;
    read.insert(node->inputs.begin(), node->inputs.end());
    needed.push_back(std::move(*node));
  }
  std::ranges::reverse(needed);
  model.nodes = std::move(needed);
  return read;
}

}  // namespace

void narrow(ModelDef& model, const ImportOptions& options) {
  if (options.output.empty() && options.until.empty()) return;
  if (!options.output.empty()) keep_one_output(model, options.output);
  if (!options.until.empty()) {
    model.outputs = {
        {.name = value_named(model, options.until), .dtype = DType::f32, .dims = std::nullopt}};
  }
  const std::set<std::string> read = drop_unneeded_nodes(model);
  std::erase_if(model.inputs, [&](const ValueDef& input) { return !read.contains(input.name); });
}

void check_parameters(const ModelDef& model) {
  std::set<std::string_view> read;
  for (const NodeDef& node : model.nodes) read.insert(node.inputs.begin(), node.inputs.end());
  // Bounds and masks may be infinite: only the graph tells what a value is for.
  for (const NamedTensor& tensor : model.initializers) {
    if (tensor.value && read.contains(tensor.name))
      check_numbers(tensor.name, *tensor.value, Infinity::allowed);
  }
}

}  // namespace qbench::onnx
