#include "harness/model/model.h"

#include <algorithm>
#include <filesystem>

#include "engine/core/error.h"
#include "engine/graph/text.h"
#include "harness/model/zoo_source.h"

namespace qbench {

bool is_quantized(const Graph& graph) {
  return std::ranges::any_of(graph.nodes(),
                             [](const Node& node) { return node.type.quant.has_value(); });
}

Graph import_network(const ModelFiles& files, const Shape& image_shape, std::uint64_t seed) {
  if (is_zoo(files.symbol)) return import_zoo(files, image_shape, seed);
  return import_model(files, {.image_shape = image_shape, .batch = 1, .seed = seed});
}

LoadedModel load_model(const ModelFiles& files, const Shape& image_shape, std::uint64_t seed) {
  Graph imported = import_network(files, image_shape, seed);
  LoadedModel model;
  model.hash = hash_graph(imported);
  model.quantized = is_quantized(imported);
  for (const std::string& file : {files.symbol, files.params}) {
    if (!file.empty() && !is_zoo(file)) model.file_bytes += std::filesystem::file_size(file);
  }
  // A saved INT8 model went through the passes before it was quantized.
  if (model.quantized) {
    model.graph = std::move(imported);
  } else {
    model.graph = optimize(imported, {}, &model.passes);
    model.absorbed = find_absorbed(imported, model.graph);
  }
  return model;
}

ModelFiles quantized_files(const std::string& directory, const std::string& model,
                           const std::string& mode, int batches) {
  const std::string stem = (std::filesystem::path(directory) / (model + "-quantized")).string();
  const std::string suffix =
      mode == "none" ? "" : "-" + std::to_string(batches) + "batches-" + mode;
  return {stem + suffix + "-symbol.json", stem + "-0000.params"};
}

std::unique_ptr<Executable> compile_model(const Graph& graph, const Backend& backend,
                                          int batch_size, const CompileOptions& options) {
  return backend.compile(with_batch(graph, batch_size), options);
}

}  // namespace qbench
