// qbench export: one model, of files or built in, written as files.

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "engine/core/error.h"
#include "engine/core/json_text.h"
#include "engine/quantizer/split_sums.h"
#include "harness/cli/commands.h"
#include "harness/cli/model_options.h"
#include "harness/model/model.h"

namespace qbench {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kSymbolSuffix = "-symbol.json";

ModelFiles files_for(const std::string& output) {
  if (output.empty()) throw Error("--output is missing");
  if (output.ends_with(".onnx")) return {output, {}};
  std::string prefix = output;
  if (prefix.ends_with(kSymbolSuffix)) prefix.resize(prefix.size() - kSymbolSuffix.size());
  return {prefix + std::string(kSymbolSuffix), prefix + "-0000.params"};
}

Json describe(const ModelFiles& files) {
  Json written = Json::array();
  for (const std::string& file : {files.symbol, files.params}) {
    if (!file.empty())
      written.push_back({{"file", file}, {"bytes", std::filesystem::file_size(file)}});
  }
  return written;
}

}  // namespace

int export_command(std::span<const std::string> arguments, const Streams& streams) {
  ModelOptions model;
  model.batch_size = 1;
  std::string output;
  bool split = false;
  bool json = false;
  Options options("qbench export --output PREFIX|FILE.onnx [options]",
                  "Writes a model, FP32 or quantized, as PREFIX-symbol.json and "
                  "PREFIX-0000.params or as FILE.onnx. A built-in network without a parameter "
                  "file gets random weights.");
  model.add_to(options, "network-output");
  options.section("Output");
  options.add("output", output, "PATH", "PREFIX of the MXNet pair, or FILE.onnx");
  options.add("split-sums", split,
              "INT8 residual sums as operators of their own: one rounding more, but INT8 in "
              "engines that cannot add inside a convolution");
  options.add("json", json, "print one JSON object");
  if (!options.parse(arguments)) {
    fmt::print(streams.out, "{}", options.help());
    return kExitOk;
  }
  if (options.given("model")) model.use_documented(options);
  const ModelFiles files = files_for(output);
  std::vector<std::string> warnings;
  ImportOptions import_options = model.import_options();
  import_options.notices = &warnings;
  Graph graph = import_network(model.files(), import_options);
  if (split) graph = split_sums(graph);
  export_model(with_batch(graph, model.batch_size), files);

  // ONNX has no such operator: the file ends in what it reads.
  const bool without_detection =
      holds_parameters(files.symbol) && std::ranges::any_of(graph.nodes(), [](const Node& node) {
        return std::holds_alternative<MultiBoxDetection>(node.op);
      });
  const Json written = describe(files);
  if (json) {
    const Json result{{"model", model.name()},
                      {"files", written},
                      {"ends_before_detection", without_detection},
                      {"warnings", warnings}};
    fmt::print(streams.out, "{}\n", json_text(result, 2));
    return kExitOk;
  }
  for (const auto& file : written) {
    fmt::print(streams.out, "{}  ({:.1f} MB)\n", file["file"].get<std::string>(),
               file["bytes"].get<double>() / 1e6);
  }
  if (without_detection) {
    fmt::print(streams.out,
               "ends in class scores, box offsets and anchors: ONNX has no "
               "MultiBoxDetection\n");
  }
  print_warnings(streams.out, warnings);
  return kExitOk;
}

}  // namespace qbench
