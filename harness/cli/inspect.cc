// qbench inspect: what a model is made of, and where its time goes.

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>

#include "engine/core/error.h"
#include "engine/core/json_text.h"
#include "engine/graph/text.h"
#include "harness/cli/commands.h"
#include "harness/cli/model_options.h"
#include "harness/cli/profile.h"
#include "harness/model/model.h"

namespace qbench {
namespace {

using Json = nlohmann::ordered_json;

struct Arguments {
  ModelOptions model;
  BackendOptions backend;
  PrecisionOption precision;
  bool graph = false;
  bool imported = false;
  bool parameters = false;
  bool profile = false;
  int repeats = 20;
  bool json = false;
};

void declare(Options& options, Arguments& a) {
  a.model.batch_size = 1;
  a.model.add_to(options);
  options.section("What to show (default: a summary)");
  options.add("graph", a.graph, "the graph as text, after the passes");
  options.add("imported", a.imported, "with --graph: as it was read from the file");
  options.add("parameters", a.parameters, "every parameter with type, shape and range");
  options.add("profile", a.profile, "time, kernel, speed and limit of every step");
  options.add("repeats", a.repeats, "runs the profile takes its medians from");
  options.add("json", a.json, "print one JSON object");
  a.backend.add_to(options);
  a.precision.add_to(options);
}

std::map<std::string, int> count_operators(const Graph& graph) {
  std::map<std::string, int> counts;
  for (const Node& node : graph.nodes()) ++counts[std::string(op_name(node.op))];
  return counts;
}

Json summary_json(const Arguments& a, const LoadedModel& model) {
  const Graph& graph = model.graph;
  std::int64_t parameters = 0;
  for (const Node& node : graph.nodes()) {
    if (std::holds_alternative<Constant>(node.op)) parameters += node.type.shape.elements();
  }
  const auto values_json = [&graph](const std::vector<NodeId>& ids) {
    Json values = Json::array();
    for (const NodeId id : ids)
      values.push_back(graph[id].name + " " + to_string(graph[id].type.shape));
    return values;
  };
  Json passes = Json::array();
  for (const PassResult& pass : model.passes) {
    if (pass.changed) passes.push_back(pass.pass);
  }
  return {{"model", a.model.name()},
          {"precision", a.precision.name(model.quantized)},
          {"hash", model.hash},
          {"inputs", values_json(graph.inputs())},
          {"outputs", values_json(graph.outputs())},
          {"parameters", parameters},
          {"parameter_bytes", constant_bytes(graph)},
          {"gmac", static_cast<double>(count_macs(graph)) / 1e9},
          {"operators", count_operators(graph)},
          {"passes", passes},
          {"warnings", model.notices}};
}

void print_summary(std::FILE* out, const Json& j) {
  fmt::print(out, "{} {}\n", j["model"].get<std::string>(), j["precision"].get<std::string>());
  for (const char* side : {"inputs", "outputs"}) {
    for (const auto& value : j[side]) fmt::print(out, "{:<12}{}\n", side, value.get<std::string>());
  }
  fmt::print(out, "parameters  {} ({:.1f} MB)\n", j["parameters"].get<std::int64_t>(),
             j["parameter_bytes"].get<double>() / 1e6);
  fmt::print(out, "work        {:.3f} GMAC an image\n", j["gmac"].get<double>());
  for (const auto& [op, count] : j["operators"].items())
    fmt::print(out, "{:>6} x {}\n", count.get<int>(), op);
  for (const auto& pass : j["passes"]) fmt::print(out, "pass        {}\n", pass.get<std::string>());
  print_warnings(out, j["warnings"].get<std::vector<std::string>>());
}

// Smallest and largest value as they are stored.
std::pair<double, double> stored_range(const Tensor& tensor) {
  const auto range = [](auto values) {
    const auto [low, high] = std::ranges::minmax_element(values);
    return std::pair<double, double>(*low, *high);
  };
  if (tensor.elements() == 0) return {0, 0};
  switch (tensor.dtype()) {
    case DType::f32:
      return range(tensor.data<float>());
    case DType::s8:
      return range(tensor.data<std::int8_t>());
    case DType::u8:
      return range(tensor.data<std::uint8_t>());
    case DType::s32:
      return range(tensor.data<std::int32_t>());
    case DType::s64:
      return range(tensor.data<std::int64_t>());
    case DType::f64:
      return range(tensor.data<double>());
    case DType::f16:
      break;
  }
  return {0, 0};
}

Json parameters_json(const Graph& graph) {
  Json list = Json::array();
  for (const Node& node : graph.nodes()) {
    const auto* constant = std::get_if<Constant>(&node.op);
    if (constant == nullptr) continue;
    const auto [low, high] = stored_range(*constant->value);
    Json entry = {{"name", node.name},
                  {"dtype", to_string(node.type.dtype)},
                  {"shape", node.type.shape.dims()},
                  {"min", low},
                  {"max", high}};
    if (node.type.quant) {
      const auto [least, most] = std::ranges::minmax(node.type.quant->scales);
      entry["scale_min"] = least;
      entry["scale_max"] = most;
    }
    list.push_back(std::move(entry));
  }
  return list;
}

void print_parameters(std::FILE* out, const Json& list) {
  for (const auto& p : list) {
    fmt::print(out, "{:<36} {} {:<16} {:>11.5g} .. {:<11.5g}", p["name"].get<std::string>(),
               p["dtype"].get<std::string>(), p["shape"].dump(), p["min"].get<double>(),
               p["max"].get<double>());
    if (p.contains("scale_min")) {
      fmt::print(out, " scale {:.3g}..{:.3g}", p["scale_min"].get<double>(),
                 p["scale_max"].get<double>());
    }
    fmt::print(out, "\n");
  }
}

}  // namespace

int inspect_command(std::span<const std::string> arguments, const Streams& streams) {
  Arguments a;
  Options options("qbench inspect --symbol-file FILE [--param-file FILE] [options]",
                  "Shows what a model is made of: graph, parameters, and the time of each layer. "
                  "Without a parameter file the parameters are random.");
  declare(options, a);
  if (!options.parse(arguments)) {
    fmt::print(streams.out, "{}", options.help());
    return kExitOk;
  }
  if (options.given("model")) a.model.use_documented(options);
  const ModelFiles files = a.model.files();
  LoadedModel model = load_model(files, a.model.import_options());
  const FloatMath math = a.precision.math(model.quantized);
  if (a.imported) model.graph = import_network(files, a.model.import_options());

  Json result = summary_json(a, model);
  if (a.parameters) result["parameter_list"] = parameters_json(model.graph);
  std::optional<Profile> profile;
  if (a.profile) {
    profile = take_profile(model.graph, a.backend.place(), math, a.model.batch_size, a.repeats);
    result["profile"] = profile_json(*profile);
  }
  if (a.graph) result["graph"] = print_graph(model.graph);
  if (a.json) {
    fmt::print(streams.out, "{}\n", json_text(result, 2));
    return kExitOk;
  }
  if (a.parameters) print_parameters(streams.out, result["parameter_list"]);
  if (profile) print_profile(streams.out, *profile);
  if (a.graph) fmt::print(streams.out, "{}", result["graph"].get<std::string>());
  if (!a.parameters && !a.profile && !a.graph) print_summary(streams.out, result);
  return kExitOk;
}

}  // namespace qbench
