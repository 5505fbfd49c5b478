// From YAML to a Suite. Every key is read here and explained in docs/suites.md.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <system_error>

#include "engine/core/error.h"
#include "engine/formats/formats.h"
#include "harness/model/zoo_source.h"
#include "harness/suite/check_names.h"
#include "harness/suite/margin.h"
#include "harness/suite/parse_gates.h"
#include "harness/suite/suite.h"
#include "harness/suite/yaml_map.h"

namespace qbench {
namespace {

constexpr std::uintmax_t kMaxFileBytes = 1 << 20;  // nobody writes a larger one by hand
constexpr int kMaxImageSide = 4096;
constexpr int kMaxBatch = 4096;
constexpr int kMaxThreads = 1024;
constexpr int kMaxRounds = 100;
constexpr double kMaxSeconds = 30 * 24 * 3600;
constexpr double kLargestPixel = 1e6;  // means and deviations

// Percent, as published, into fractions.
Documented read_figures(YamlMap& map) {
  Documented figures;
  const auto percent = [&map](const char* key, std::optional<double>& target) {
    map.read(key, target, 0, 100);
    if (target) *target /= 100;
  };
  percent("top1", figures.top1);
  percent("top5", figures.top5);
  percent("map", figures.map);
  return figures;
}

void read_expected(YamlMap& map, ModelSpec& model) {
  if (std::optional<YamlMap> fp32 = map.map("fp32")) {
    model.expected_fp32 = read_figures(*fp32);
    fp32->finish();
  }
  if (std::optional<YamlMap> int8 = map.map("int8")) {
    model.expected_int8.figures = read_figures(*int8);
    int8->read("mode", model.expected_int8.mode);
    if (int8->has("mode")) check_names(*int8, "mode", {model.expected_int8.mode}, all_modes());
    int8->read("calib_batches", model.expected_int8.calib_batches, 1);
    int8->finish();
  }
  map.finish();
}

// How boxes are judged; of no meaning to a classifier.
void read_detection(YamlMap& map, DetectionOptions& detection) {
  map.read("classes", detection.label_classes, 0);
  double overlap = detection.overlap;
  map.read("overlap", overlap, 0, 1);
  detection.overlap = static_cast<float>(overlap);
  map.read("use_difficult", detection.use_difficult);
}

// What is absent stays as it is in `dataset`; other records calibrate on themselves unless told.
void read_dataset(YamlMap& map, DatasetSpec& dataset) {
  if (map.has("records")) {
    map.read("records", dataset.records);
    dataset.calibration.records = dataset.records;
    dataset.name = std::filesystem::path(dataset.records).stem().string();
  }
  map.read("name", dataset.name);
  if (std::optional<YamlMap> calibration = map.map("calibration")) {
    CalibrationSpec& spec = dataset.calibration;
    calibration->read("records", spec.records);
    calibration->read("first", spec.first, 0);
    calibration->read("batch_size", spec.batch_size, 1, kMaxBatch);
    if (calibration->has("shuffle")) calibration->read("shuffle", spec.shuffle.emplace());
    calibration->read("shuffle_seed", spec.shuffle_seed, 0);
    calibration->finish();
  }
  if (std::optional<YamlMap> evaluation = map.map("evaluation")) {
    evaluation->read("skip", dataset.skip, 0);
    evaluation->read("count", dataset.count, 1);
    evaluation->finish();
  }
  map.read("class_names", dataset.class_names);
  read_detection(map, dataset.detection);
  map.finish();
}

Shape read_image_shape(YamlMap& map) {
  if (!map.has("image_shape")) return ModelSpec().image_shape;
  std::array<float, 3> sizes{};
  map.read("image_shape", sizes);
  Shape shape{0, 0, 0};
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    if (sizes[i] < 1 || sizes[i] > kMaxImageSide || sizes[i] != std::floor(sizes[i])) {
      map.fail("image_shape",
               fmt::format("found {}, expected channels, height, width, each 1 to {}", sizes[i],
                           kMaxImageSide));
    }
    shape[i] = static_cast<std::int64_t>(sizes[i]);
  }
  if (shape[0] != 3 && shape[0] != 1)
    map.fail("image_shape", fmt::format("found {} channels, expected 3 or 1", shape[0]));
  return shape;
}

// Three numbers, or one for all channels.
void read_channels(YamlMap& map, const std::string& key, std::array<float, 3>& target) {
  if (!map.is_list(key)) {
    std::optional<double> value;
    map.read(key, value, -kLargestPixel, kLargestPixel);
    if (value) target.fill(static_cast<float>(*value));
  } else {
    map.read(key, target);
  }
}

ModelSpec read_model(YamlMap map, const DatasetSpec& dataset) {
  ModelSpec model;
  model.dataset = dataset;
  map.read("name", model.name);
  if (model.name.empty()) map.fail("name", "expected the model's name");
  if (model.name.find_first_of("/ \t\n") != std::string::npos) {
    map.fail("name", fmt::format("found '{}', expected no spaces and no slashes", model.name));
  }
  model.symbol = model.name + "-symbol.json";
  map.read("source", model.source);
  map.read("symbol", model.symbol);
  if (!holds_parameters(model.symbol) && !is_zoo(model.symbol))
    model.params = model.name + "-0000.params";
  map.read("params", model.params);
  map.read("output", model.output);
  map.read("until", model.until);
  if (!model.output.empty() && !model.until.empty())
    map.fail("until", "found beside 'output', expected one of them");
  model.image_shape = read_image_shape(map);
  read_channels(map, "rgb_mean", model.rgb_mean);
  read_channels(map, "rgb_std", model.rgb_std);
  if (std::ranges::count(model.rgb_std, 0.F) > 0) map.fail("rgb_std", "found 0, which divides");
  map.read("resize_short", model.resize_short, 0, kMaxImageSide);
  map.read("excluded_layers", model.excluded_layers);
  map.read("exclude_first_conv", model.exclude_first_conv);
  if (std::optional<YamlMap> expected = map.map("expected")) read_expected(*expected, model);
  if (std::optional<YamlMap> own = map.map("dataset")) read_dataset(*own, model.dataset);
  model.dataset.detection.network_classes = model.dataset.detection.label_classes;
  map.read("classes", model.dataset.detection.network_classes, 0);
  if (model.dataset.records.empty()) {
    map.fail("dataset", "no records, neither here nor in the suite's dataset");
  }
  map.finish();
  return model;
}

Axes read_axes(YamlMap map) {
  Axes axes;
  map.read("precisions", axes.precisions);
  check_names(map, "precisions", axes.precisions, all_precisions());
  map.read("modes", axes.modes);
  map.read("calib_batches", axes.calib_batches, 1);
  map.read("quantized_dtypes", axes.quantized_dtypes);
  check_names(map, "quantized_dtypes", axes.quantized_dtypes, {"auto", "int8", "uint8"});
  map.read("batch_sizes", axes.batch_sizes, 1);
  map.read("backends", axes.backends);
  map.read("threads", axes.threads, 0);
  for (const int batch : axes.batch_sizes) {
    if (batch > kMaxBatch) map.fail("batch_sizes", fmt::format("{} is above {}", batch, kMaxBatch));
  }
  for (const int threads : axes.threads) {
    if (threads > kMaxThreads) {
      map.fail("threads", fmt::format("{} is above {}", threads, kMaxThreads));
    }
  }
  map.finish();
  return axes;
}

MeasureOptions read_measure(YamlMap map) {
  MeasureOptions measure;
  map.read("warmup_seconds", measure.warmup_seconds, 0, kMaxSeconds);
  map.read("warmup_runs", measure.warmup_runs, 0);
  map.read("min_seconds", measure.min_seconds, 0, kMaxSeconds);
  map.read("max_seconds", measure.max_seconds, 0, kMaxSeconds);
  map.read("min_samples", measure.min_samples, 1);
  map.read("give_up_seconds", measure.give_up_seconds, 0, kMaxSeconds);
  map.read("max_samples", measure.max_samples, 1);
  map.read("target_interval", measure.target_interval, 0, 1);
  map.read("rounds", measure.rounds, 1, kMaxRounds);
  map.read("pin", measure.pin);
  std::string on_noise = "mistrust";
  map.read("on_noise", on_noise);
  if (on_noise != "mistrust" && on_noise != "warn")
    map.fail("on_noise", fmt::format("'{}', expected mistrust or warn", on_noise));
  measure.mistrust_noise = on_noise == "mistrust";
  map.finish();
  return measure;
}

void read_until_margin(YamlMap& map, Suite& suite) {
  std::string margin;
  map.read("until_decided", margin);
  if (!map.has("until_decided")) return;
  try {
    suite.until_margin = parse_margin(margin);
  } catch (const Error& error) {
    map.fail("until_decided", error.what());
  }
}

void check_unique_models(const YamlMap& map, const Suite& suite) {
  std::set<std::pair<std::string, std::string>> seen;
  for (const ModelSpec& model : suite.models) {
    if (seen.insert({model.name, model.dataset.name}).second) continue;
    map.fail("models", fmt::format("model '{}' is listed twice with data set '{}'", model.name,
                                   model.dataset.name));
  }
}

Suite read_suite(YamlMap map, const std::string& file) {
  Suite suite;
  suite.name = std::filesystem::path(file).stem().string();
  suite.file = file;
  map.read("name", suite.name);
  map.read("description", suite.description);
  DatasetSpec dataset;
  if (std::optional<YamlMap> given = map.map("dataset")) read_dataset(*given, dataset);
  for (YamlMap& model : map.maps("models")) {
    suite.models.push_back(read_model(std::move(model), dataset));
  }
  if (suite.models.empty()) map.fail("models", "expected a list of at least one model");
  check_unique_models(map, suite);
  if (std::optional<YamlMap> axes = map.map("axes")) suite.axes = read_axes(*std::move(axes));
  if (std::optional<YamlMap> own = map.map("measure"))
    suite.measure = read_measure(*std::move(own));
  read_until_margin(map, suite);
  map.read("timeout_seconds", suite.timeout_seconds, 1, kMaxSeconds);
  map.read("memory_limit_mb", suite.memory_limit_mb, 1);
  for (YamlMap& gate : map.maps("gates")) {
    std::vector<Gate> gates = read_gates(std::move(gate), suite);
    std::ranges::move(gates, std::back_inserter(suite.gates));
  }
  map.finish();
  return suite;
}

}  // namespace

Suite parse_suite(const std::string& text, const std::string& file) {
  return read_suite(YamlMap::parse(text, file), file);
}

Suite load_suite(const std::string& path) {
  std::error_code failure;
  const std::uintmax_t bytes = std::filesystem::file_size(path, failure);
  if (failure) throw Error(fmt::format("{}: {}", path, failure.message()));
  if (bytes > kMaxFileBytes) {
    throw Error(fmt::format("{}: {} bytes, a suite has at most {}", path, bytes, kMaxFileBytes));
  }
  std::ifstream file(path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  if (!file) throw Error(path + ": cannot be read");
  return parse_suite(text, path);
}

}  // namespace qbench
