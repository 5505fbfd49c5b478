#include "harness/model/zoo_source.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <memory>
#include <system_error>
#include <utility>
#include <vector>

#include "engine/core/error.h"
#include "engine/core/nearest_name.h"
#include "engine/formats/check_numbers.h"
#include "engine/formats/parameters.h"
#include "engine/formats/params.h"
#include "engine/formats/unknown_name.h"
#include "engine/zoo/bind_parameters.h"

namespace qbench {
namespace {

constexpr std::string_view kScheme = "zoo:";

const ZooModel& find_model(std::string_view name) {
  if (const ZooModel* model = find_zoo_model(name)) return *model;
  std::vector<std::string_view> names;
  for (const ZooModel& model : zoo()) names.push_back(model.name);
  const std::string_view nearest = nearest_name(name, names);
  throw Error(fmt::format("no built-in network '{}'{}", name,
                          nearest.empty() ? "; 'qbench list built-in' names them"
                                          : fmt::format("; the nearest is '{}'", nearest)));
}

template <class Number>
Number number_from(std::string_view key, std::string_view text) {
  Number number{};
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failure != std::errc() || end != text.data() + text.size())
    throw Error(fmt::format("{} is '{}', expected a number", key, text));
  return number;
}

void read_option(std::string_view option, ZooOptions& options) {
  const std::size_t equals = std::min(option.find('='), option.size());
  const std::string_view key = option.substr(0, equals);
  const std::string_view value = option.substr(std::min(equals + 1, option.size()));
  if (key == "width") {
    options.width = number_from<double>(key, value);
  } else if (key == "classes") {
    options.classes = number_from<std::int64_t>(key, value);
  } else {
    throw Error(fmt::format("option '{}', expected width or classes", key));
  }
}

std::shared_ptr<const Tensor> as_f32(const NamedArray& array, const std::string& file) {
  try {
    check_numbers(array.name, *array.value, Infinity::refused);
  } catch (const Error& error) {
    throw error.at(file);
  }
  try {
    return to_f32(array.value);
  } catch (const Error& error) {
    throw error.at(fmt::format("{}: array '{}'", file, array.name));
  }
}

// The network up to the one value that was asked for, if one was.
Graph ending_as_asked(const Graph& graph, const ModelFiles& files, const ImportOptions& options) {
  const std::string& name = options.output.empty() ? options.until : options.output;
  if (name.empty()) return graph;
  std::vector<std::string_view> names;
  std::optional<NodeId> found;
  for (NodeId id = 0; id < graph.size(); ++id) {
    const bool is_output = std::ranges::count(graph.outputs(), id) > 0;
    if (graph.as_constant(id) != nullptr || (!options.output.empty() && !is_output)) continue;
    names.push_back(graph[id].name);
    if (graph[id].name == name) found = id;
  }
  if (!found)
    throw unknown_name(options.output.empty() ? "node" : "output", name, names).at(files.symbol);
  Graph ended = graph;
  ended.set_outputs({*found});
  return prune(ended);
}

}  // namespace

bool is_zoo(std::string_view symbol) { return symbol.starts_with(kScheme); }

ZooSource parse_zoo(std::string_view symbol) {
  std::string_view rest = symbol.substr(kScheme.size());
  ZooSource source;
  try {
    const std::string_view name = rest.substr(0, rest.find(','));
    source.model = &find_model(name);
    rest.remove_prefix(name.size());
    while (!rest.empty()) {
      rest.remove_prefix(1);
      const std::string_view option = rest.substr(0, rest.find(','));
      read_option(option, source.options);
      rest.remove_prefix(option.size());
    }
  } catch (const Error& error) {
    throw error.at(std::string(symbol));
  }
  return source;
}

std::string to_string(const ZooSource& source) {
  std::string text = fmt::format("{}{}", kScheme, source.model->name);
  if (source.options.width != 1) text += fmt::format(",width={}", source.options.width);
  if (source.options.classes != 0) text += fmt::format(",classes={}", source.options.classes);
  return text;
}

Graph import_zoo(const ModelFiles& files, const ImportOptions& options) {
  ZooSource source = parse_zoo(files.symbol);
  if (options.image_shape) source.options.image_shape = *options.image_shape;
  source.options.seed = options.seed;
  ZooNetwork network = build_zoo_model(*source.model, source.options);
  if (files.params.empty()) return ending_as_asked(network.graph, files, options);
  NamedTensors arrays;
  for (NamedArray& array : read_params(files.params)) {
    if (array.value != nullptr) array.value = as_f32(array, files.params);
    if (!arrays.emplace(array.name, std::move(array.value)).second)
      throw Error(fmt::format("{}: two arrays are named '{}'", files.params, array.name));
  }
  const Graph graph = bind_parameters(network, arrays, files.params);
  try {
    check_numbers(graph);
  } catch (const Error& error) {
    throw error.at(files.params);
  }
  return ending_as_asked(graph, files, options);
}

}  // namespace qbench
