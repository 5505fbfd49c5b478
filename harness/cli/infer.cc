// qbench infer: accuracy of one model on a data set, or its speed on dummy data.

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <nlohmann/json.hpp>
#include <numeric>

#include "datasets/datasets.h"
#include "engine/core/error.h"
#include "harness/accuracy/accuracy.h"
#include "harness/cli/commands.h"
#include "harness/cli/model_options.h"
#include "harness/measure/dummy_data.h"
#include "harness/measure/measure.h"
#include "harness/model/model.h"
#include "reports/record/latency.h"

namespace qbench {
namespace {

using Json = nlohmann::ordered_json;

struct Arguments {
  ModelOptions model;
  BackendOptions backend;
  DataOptions data;
  std::string dataset = "data/val_256_q90.rec";
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
  options.add("num-skipped-batches", a.skipped_batches,
              "batches to leave out first (of --batch-size)");
  options.add("num-inference-batches", a.inference_batches, "batches to run; 0: all that remain");
  options.add("data-layer-type", a.data_layer_type, "TYPE", "type of the network's input: float32");
  options.section("Speed");
  options.add("benchmark", a.benchmark, "run dummy data; needs no parameters and no data set");
  options.add("winograd", a.winograd, "allow Winograd convolutions in FP32");
  a.backend.add_to(options);
  options.section("Output");
  options.add("predictions", a.predictions, "FILE", "write each image's label and top 5 as CSV");
  options.add("json", a.json, "print one JSON object");
}

Json latency_json(std::span<const double> run_ns) {
  constexpr double kMilli = 1e-6;
  Json json = {{"median", median(run_ns) * kMilli}};
  for (const auto& [name, q] : {std::pair{"p50", .50}, {"p90", .90}, {"p95", .95}, {"p99", .99}}) {
    // Too few samples say nothing about a tail.
    const bool known = run_ns.size() >= samples_for_percentile(q) || q == .50;
    json[name] = known ? Json(percentile(run_ns, q) * kMilli) : Json(nullptr);
  }
  json["min"] = *std::ranges::min_element(run_ns) * kMilli;
  json["samples"] = run_ns.size();
  return json;
}

Json common_json(const Arguments& a, const LoadedModel& model, const Executable& executable,
                 std::span<const double> run_ns) {
  const MemoryUse memory = executable.memory();
  return {{"model", a.model.name()},
          {"precision", model.quantized ? "int8" : "fp32"},
          {"backend", a.backend.find().name()},
          {"threads", a.backend.thread_count()},
          {"batch_size", a.model.batch_size},
          {"latency_ms", latency_json(run_ns)},
          {"peak_rss_bytes", peak_resident_bytes()},
          {"model_bytes", model.file_bytes},
          {"weights_bytes", memory.weights},
          {"arena_bytes", memory.arena},
          {"scratch_bytes", memory.scratch}};
}

std::unique_ptr<Executable> compile(const Arguments& a, const LoadedModel& model) {
  return compile_model(
      model.graph, a.backend.find(), a.model.batch_size,
      {.threads = a.backend.thread_count(), .observed = {}, .winograd = a.winograd});
}

// As the documented script: a fixed number of batches after five warm-up runs; qbench's own rule
// where no number is given.
Json run_benchmark(const Arguments& a, const LoadedModel& model) {
  const std::unique_ptr<Executable> executable = compile(a, model);
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
  const std::vector<double> run_ns =
      measure([&] { executable->run(dummy.inputs(), dummy.outputs()); }, options);
  const double seconds = std::accumulate(run_ns.begin(), run_ns.end(), 0.0) / 1e9;
  Json json = common_json(a, model, *executable, run_ns);
  json["images"] = run_ns.size() * static_cast<std::size_t>(a.model.batch_size);
  json["images_per_second"] = json["images"].get<double>() / seconds;
  return json;
}

void write_predictions(const std::string& path, std::span<const Prediction> predictions) {
  std::ofstream file(path);
  file << "image,label,top1,top2,top3,top4,top5\n";
  for (const Prediction& p : predictions) {
    file << fmt::format("{},{},{}\n", p.sample, p.label, fmt::join(p.top, ","));
  }
  file.flush();
  if (!file) throw Error(path + ": cannot be written", ErrorKind::environment);
}

// [N,K] scores of one input, or an Error that says what this network is.
std::int64_t class_count(const LoadedModel& model) {
  const Graph& graph = model.graph;
  if (graph.inputs().size() != 1 || graph.outputs().size() != 1) {
    throw Error(fmt::format("the network has {} inputs and {} outputs, expected one of each",
                            graph.inputs().size(), graph.outputs().size()));
  }
  const Shape& shape = graph[graph.outputs().front()].type.shape;
  if (shape.rank() != 2) {
    throw Error(
        fmt::format("the network's output has shape {}, expected [N,classes]", to_string(shape)));
  }
  return shape[1];
}

Json run_accuracy(const Arguments& a, const LoadedModel& model) {
  const std::int64_t classes = class_count(model);
  const std::unique_ptr<Dataset> dataset = open_dataset(a.dataset);
  const std::unique_ptr<Executable> executable = compile(a, model);
  const std::int64_t batch = a.model.batch_size;
  const std::int64_t skipped = a.skipped_batches * batch;
  if (a.skipped_batches < 0 || skipped >= dataset->size()) {
    throw Error(fmt::format("--num-skipped-batches={} leaves none of the {} images of {}",
                            a.skipped_batches, dataset->size(), a.dataset));
  }
  Loader loader(*dataset, a.model.preprocess(),
                {.batch_size = batch,
                 .first = skipped,
                 .count = a.inference_batches > 0 ? a.inference_batches * batch : -1,
                 .threads = a.data.thread_count(),
                 .shuffle = a.data.shuffle,
                 .shuffle_seed = static_cast<std::uint32_t>(a.data.shuffle_seed)});
  Shape shape = a.model.shape();
  const Contestant contestant{executable.get(), classes};

  const auto start = std::chrono::steady_clock::now();
  const Score score =
      qbench::score(loader, {batch, shape[0], shape[1], shape[2]}, {&contestant, 1}).front();
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
  const Accuracy accuracy = count_correct(score.predictions);
  if (!a.predictions.empty()) write_predictions(a.predictions, score.predictions);

  const auto images = static_cast<double>(accuracy.images);
  Json json = common_json(a, model, *executable, score.run_ns);
  json["dataset"] = a.dataset;
  json["images"] = accuracy.images;
  json["correct_top1"] = accuracy.correct_top1;
  json["correct_top5"] = accuracy.correct_top5;
  json["top1"] = static_cast<double>(accuracy.correct_top1) / images;
  json["top5"] = static_cast<double>(accuracy.correct_top5) / images;
  json["images_per_second"] = images / elapsed.count();  // decoding included
  if (!score.mistrust.empty()) json["mistrusted"] = score.mistrust;
  return json;
}

void print_text(std::FILE* out, const Json& j) {
  const auto number = [&j](const char* name) { return j[name].get<double>(); };
  fmt::print(out, "{} {}, {} on {} threads, batch {}\n", j["model"].get<std::string>(),
             j["precision"].get<std::string>(), j["backend"].get<std::string>(),
             j["threads"].get<int>(), j["batch_size"].get<int>());
  fmt::print(out, "images      {}\n", j["images"].get<std::int64_t>());
  if (j.contains("top1")) {
    for (const auto& [label, share, count] :
         {std::tuple{"top-1", "top1", "correct_top1"}, {"top-5", "top5", "correct_top5"}}) {
      fmt::print(out, "{}       {:.2f} %  ({} right)\n", label, 100 * number(share),
                 j[count].get<std::int64_t>());
    }
  }
  fmt::print(out, "speed       {:.1f} images/s{}\n", number("images_per_second"),
             j.contains("top1") ? ", decoding included" : "");
  fmt::print(out, "latency     {:.3f} ms a batch (median of {})\n",
             j["latency_ms"]["median"].get<double>(),
             j["latency_ms"]["samples"].get<std::size_t>());
  fmt::print(
      out, "memory      {:.1f} MB at its highest; weights {:.1f} MB, activations {:.1f} MB\n",
      number("peak_rss_bytes") / 1e6, number("weights_bytes") / 1e6, number("arena_bytes") / 1e6);
  if (j.contains("mistrusted"))
    fmt::print(out, "mistrusted  {}\n", j["mistrusted"].get<std::string>());
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
  if (a.data_layer_type != "float32") {
    throw Error(fmt::format(
        "--data-layer-type is '{}', expected float32: a quantized network quantizes its "
        "own input",
        a.data_layer_type));
  }
  if (a.inference_batches < 0) throw Error("--num-inference-batches is negative");

  if (options.given("model")) a.model.use_documented(options);
  ModelFiles files = a.model.files();
  if (!a.benchmark) a.model.expect_weights(files);
  if (a.benchmark && !options.given("param-file")) files.params.clear();
  const LoadedModel model = load_model(files, a.model.shape(), a.model.random_seed());
  const Json result = a.benchmark ? run_benchmark(a, model) : run_accuracy(a, model);
  if (a.json) {
    fmt::print(streams.out, "{}\n", result.dump(2));
  } else {
    print_text(streams.out, result);
  }
  return kExitOk;
}

}  // namespace qbench
