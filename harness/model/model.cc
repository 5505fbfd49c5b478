#include "harness/model/model.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "engine/core/error.h"
#include "engine/core/hash.h"
#include "engine/graph/text.h"
#include "harness/model/precision.h"
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

std::size_t bytes_with_data(const std::string& file) {
  const auto size_of_file = [](const std::string& path) {
    std::error_code failure;
    const std::uintmax_t size = std::filesystem::file_size(path, failure);
    if (failure) throw Error(path + ": cannot be read");
    return static_cast<std::size_t>(size);
  };
  std::size_t bytes = size_of_file(file);
  for (const std::string& data : data_files(file)) bytes += size_of_file(data);
  return bytes;
}

std::string hash_with_data(const std::string& file) {
  const std::vector<std::string> others = data_files(file);
  if (others.empty()) return hash_file(file);
  Hasher hasher;
  hasher.add(hash_file(file));
  for (const std::string& data : others) hasher.add(hash_file(data));
  return hasher.hex();
}

LoadedModel load_model(const ModelFiles& files, const Shape& image_shape, std::uint64_t seed) {
  Graph imported = import_network(files, image_shape, seed);
  LoadedModel model;
  model.hash = hash_graph(imported);
  model.quantized = is_quantized(imported);
  for (const std::string& file : {files.symbol, files.params}) {
    if (!file.empty() && !is_zoo(file)) model.file_bytes += bytes_with_data(file);
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

void check_can_run(const Backend& backend, const CompileOptions& options) {
  const auto fail = [](const std::string& message) {
    throw Error(message, ErrorKind::unsupported);
  };
  if (const std::optional<std::string> reason = backend.unavailable())
    fail(fmt::format("backend {} cannot run here: {}", backend.name(), *reason));
  const std::vector<FloatMath> maths = backend.float_maths();
  if (std::ranges::count(maths, options.float_math) == 0) {
    fail(fmt::format("backend {} has no {}, it has {}", backend.name(),
                     to_string(options.float_math), fmt::join(precisions_of(backend), ", ")));
  }
  const int devices = backend.devices();
  if (options.device < 0 || options.device >= devices) {
    fail(fmt::format("backend {} has {} device{}, found number {}, expected 0{}", backend.name(),
                     devices, devices == 1 ? "" : "s", options.device,
                     devices > 1 ? fmt::format(" to {}", devices - 1) : ""));
  }
}

std::unique_ptr<Executable> compile_model(const Graph& graph, const Backend& backend,
                                          int batch_size, const CompileOptions& options) {
  check_can_run(backend, options);
  return backend.compile(with_batch(graph, batch_size), options);
}

}  // namespace qbench
