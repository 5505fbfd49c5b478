#include "harness/model/model.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "engine/core/error.h"
#include "engine/core/hash.h"
#include "engine/graph/list_values.h"
#include "engine/graph/text.h"
#include "harness/model/precision.h"
#include "harness/model/zoo_source.h"

namespace qbench {

namespace {

// Rank 0 where the network reads anything but one input [N,C,H,W].
Shape image_shape_of(const Graph& graph) {
  const std::vector<NodeId> inputs = graph.inputs();
  if (inputs.size() != 1) return Shape(std::vector<std::int64_t>{});
  const Shape& shape = graph[inputs.front()].type.shape;
  if (shape.rank() != 4) return Shape(std::vector<std::int64_t>{});
  return {shape[1], shape[2], shape[3]};
}

bool all_equal(const std::array<float, 3>& values) {
  return values[0] == values[1] && values[1] == values[2];
}

}  // namespace

bool is_quantized(const Graph& graph) {
  return std::ranges::any_of(graph.nodes(),
                             [](const Node& node) { return node.type.quant.has_value(); });
}

Shape usual_image_shape(std::string_view model_name) {
  const ZooModel* known = find_zoo_model(model_name);
  if (known == nullptr) return {3, 224, 224};
  return Shape({known->image_shape.begin(), known->image_shape.end()});
}

Graph import_network(const ModelFiles& files, const ImportOptions& options) {
  if (is_zoo(files.symbol)) return import_zoo(files, options);
  ImportOptions completed = options;
  if (!completed.usual_shape) completed.usual_shape = usual_image_shape("");
  return import_model(files, completed);
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

LoadedModel load_model(const ModelFiles& files, const ImportOptions& options) {
  LoadedModel model;
  ImportOptions noting = options;
  noting.notices = &model.notices;
  Graph imported = import_network(files, noting);
  model.image_shape = image_shape_of(imported);
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

Preprocess preprocess_for(LoadedModel& model, const PixelScale& scale) {
  const Shape& image = model.image_shape;
  if (image.rank() == 0) {
    throw Error(fmt::format("the network reads {}, expected one input of images [N,C,H,W]",
                            list_values(model.graph, model.graph.inputs())),
                ErrorKind::unsupported);
  }
  if (image[0] != 1 && image[0] != 3 && (image[2] == 1 || image[2] == 3)) {
    throw Error(fmt::format("the network reads {}, which looks like channels last, expected "
                            "[N,C,H,W]",
                            list_values(model.graph, model.graph.inputs())),
                ErrorKind::unsupported);
  }
  Preprocess preprocess{.channels = static_cast<int>(image[0]),
                        .height = static_cast<int>(image[1]),
                        .width = static_cast<int>(image[2]),
                        .rgb_mean = scale.mean,
                        .rgb_std = scale.std};
  check(preprocess);
  if (image[0] == 1 && !(all_equal(scale.mean) && all_equal(scale.std))) {
    model.notices.push_back(fmt::format(
        "a network on grey images takes the first mean {} and the first std {}, found {} and {}",
        scale.mean[0], scale.std[0], fmt::join(scale.mean, ","), fmt::join(scale.std, ",")));
  }
  return preprocess;
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
