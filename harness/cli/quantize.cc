// qbench quantize: one FP32 model in, a saved INT8 model out.

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <nlohmann/json.hpp>
#include <system_error>

#include "datasets/datasets.h"
#include "engine/calibration/observers.h"
#include "engine/core/error.h"
#include "engine/core/json_text.h"
#include "engine/zoo/zoo.h"
#include "harness/accuracy/task.h"
#include "harness/cli/commands.h"
#include "harness/cli/model_options.h"
#include "harness/cli/text.h"
#include "harness/model/calibration_note.h"
#include "harness/model/input_range.h"
#include "harness/model/model.h"
#include "harness/model/precision.h"

namespace qbench {
namespace {

struct Arguments {
  ModelOptions model;
  BackendOptions backend;
  DataOptions data;
  std::string calib_dataset = "data/val_256_q90.rec";
  std::string calib_mode = "entropy";
  int calib_batches = 10;
  std::string quantized_dtype = "auto";
  bool exclude_first_conv = false;
  std::vector<std::string> excluded_layers;
  std::vector<std::string> calib_layers;
  std::string output_dir = "model";
  std::string table_dir;
  bool quiet = false;
  bool json = false;
};

void declare(Options& options, Arguments& a) {
  a.model.add_to(options);
  options.section("Calibration");
  options.add("calib-mode", a.calib_mode, "MODE", "none, naive or entropy");
  options.add("num-calib-batches", a.calib_batches, "batches the calibration sees");
  options.add("calib-layers", a.calib_layers, "NAMES",
              "calibrate only these layers' outputs; what reads others stays FP32");
  options.add("calib-dataset", a.calib_dataset, "DATA", "images to calibrate on");
  options.add("calib-table-dir", a.table_dir, "DIR",
              "keep calibration tables there and use them again");
  options.section("Quantization");
  options.add("quantized-dtype", a.quantized_dtype, "TYPE", "auto, int8 or uint8");
  options.add("exclude-first-conv", a.exclude_first_conv, "keep the first convolution in FP32");
  options.add("excluded-layers", a.excluded_layers, "NAMES", "layers that stay FP32");
  a.data.add_to(options);
  a.backend.add_to(options);
  options.section("Output");
  options.add("output-dir", a.output_dir, "DIR", "where the quantized pair goes");
  options.add("json", a.json, "print one JSON object");
  options.add("quiet", a.quiet, "print nothing but errors");
}

void check_mode(const std::string& mode) {
  std::string names = "none";
  for (const CalibrationMode& known : calibration_modes()) names += ", " + std::string(known.name);
  const auto is_mode = [&mode](const CalibrationMode& known) { return known.name == mode; };
  if (mode != "none" && std::ranges::none_of(calibration_modes(), is_mode)) {
    throw Error(fmt::format("--calib-mode is '{}', expected one of: {}", mode, names));
  }
}

void make_folder(const std::string& path) {
  std::error_code failure;
  std::filesystem::create_directories(path, failure);
  if (failure) {
    throw Error(fmt::format("--output-dir {}: cannot be made: {}", path, failure.message()),
                ErrorKind::environment);
  }
}

// The table, and which images gave it.
struct CalibratedOn {
  CalibrationTable table;
  ChosenImages images;
  std::vector<std::string> notices;
};

std::optional<CalibratedOn> calibrate_for(const Arguments& a, const Options& options,
                                          const LoadedModel& model, const Preprocess& preprocess,
                                          const QuantScheme& scheme) {
  if (a.calib_mode == "none") return std::nullopt;
  const std::unique_ptr<Dataset> dataset = open_dataset(a.calib_dataset, {.labels = false});
  const CalibrationData data{
      .dataset = *dataset,
      .preprocess = preprocess,
      .batch_size = a.model.batch_size,
      .decode_threads = a.data.thread_count(),
      .shuffle = options.given("shuffle-dataset") ? std::optional(a.data.shuffle) : std::nullopt,
      .shuffle_seed = static_cast<std::uint64_t>(a.data.shuffle_seed)};
  const std::vector<std::string> modes{a.calib_mode};
  const std::vector<int> batches{a.calib_batches};
  Calibrated calibrated =
      calibrate_model(model, scheme, a.backend.place(), data, modes, batches, a.table_dir);
  return CalibratedOn{std::move(calibrated.result.tables.front()),
                      {.data_hash = dataset->content_hash(),
                       .count = std::int64_t{a.calib_batches} * a.model.batch_size,
                       .shuffle = data.shuffled(),
                       .shuffle_seed = data.shuffle_seed},
                      dataset->notices()};
}

// What example/ssd's quantization.py takes when nothing is said.
void use_ssd_defaults(const Options& options, Arguments& a) {
  const ZooModel* known = find_zoo_model(a.model.name());
  if (known == nullptr || known->task != Task::detection) return;
  if (!options.given("calib-dataset")) a.calib_dataset = "data/val.rec";
  if (!options.given("calib-mode")) a.calib_mode = "naive";
  if (!options.given("num-calib-batches")) a.calib_batches = 5;
}

// Under the names of example/ssd where the model has one: qssd_NAME without calibration, cqssd_NAME
// with it.
ModelFiles output_files(const Arguments& a) {
  const std::string name = a.model.name();
  if (!name.starts_with("ssd_"))
    return quantized_files(a.output_dir, name, a.calib_mode, a.calib_batches);
  const std::string stem =
      (std::filesystem::path(a.output_dir) / ((a.calib_mode == "none" ? "q" : "cq") + name))
          .string();
  return {stem + "-symbol.json", stem + "-0000.params"};
}

nlohmann::ordered_json summary(const Arguments& a, const QuantizedModel& model,
                               const std::optional<CalibratedOn>& calibrated,
                               std::vector<std::string> warnings, const ModelFiles& files) {
  nlohmann::ordered_json left = nlohmann::ordered_json::array();
  for (const LeftInFp32& layer : model.left_in_fp32) {
    left.push_back({{"layer", layer.node}, {"op", layer.op}, {"reason", layer.reason}});
  }
  if (calibrated) std::ranges::copy(calibrated->notices, std::back_inserter(warnings));
  const bool shuffled = calibrated && calibrated->images.shuffle;
  return {{"model", a.model.name()},
          {"calib_mode", a.calib_mode},
          {"calib_batches", a.calib_mode == "none" ? 0 : a.calib_batches},
          {"calib_shuffle_seed", shuffled ? nlohmann::ordered_json(calibrated->images.shuffle_seed)
                                          : nlohmann::ordered_json(nullptr)},
          {"symbol_file", files.symbol},
          {"param_file", files.params},
          {"symbol_bytes", std::filesystem::file_size(files.symbol)},
          {"param_bytes", std::filesystem::file_size(files.params)},
          {"left_in_fp32", left},
          {"warnings", warnings}};
}

void print_summary(std::FILE* out, const nlohmann::ordered_json& s) {
  fmt::print(out, "{}\n{}  ({:.1f} MB)\n", s["symbol_file"].get<std::string>(),
             s["param_file"].get<std::string>(), s["param_bytes"].get<double>() / 1e6);
  for (const auto& layer : s["left_in_fp32"]) {
    const std::string line =
        fmt::format("stays FP32: {} ({}): {}", layer["layer"].get<std::string>(),
                    layer["op"].get<std::string>(), layer["reason"].get<std::string>());
    fmt::print(out, "{}\n", wrap(line, 2));
  }
  if (!s["calib_shuffle_seed"].is_null()) {
    fmt::print(out, "calibrated on images drawn over all class folders, seed {}\n",
               s["calib_shuffle_seed"].get<std::int64_t>());
  }
  print_warnings(out, s["warnings"].get<std::vector<std::string>>());
}

}  // namespace

int quantize_command(std::span<const std::string> arguments, const Streams& streams) {
  Arguments a;
  Options options("qbench quantize --symbol-file FILE --param-file FILE [options]",
                  "Quantizes one FP32 model to INT8 and saves the pair under its documented names: "
                  "NAME-quantized-5batches-naive-symbol.json and NAME-quantized-0000.params; "
                  "for detectors called ssd_NAME, cqssd_NAME (qssd_NAME without calibration).");
  declare(options, a);
  if (!options.parse(arguments)) {
    fmt::print(streams.out, "{}", options.help());
    return kExitOk;
  }
  if (options.given("model")) a.model.use_documented(options);
  use_ssd_defaults(options, a);
  const QuantizedDType wanted = quantized_dtype_from_string(a.quantized_dtype);
  QuantScheme scheme{.dtype = dtype_for(a.backend.find(), wanted),
                     .exclude_first_conv = a.exclude_first_conv,
                     .excluded_layers = {}};
  check_mode(a.calib_mode);

  const ModelFiles source = a.model.files();
  a.model.expect_weights(source);
  LoadedModel model = load_model(source, a.model.import_options());
  if (model.quantized)
    throw Error(source.symbol + ": is quantized already, expected an FP32 model");
  const bool reads_images = model.image_shape.rank() > 0;  // mode none quantizes any network
  Preprocess preprocess;
  if (reads_images || a.calib_mode != "none") {
    preprocess = preprocess_for(model, a.model.pixel_scale());
    preprocess.fit = fit_for(model.graph);
    scheme.input_range = input_range(preprocess);
  }
  scheme.excluded_layers = layers_to_exclude(model, a.excluded_layers);
  scheme.calibrated_layers = layers_to_exclude(model, a.calib_layers);
  const std::optional<CalibratedOn> calibrated =
      calibrate_for(a, options, model, preprocess, scheme);
  const QuantizedModel quantized =
      quantize(model.graph, scheme, calibrated ? &calibrated->table : nullptr);

  make_folder(a.output_dir);
  const ModelFiles files = output_files(a);
  export_model(quantized.graph, files);
  if (calibrated) {
    save_calibration_note(files, calibrated->images);
  } else {
    remove_calibration_note(files);
  }
  const nlohmann::ordered_json result = summary(a, quantized, calibrated, model.notices, files);
  if (a.json) {
    fmt::print(streams.out, "{}\n", json_text(result, 2));
  } else if (!a.quiet) {
    print_summary(streams.out, result);
  }
  return kExitOk;
}

}  // namespace qbench
