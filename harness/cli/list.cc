// qbench list: what this build can do, straight from the lists the code is made of.

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <nlohmann/json.hpp>

#include "datasets/datasets.h"
#include "engine/calibration/observers.h"
#include "engine/core/error.h"
#include "engine/core/json_text.h"
#include "engine/formats/formats.h"
#include "engine/passes/passes.h"
#include "engine/zoo/zoo.h"
#include "harness/cli/commands.h"
#include "harness/cli/options.h"
#include "harness/cli/text.h"
#include "harness/suite/backend_facts.h"
#include "harness/suite/suite.h"
#include "reports/draw/exporters.h"
#include "reports/record/metrics.h"

namespace qbench {
namespace {

using Json = nlohmann::ordered_json;

Json entry(std::string_view name, std::string_view description) {
  return {{"name", name}, {"description", description}};
}

std::string describe(const ZooModel& model) {
  const Graph graph = build_zoo_model(model).graph;
  std::int64_t parameters = 0;
  for (const Node& node : graph.nodes()) {
    if (std::holds_alternative<Constant>(node.op)) parameters += node.type.shape.elements();
  }
  return fmt::format("{}, {}; image {}, {:.1f} million parameters", model.source, model.description,
                     fmt::join(model.image_shape, ","), static_cast<double>(parameters) / 1e6);
}

Json lists() {
  Json all;
  for (const std::string& suite : list_suites(suite_directories())) {
    all["suites"].push_back(
        entry(suite, load_suite(find_suite(suite, suite_directories())).description));
  }
  for (const BackendFacts& backend : known_backends()) {
    all["backends"].push_back(entry(backend.name, describe(backend)));
  }
  all["calibration modes"].push_back(entry("none", "ranges of each image, found at run time"));
  for (const CalibrationMode& mode : calibration_modes()) {
    all["calibration modes"].push_back(entry(mode.name, mode.description));
  }
  for (const Format& format : formats())
    all["model formats"].push_back(entry(format.name, format.description));
  for (const DatasetKind& kind : dataset_kinds()) {
    all["data sets"].push_back(entry(kind.syntax, kind.description));
  }
  for (const ZooModel& model : zoo()) {
    all["built-in networks"].push_back(entry(model.name, describe(model)));
  }
  for (const Pass& pass : fp32_passes())
    all["passes"].push_back(entry(pass.name, pass.description));
  for (const Exporter& exporter : exporters()) {
    all["report formats"].push_back(entry(exporter.name, exporter.description));
  }
  for (const MetricInfo& metric : metrics()) {
    all["metrics"].push_back(
        entry(metric.name, fmt::format("{} [{}]", metric.meaning, metric.unit)));
  }
  return all;
}

}  // namespace

int list_command(std::span<const std::string> arguments, const Streams& streams) {
  std::vector<std::string> kinds;
  bool json = false;
  Options options(
      "qbench list [KIND...] [options]",
      "Lists suites, backends, calibration modes, formats, data sets, passes and metrics.");
  options.positional("KIND", kinds, "only lists whose title begins like this");
  options.add("json", json, "print one JSON object");
  if (!options.parse(arguments)) {
    fmt::print(streams.out, "{}", options.help());
    return kExitOk;
  }
  Json all = lists();
  if (!kinds.empty()) {
    Json chosen = Json::object();
    for (const auto& [title, entries] : all.items()) {
      for (const std::string& kind : kinds) {
        if (title.starts_with(kind)) chosen[title] = entries;
      }
    }
    if (chosen.empty()) {
      std::string titles;
      for (const auto& item : all.items()) titles += (titles.empty() ? "" : ", ") + item.key();
      throw Error(
          fmt::format("no list begins with '{}', expected one of: {}", kinds.front(), titles));
    }
    all = std::move(chosen);
  }
  if (json) {
    fmt::print(streams.out, "{}\n", json_text(all, 2));
    return kExitOk;
  }
  constexpr std::size_t kColumn = 28;
  for (const auto& [title, entries] : all.items()) {
    fmt::print(streams.out, "{}:\n", title);
    for (const auto& e : entries) {
      fmt::print(
          streams.out, "{}",
          two_columns(e["name"].get<std::string>(), e["description"].get<std::string>(), kColumn));
    }
  }
  return kExitOk;
}

}  // namespace qbench
