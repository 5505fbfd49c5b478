// qbench infer: accuracy of one model on a data set, or its speed on dummy data.

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <nlohmann/json.hpp>
#include <numeric>

#include "datasets/datasets.h"
#include "engine/core/error.h"
#include "engine/core/json_text.h"
#include "engine/core/output_file.h"
#include "engine/core/printable.h"
#include "harness/accuracy/accuracy.h"
#include "harness/cli/accuracy_text.h"
#include "harness/cli/commands.h"
#include "harness/cli/detector_options.h"
#include "harness/cli/latency_text.h"
#include "harness/cli/model_options.h"
#include "harness/measure/executable_latency.h"
#include "harness/measure/interference.h"
#include "harness/measure/turn.h"
#include "harness/model/calibration_note.h"
#include "harness/model/input_range.h"
#include "harness/model/model.h"
#include "harness/run/environment.h"

namespace qbench {
namespace {

using Json = nlohmann::ordered_json;

struct Arguments {
  ModelOptions model;
  BackendOptions backend;
  PrecisionOption precision;
  DataOptions data;
  DetectorOptions detector;
  std::string dataset = "data/val_256_q90.rec";
  std::vector<std::string> class_names;
  std::int64_t skipped_batches = 0;
  std::int64_t inference_batches = 0;  // 0: not given
  std::string data_layer_type = "float32";
  bool benchmark = false;
  bool winograd = true;
  std::string predictions;
  bool json = false;
};

void declare(Options& options, Arguments& a) {
  a.model.add_to(options);
  a.data.add_to(options);
  options.add("dataset", a.dataset, "DATA", "images with labels: FILE.rec, a folder, or shapes");
  options.add("class-names", a.class_names, "NAMES|FILE",
              "classes in the network's order: names, or a file of a name or 'name number' a line; "
              "folders and named classes get their numbers by it");
  options.add("num-skipped-batches", a.skipped_batches,
              "batches to leave out first (of --batch-size)");
  options.add("num-inference-batches", a.inference_batches, "batches to run; 0: all that remain");
  options.add("data-layer-type", a.data_layer_type, "TYPE", "type of the network's input: float32");
  options.section("Speed");
  options.add("benchmark", a.benchmark, "run dummy data; needs no parameters and no data set");
  options.add("winograd", a.winograd, "allow Winograd convolutions in FP32");
  a.backend.add_to(options);
  a.precision.add_to(options);
  a.detector.add_to(options);
  options.letter("batch-size", 'b');
  options.section("Output");
  options.add("predictions", a.predictions, "FILE", "write what was said of each image as CSV");
  options.add("json", a.json, "print one JSON object");
}

struct Compiled {
  std::unique_ptr<Executable> executable;
  double seconds = 0;
};

Json common_json(const Arguments& a, const LoadedModel& model, const Compiled& compiled,
                 std::span<const double> run_ns) {
  const MemoryUse memory = compiled.executable->memory();
  Json json = {{"model", a.model.name()},
               {"precision", a.precision.name(model.quantized)},
               {"backend", a.backend.find().name()},
               {"threads", a.backend.thread_count()},
               {"batch_size", a.model.batch_size},
               {"latency_ms", latency_json(run_ns)},
               {"compile_seconds", compiled.seconds},
               {"peak_rss_bytes", peak_resident_bytes()},
               {"model_bytes", model.file_bytes},
               {"weights_bytes", memory.weights},
               {"arena_bytes", memory.arena},
               {"scratch_bytes", memory.scratch}};
  if (!a.backend.find().uses_threads()) json["device"] = a.backend.device();
  if (memory.library > 0) json["library_bytes"] = memory.library;
  json["warnings"] = model.notices;
  return json;
}

Compiled compile(const Arguments& a, const LoadedModel& model) {
  const Place place = a.backend.place();
  const auto start = std::chrono::steady_clock::now();
  Compiled compiled{.executable = compile_model(model.graph, place.backend, a.model.batch_size,
                                                {.threads = place.threads,
                                                 .observed = {},
                                                 .winograd = a.winograd,
                                                 .float_math = a.precision.math(model.quantized),
                                                 .device = place.device})};
  compiled.seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return compiled;
}

// As the documented script: a fixed number of batches after five warm-up runs; qbench's own rule
// where no number is given.
Json run_benchmark(const Arguments& a, const LoadedModel& model) {
  const Compiled compiled = compile(a, model);
  DummyData dummy(with_batch(model.graph, a.model.batch_size));
  MeasureOptions options;
  if (a.inference_batches > 0) {
    options = {.warmup_seconds = 0,
               .warmup_runs = 5,
               .max_seconds = 1e9,
               .min_samples = static_cast<int>(a.inference_batches),
               .give_up_seconds = 1e9,
               .max_samples = static_cast<int>(a.inference_batches),
               .target_interval = 0};
  }
  const MeasuringTurn turn(measuring_turn_file(), [] {
    fmt::print(stderr, "another qbench measures on this machine: waiting for it\n");
  });
  const LoadCounters before = read_load();
  const auto [run_ns, device] = measure_executable(*compiled.executable, dummy, options);
  const Interference found = interference_between(before, read_load());
  const double seconds = std::accumulate(run_ns.begin(), run_ns.end(), 0.0) / 1e9;
  Json json = common_json(a, model, compiled, run_ns);
  add_device(device, json);
  json["images"] = run_ns.size() * static_cast<std::size_t>(a.model.batch_size);
  json["images_per_second"] = json["images"].get<double>() / seconds;
  const bool finite = std::ranges::all_of(dummy.outputs(), [](std::span<float> values) {
    return std::ranges::all_of(values, [](float v) { return std::isfinite(v); });
  });
  if (!finite) json["warnings"].push_back("the outputs for the dummy data are not finite");
  if (const auto disturbed = disturbance(found, a.backend.thread_count(), usable_cores()))
    json["warnings"].push_back("latency: " + *disturbed);
  return json;
}

// What is said of images that an INT8 network was calibrated on.
std::string overlap_with_calibration(const Arguments& a, const ModelFiles& files,
                                     const Dataset& dataset, std::int64_t first,
                                     std::int64_t count) {
  const std::optional<ChosenImages> calibrated = load_calibration_note(files);
  if (!calibrated) return {};
  return overlap_warning(*calibrated,
                         {.data_hash = dataset.content_hash(),
                          .first = first,
                          .count = count,
                          .shuffle = a.data.shuffle,
                          .shuffle_seed = static_cast<std::uint64_t>(a.data.shuffle_seed)});
}

Json run_accuracy(const Arguments& a, LoadedModel& model) {
  const OutputForm output = output_form(model.graph);
  const ClassMap classes(a.class_names);
  classes.expect(output.classes);
  const std::unique_ptr<Dataset> dataset = open_dataset(a.dataset, {.classes = classes});
  const Compiled compiled = compile(a, model);
  const std::int64_t batch = a.model.batch_size;
  const std::int64_t skipped = a.skipped_batches * batch;
  if (a.skipped_batches < 0 || skipped >= dataset->size()) {
    throw Error(fmt::format("--num-skipped-batches={} leaves none of the {} images of {}",
                            a.skipped_batches, dataset->size(), a.dataset));
  }
  Preprocess preprocess = preprocess_for(model, a.model.pixel_scale());
  preprocess.fit = fit_for(model.graph);
  Loader loader(*dataset, preprocess,
                {.batch_size = batch,
                 .first = skipped,
                 .count = a.inference_batches > 0 ? a.inference_batches * batch : -1,
                 .threads = a.data.thread_count(),
                 .shuffle = a.data.shuffle,
                 .shuffle_seed = static_cast<std::uint32_t>(a.data.shuffle_seed)});
  const Shape& shape = model.image_shape;
  const ModelFiles files = a.model.files();
  const bool trained = !files.params.empty() || holds_parameters(files.symbol);
  const Contestant contestant{compiled.executable.get(), output, trained,
                              doubt_input(model.graph, preprocess)};
  std::vector<std::string> names;
  if (output.task == Task::detection) {
    names = a.detector.names(output.classes,
                             classes.empty() ? dataset->class_names() : classes.names());
  }

  const auto start = std::chrono::steady_clock::now();
  const Score score = qbench::score(loader, {batch, shape[0], shape[1], shape[2]}, {&contestant, 1},
                                    a.detector.judging())
                          .front();
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
  if (!a.predictions.empty()) write_predictions(a.predictions, score);

  Json json = common_json(a, model, compiled, score.run_ns);
  json["dataset"] = a.dataset;
  if (output.task == Task::detection) {
    add_detection(score, names, json);
  } else {
    add_classification(score, json);
  }
  json["images_per_second"] = json["images"].get<double>() / elapsed.count();  // with decoding
  const bool failed = !score.failure.empty();
  const Status status = failed                    ? Status::failed
                        : !score.mistrust.empty() ? Status::mistrusted
                                                  : Status::ok;
  json["status"] = to_string(status);
  if (status != Status::ok)
    json[std::string(to_string(status))] = failed ? score.failure : score.mistrust;
  for (const std::string& warning : score.warnings) json["warnings"].push_back(warning);
  if (model.quantized) {
    const std::string overlap =
        overlap_with_calibration(a, files, *dataset, skipped, loader.size());
    if (!overlap.empty()) json["warnings"].push_back(overlap);
  }
  return json;
}

void print_text(std::FILE* out, const Json& j, bool area) {
  const auto number = [&j](const char* name) { return j[name].get<double>(); };
  const std::string where = j.contains("device")
                                ? fmt::format("device {}", j["device"].get<int>())
                                : fmt::format("{} threads", j["threads"].get<int>());
  fmt::print(out, "{} {}, {} on {}, batch {}\n", j["model"].get<std::string>(),
             j["precision"].get<std::string>(), j["backend"].get<std::string>(), where,
             j["batch_size"].get<int>());
  fmt::print(out, "images      {}\n", j["images"].get<std::int64_t>());
  print_accuracy(out, j, area);
  fmt::print(out, "speed       {:.1f} images/s{}\n", number("images_per_second"),
             j.contains("dataset") ? ", decoding included" : "");
  print_latency(out, j);
  fmt::print(out, "compiling   {:.3f} s\n", number("compile_seconds"));
  fmt::print(
      out, "memory      {:.1f} MB at its highest; weights {:.1f} MB, activations {:.1f} MB\n",
      number("peak_rss_bytes") / 1e6, number("weights_bytes") / 1e6, number("arena_bytes") / 1e6);
  if (j.contains("library_bytes"))
    fmt::print(out, "            of the GPU: scratch {:.1f} MB, libraries {:.1f} MB\n",
               number("scratch_bytes") / 1e6, number("library_bytes") / 1e6);
  for (const Json& warning : j.value("warnings", Json::array()))
    fmt::print(out, "warning     {}\n", printable(warning.get<std::string>()));
  for (const char* doubt : {"failed", "mistrusted"}) {
    if (j.contains(doubt))
      fmt::print(out, "{:<11} {}\n", doubt, printable(j[doubt].get<std::string>()));
  }
}

void check_values(const Arguments& a) {
  if (!a.predictions.empty()) check_output(a.predictions);
  if (a.data_layer_type != "float32") {
    throw Error(fmt::format(
        "--data-layer-type is '{}', expected float32: a quantized network quantizes its "
        "own input",
        a.data_layer_type));
  }
  if (a.inference_batches < 0) throw Error("--num-inference-batches is negative");
}

}  // namespace

int infer_command(std::span<const std::string> arguments, const Streams& streams) {
  Arguments a;
  Options options(
      "qbench infer --symbol-file FILE --param-file FILE [options]",
      "Runs one model, FP32 or quantized: its accuracy on a data set, or with --benchmark its "
      "speed on dummy data.");
  declare(options, a);
  if (!options.parse(arguments)) {
    fmt::print(streams.out, "{}", options.help());
    return kExitOk;
  }
  a.detector.apply(options, a.model, a.backend, a.dataset, a.inference_batches);
  check_values(a);

  if (options.given("model")) a.model.use_documented(options);
  ModelFiles files = a.model.files();
  if (!a.benchmark) a.model.expect_weights(files);
  const bool named = options.given("param-file") || !a.detector.prefix.empty();
  if (a.benchmark && !named) files.params.clear();
  LoadedModel model = load_model(files, a.model.import_options());
  a.detector.apply(options, model.graph);
  std::vector<int> batch_sizes{a.model.batch_size};
  if (a.benchmark && a.model.batch_size == 0) batch_sizes = {1, 2, 4, 8, 16, 32};
  Json results = Json::array();
  for (const int batch_size : batch_sizes) {
    a.model.batch_size = batch_size;
    results.push_back(a.benchmark ? run_benchmark(a, model) : run_accuracy(a, model));
    if (!a.json) print_text(streams.out, results.back(), a.detector.no_voc07);
  }
  if (a.json) {
    fmt::print(streams.out, "{}\n", json_text(results.size() == 1 ? results.front() : results, 2));
  }
  const auto is_ok = [](const Json& result) { return result.value("status", "ok") == "ok"; };
  return std::ranges::all_of(results, is_ok) ? kExitOk : kExitFailed;
}

}  // namespace qbench
