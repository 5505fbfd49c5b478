#include "harness/cli/model_options.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <system_error>
#include <thread>

#include "engine/core/error.h"
#include "engine/core/nearest_name.h"
#include "harness/model/zoo_source.h"

namespace qbench {
namespace {

constexpr std::string_view kSymbolSuffix = "-symbol.json";

std::string symbol_of(const std::string& model) {
  return "model/" + model + std::string(kSymbolSuffix);
}

int core_count() { return std::max(1, static_cast<int>(std::thread::hardware_concurrency())); }

Error no_such_model(const std::string& name) {
  std::vector<std::string_view> names;
  for (const ZooModel& built_in : zoo()) names.push_back(built_in.name);
  const std::string_view nearest = nearest_name(name, names);
  return Error(fmt::format("no file {}, and no built-in network '{}'{}", symbol_of(name), name,
                           nearest.empty() ? "" : fmt::format(", did you mean '{}'?", nearest)));
}

}  // namespace

Shape parse_image_shape(const std::string& text) {
  std::vector<std::int64_t> dims;
  const char* at = text.data();
  const char* const end = at + text.size();
  while (at != end) {
    std::int64_t dim = 0;
    const auto [next, failure] = std::from_chars(at, end, dim);
    const bool separated = next == end || (*next == ',' && next + 1 != end);
    if (failure != std::errc() || dim < 1 || dim > 1 << 20 || !separated) break;
    dims.push_back(dim);
    at = next == end ? end : next + 1;
  }
  if (at != end || dims.size() != 3) {
    throw Error(fmt::format(
        "--image-shape is '{}', expected channels,height,width such as 3,224,224", text));
  }
  return Shape(dims);
}

void ModelOptions::add_to(Options& options, const std::string& output_option) {
  options.section("Model");
  options.add("model", model, "NAME", "use model/NAME-symbol.json and model/NAME-0000.params");
  options.add("symbol-file", symbol_file, "FILE", "the network, FP32 or quantized");
  options.add("param-file", param_file, "FILE", "its parameters");
  options.add("image-shape", image_shape, "C,H,W",
              "shape of one image, in place of what the file says");
  options.add("rgb-mean", rgb_mean,
              "subtracted from each pixel's R, G, B (0..255); one number: from all of them");
  options.add("rgb-std", rgb_std, "then divides them");
  options.add("batch-size", batch_size, "images in one run of the network");
  options.add(output_option, output, "NAME", "of several outputs, the one to take");
  options.add("until", until, "NODE", "end the network at this node, whatever follows it");
  options.add("label-name", label_name, "NAME",
              "accepted for old command lines; labels are found by their use");
  options.section("Built-in networks ('qbench list built-in')");
  options.add("width", width, "factor of the channel counts");
  options.add("classes", classes, "classes to tell apart; 0: as documented");
  options.add("random-weights", random_weights, "run without trained parameters");
  options.add("seed", seed, "of random parameters");
}

void ModelOptions::use_documented(const Options& options) {
  const ZooModel* known = find_zoo_model(name());
  if (known == nullptr) return;
  // Mean and deviation belong together: who gives one of them means another preprocessing.
  if (!options.given("rgb-mean") && !options.given("rgb-std")) {
    rgb_mean = known->rgb_mean;
    rgb_std = known->rgb_std;
  }
}

ModelFiles ModelOptions::files() const {
  ModelFiles files{symbol_file, param_file};
  if (files.symbol.empty() && !model.empty()) {
    files = {symbol_of(model), "model/" + model + "-0000.params"};
    const bool adapted = width != 1 || classes != 0;
    const ZooModel* built_in = find_zoo_model(model);
    if (built_in != nullptr && (adapted || !std::filesystem::exists(files.symbol))) {
      files = {to_string({built_in, {.classes = classes, .width = width}}), {}};
    }
    if (!param_file.empty()) files.params = param_file;
    if (built_in == nullptr && !std::filesystem::exists(files.symbol)) throw no_such_model(model);
  }
  if (files.symbol.empty())
    throw Error("no model: give --symbol-file and --param-file, or --model");
  return files;
}

void ModelOptions::expect_weights(const ModelFiles& files) const {
  if (!files.params.empty() || random_weights || holds_parameters(files.symbol)) return;
  if (is_zoo(files.symbol) && symbol_file.empty()) {
    throw Error(fmt::format("no {}: the built-in network needs --param-file, or --random-weights",
                            symbol_of(model)));
  }
  throw Error("--param-file is missing; only --benchmark and --random-weights run without");
}

std::string ModelOptions::name() const {
  if (!model.empty()) return model;
  std::string file = std::filesystem::path(symbol_file).filename().string();
  if (file.ends_with(kSymbolSuffix)) file.resize(file.size() - kSymbolSuffix.size());
  if (holds_parameters(file)) file = std::filesystem::path(file).stem().string();
  return file;
}

ImportOptions ModelOptions::import_options() const {
  ImportOptions options{.image_shape = {}, .seed = static_cast<std::uint64_t>(seed)};
  if (!image_shape.empty()) options.image_shape = parse_image_shape(image_shape);
  options.usual_shape =
      usual_shape.empty() ? usual_image_shape(name()) : parse_image_shape(usual_shape);
  options.output = output;
  options.until = until;
  return options;
}

void print_warnings(std::FILE* out, std::span<const std::string> warnings) {
  for (const std::string& warning : warnings) fmt::print(out, "warning     {}\n", warning);
}

int BackendOptions::thread_count() const {
  if (threads < 0) throw Error(fmt::format("--num-threads is {}, expected 0 or more", threads));
  return threads == 0 ? core_count() : threads;
}

void DataOptions::add_to(Options& options) {
  options.section("Data");
  options.add("data-nthreads", decode_threads, "decoding threads, at most one for each core");
  options.add("shuffle-dataset", shuffle,
              "shuffle in windows of 64 MiB, as ImageRecordIter does; calibration on class folders "
              "does so unless told not to");
  options.add("shuffle-seed", shuffle_seed, "seed of that order");
  options.add("shuffle-chunk-seed", shuffle_chunk_seed,
              "accepted for old command lines; has no effect");
}

int DataOptions::thread_count() const { return std::clamp(decode_threads, 0, core_count()); }

}  // namespace qbench
