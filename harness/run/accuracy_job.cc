// The worker's side of an accuracy job.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <iterator>
#include <map>
#include <memory>
#include <new>
#include <nlohmann/json.hpp>
#include <optional>

#include "datasets/datasets.h"
#include "datasets/loader.h"
#include "engine/backends/backends.h"
#include "engine/core/error.h"
#include "engine/core/json_text.h"
#include "harness/accuracy/accuracy.h"
#include "harness/accuracy/class_details.h"
#include "harness/accuracy/stopping_rule.h"
#include "harness/model/input_range.h"
#include "harness/model/model.h"
#include "harness/model/precision.h"
#include "harness/model/zoo_source.h"
#include "harness/run/job.h"
#include "reports/record/metrics.h"

namespace qbench {
namespace {

using Json = nlohmann::json;

constexpr auto kProgressInterval = std::chrono::milliseconds(200);

Status status_of(const Error& error) {
  return error.kind() == ErrorKind::unsupported ? Status::unsupported : Status::failed;
}

constexpr std::uint64_t kOrderSeed = 20240229;  // of images that are scored until decided

// A variant on its way from the job to its result.
struct Entry {
  AccuracyResult result;
  Json details = Json::object();
  std::unique_ptr<Executable> executable;
  OutputForm output;
  bool sent = false;
};

class AccuracyRun {
 public:
  AccuracyRun(const AccuracyJob& job, const Backend& backend, const Send& send)
      : job_(job), send_(send), backend_(backend) {
    for (const Variant& variant : job.variants) {
      Entry& entry = entries_.emplace_back();
      entry.result.variant = variant;
      entry.result.symbol = job.model.symbol;
      entry.result.params = job.model.params;
    }
  }

  void run() {
    try {
      load();
      calibrate();
      for (Entry& entry : entries_) guarded(entry, [&] { prepare(entry); });
      score();
    } catch (const Error& error) {
      for (Entry& entry : entries_) finish(entry, status_of(error), error.what());
    }
  }

 private:
  // An error ends this variant, not the others.
  template <class Work>
  void guarded(Entry& entry, const Work& work) {
    try {
      work();
    } catch (const Error& error) {
      finish(entry, status_of(error), error.what());
    } catch (const std::bad_alloc&) {
      finish(entry, Status::failed, "out of memory");
    }
  }

  void finish(Entry& entry, Status status, const std::string& reason) {
    if (std::exchange(entry.sent, true)) return;
    entry.result.status = status;
    entry.result.reason = reason;
    entry.result.details = json_text(entry.details);
    entry.executable.reset();
    send_(entry.result);
  }

  void load() {
    send_(ProgressMessage{"load", 0, 0});
    const ModelSpec& spec = job_.model;
    ImportOptions options{.image_shape = {},
                          .usual_shape = usual_image_shape(spec.name),
                          .output = spec.output,
                          .until = spec.until};
    if (spec.image_shape.rank() > 0) options.image_shape = spec.image_shape;
    model_ = load_model({spec.symbol, spec.params}, options);
    if (model_.quantized) throw Error(spec.symbol + ": is quantized already, expected FP32");
    find_excluded();
    preprocess_ = preprocess_for(model_, {spec.rgb_mean, spec.rgb_std});
    preprocess_.resize_short = spec.resize_short;
    preprocess_.fit = fit_for(model_.graph);
    check(preprocess_);
    dataset_ = open_dataset(spec.dataset.records, spec.dataset.open_options());
  }

  QuantScheme scheme(QuantizedDType dtype) const {
    return {.dtype = dtype,
            .exclude_first_conv = job_.model.exclude_first_conv,
            .excluded_layers = excluded_,
            .input_range = input_range(preprocess_)};
  }

  // Published lists of layers to exclude name nodes that other exports of the same network do not
  // have: that is worth a word, not a failed case.
  void find_excluded() {
    for (const std::string& name : layers_to_exclude(model_, job_.model.excluded_layers)) {
      if (model_.graph.find(name)) {
        excluded_.push_back(name);
      } else {
        warnings_.push_back("the network has no layer '" + name + "' to exclude");
      }
    }
  }

  // Every mode and number of batches in one pass. Without a table its variants fail, no others.
  void calibrate() {
    std::vector<std::string> modes;
    std::vector<int> batches;
    for (const Variant& variant : job_.variants) {
      if (variant.calib_batches == 0) continue;
      if (std::ranges::count(modes, variant.mode) == 0) modes.push_back(variant.mode);
      if (std::ranges::count(batches, variant.calib_batches) == 0) {
        batches.push_back(variant.calib_batches);
      }
    }
    if (modes.empty()) return;
    send_(ProgressMessage{"calibrate", 0, 0});
    const CalibrationSpec& spec = job_.model.dataset.calibration;
    try {
      const std::unique_ptr<Dataset> images = open_dataset(spec.records, {.labels = false});
      refuse_more_than(*images, batches);
      if (batches.empty()) return;
      const CalibrationData data{.dataset = *images,
                                 .preprocess = preprocess_,
                                 .first = spec.first,
                                 .batch_size = spec.batch_size,
                                 .decode_threads = job_.decode_threads,
                                 .shuffle = spec.shuffle,
                                 .shuffle_seed = static_cast<std::uint64_t>(spec.shuffle_seed)};
      // The automatic scheme observes every tensor that another type needs.
      calibrated_ = calibrate_model(model_, scheme(QuantizedDType::automatic),
                                    {backend_, job_.threads, job_.device}, data, modes, batches,
                                    job_.table_dir);
      calibration_shuffled_ = data.shuffled();
      calibration_notices_ = images->notices();
    } catch (const Error& error) {
      for (Entry& entry : entries_) {
        if (entry.result.variant.calib_batches > 0) {
          finish(entry, status_of(error), std::string("calibration: ") + error.what());
        }
      }
    }
  }

  // Fails the variants that need more batches than there are images for, and drops their numbers.
  void refuse_more_than(const Dataset& images, std::vector<int>& batches) {
    const CalibrationSpec& spec = job_.model.dataset.calibration;
    const std::int64_t left = std::max<std::int64_t>(images.size() - spec.first, 0);
    const std::int64_t full = (left + spec.batch_size - 1) / spec.batch_size;
    std::erase_if(batches, [full](int wanted) { return wanted > full; });
    for (Entry& entry : entries_) {
      const int wanted = entry.result.variant.calib_batches;
      if (wanted <= full) continue;
      finish(
          entry, Status::failed,
          fmt::format("calibration: {}: {} images after the first {}, {} batches of {}, expected "
                      "{} batches",
                      spec.records, left, spec.first, full, spec.batch_size, wanted));
    }
  }

  const CalibrationTable* table_for(const Variant& variant) const {
    if (variant.calib_batches == 0) return nullptr;
    const auto& tables = calibrated_.result.tables;
    const auto found = std::ranges::find_if(tables, [&variant](const CalibrationTable& table) {
      return table.mode == variant.mode && table.batches == variant.calib_batches;
    });
    if (found == tables.end()) throw Error("no calibration table for " + variant.name());
    return &*found;
  }

  void prepare(Entry& entry) {
    if (entry.sent) return;
    AccuracyResult& result = entry.result;
    result.model_hash = model_.hash;
    result.image_shape = model_.image_shape;
    if (!result.variant.quantized()) {
      compile(entry, model_.graph);
    } else {
      send_(ProgressMessage{"quantize " + result.variant.name(), 0, 0});
      quantize_variant(entry);
    }
    const std::string& weights = result.params.empty() ? result.symbol : result.params;
    const std::size_t bytes =
        is_zoo(weights) ? constant_bytes(model_.graph) : bytes_with_data(weights);
    result.metrics.push_back(make_metric("model_size", static_cast<double>(bytes)));
  }

  void quantize_variant(Entry& entry) {
    AccuracyResult& result = entry.result;
    const QuantizedDType wanted = quantized_dtype_from_string(result.variant.quantized_dtype);
    const QuantizedModel quantized =
        quantize(model_.graph, scheme(dtype_for(backend_, wanted)), table_for(result.variant));
    Json& layers = entry.details["fp32_layers"] = Json::array();
    for (const LeftInFp32& left : quantized.left_in_fp32) {
      layers.push_back({{"layer", left.node}, {"op", left.op}, {"reason", left.reason}});
    }
    const std::string directory = job_.directory(result.variant);
    std::filesystem::create_directories(directory);
    const ModelFiles files = quantized_files(directory, job_.model.name, result.variant.mode,
                                             result.variant.calib_batches);
    export_model(quantized.graph, files);
    result.symbol = files.symbol;
    result.params = files.params;
    if (result.variant.calib_batches > 0) note_calibration(entry);
    compile(entry, quantized.graph);
  }

  void note_calibration(Entry& entry) const {
    entry.details["calibration_reused"] = calibrated_.reused;
    if (calibration_shuffled_)
      entry.details["calibration_shuffle_seed"] = job_.model.dataset.calibration.shuffle_seed;
    if (calibrated_.reused) return;
    const CalibrationResult& result = calibrated_.result;
    entry.result.metrics.push_back(
        make_metric("calibration_seconds", result.inference_seconds + result.search_seconds));
  }

  void compile(Entry& entry, const Graph& graph) {
    entry.output = output_form(graph);
    const DetectionOptions& judging = job_.model.dataset.detection;
    ClassMap(job_.model.dataset.class_names)
        .expect(judging.network_classes.empty() ? entry.output.classes
                                                : std::ssize(judging.network_classes));
    entry.executable = compile_model(graph, backend_, job_.batch_size,
                                     {.threads = job_.threads,
                                      .observed = {},
                                      .float_math = float_math_of(entry.result.variant.precision),
                                      .device = job_.device});
  }

  void score() {
    std::vector<Entry*> scored;
    std::vector<Contestant> contestants;
    for (Entry& entry : entries_) {
      if (entry.sent) continue;
      scored.push_back(&entry);
      contestants.push_back({entry.executable.get(), entry.output, !draws_weights()});
    }
    if (scored.empty()) return;
    const DatasetSpec& spec = job_.model.dataset;
    Loader loader(*dataset_, preprocess_,
                  {.batch_size = job_.batch_size,
                   .first = spec.skip,
                   .count = spec.count,
                   .threads = job_.decode_threads,
                   .permutation_seed = decides(scored) ? std::optional(kOrderSeed) : std::nullopt});
    const Shape& shape = model_.image_shape;
    const std::vector<Score> scores = qbench::score(
        loader, {job_.batch_size, shape[0], shape[1], shape[2]}, contestants, spec.detection,
        [&](std::int64_t images, std::span<const Score* const> so_far) {
          report(images, loader.size());
          return !rule_ || !rule_->all_decided(so_far);
        });
    for (std::size_t i = 0; i < scored.size(); ++i) {
      if (rule_) note_decision(*scored[i], i, std::ssize(scores[i].predictions), loader.size());
      take(*scored[i], scores[i]);
    }
  }

  void note_decision(Entry& entry, std::size_t contestant, std::int64_t images,
                     std::int64_t of) const {
    Json& note = entry.details["scored_until_decided"];
    note = {{"margin", job_.until_margin}, {"images", images}, {"of", of}};
    if (entry.result.variant.precision != "fp32")
      note["verdict"] = to_string(rule_->verdict(contestant));
  }

  // Whether scoring may end early: there are a classifier in FP32 and others to compare with it.
  bool decides(const std::vector<Entry*>& scored) {
    if (job_.until_margin <= 0) return false;
    std::optional<std::size_t> fp32;
    for (std::size_t i = 0; i < scored.size(); ++i) {
      if (scored[i]->output.task != Task::classification) return false;
      if (scored[i]->result.variant.precision == "fp32") fp32 = i;
    }
    if (!fp32 || scored.size() < 2) return false;
    rule_.emplace(job_.until_margin, *fp32, scored.size());
    for (Entry* entry : scored) entry->result.decided_margin = job_.until_margin;
    return true;
  }

  bool draws_weights() const {
    return job_.model.params.empty() && !holds_parameters(job_.model.symbol);
  }

  void report(std::int64_t images, std::int64_t total) {
    const auto now = std::chrono::steady_clock::now();
    if (now - reported_ < kProgressInterval) return;
    send_(ProgressMessage{"score", images, total});
    reported_ = now;
  }

  void take(Entry& entry, const Score& score) {
    AccuracyResult& result = entry.result;
    std::vector<std::string> warnings = model_.notices;
    if (result.variant.quantized()) std::ranges::copy(warnings_, std::back_inserter(warnings));
    const bool other = job_.model.dataset.calibration.records != job_.model.dataset.records;
    if (result.variant.calib_batches > 0 && other)
      std::ranges::copy(calibration_notices_, std::back_inserter(warnings));
    std::ranges::copy(score.warnings, std::back_inserter(warnings));
    if (!warnings.empty()) entry.details["warnings"] = warnings;
    if (const Algorithms found = entry.executable->algorithms(); !found.empty())
      entry.details["algorithms"] = found;
    if (!score.failure.empty()) return finish(entry, Status::failed, score.failure);
    if (entry.output.task == Task::detection) {
      take_detections(entry, score);
    } else {
      const Accuracy accuracy = count_correct(score.predictions);
      const auto images = static_cast<double>(accuracy.images);
      const auto share = [images](std::int64_t right) {
        return static_cast<double>(right) / images;
      };
      result.metrics.push_back(make_metric("images", images));
      result.metrics.push_back(make_metric("top1", share(accuracy.correct_top1)));
      result.metrics.push_back(make_metric("top5", share(accuracy.correct_top5)));
      result.predictions = score.predictions;
    }
    finish(entry, score.mistrust.empty() ? Status::ok : Status::mistrusted, score.mistrust);
  }

  void take_detections(Entry& entry, const Score& score) const {
    const PrecisionSet precision(score.detections);
    const MeanPrecision mean = precision.mean();
    std::vector<MetricValue>& metrics = entry.result.metrics;
    metrics.push_back(make_metric("images", static_cast<double>(precision.images())));
    metrics.push_back(make_metric("map_voc07", mean.voc07));
    metrics.push_back(make_metric("map_area", mean.area));
    metrics.push_back(make_metric("map_coco", mean.coco));
    const std::vector<std::string> named = ClassMap(job_.model.dataset.class_names).names();
    entry.details["classes"] =
        class_details(precision.classes(), named.empty() ? dataset_->class_names() : named);
    entry.result.detections = score.detections;
  }

  const AccuracyJob& job_;
  const Send& send_;
  const Backend& backend_;
  std::vector<Entry> entries_;
  LoadedModel model_;
  std::vector<std::string> excluded_;
  std::vector<std::string> warnings_;  // of quantizing
  Preprocess preprocess_;
  std::unique_ptr<Dataset> dataset_;
  Calibrated calibrated_;
  bool calibration_shuffled_ = false;
  std::optional<StoppingRule> rule_;
  std::vector<std::string> calibration_notices_;
  std::chrono::steady_clock::time_point reported_;
};

}  // namespace

void run_accuracy_job(const AccuracyJob& job, const Send& send) {
  run_accuracy_job(job, find_backend(job.backend), send);
}

void run_accuracy_job(const AccuracyJob& job, const Backend& backend, const Send& send) {
  AccuracyRun(job, backend, send).run();
}

}  // namespace qbench
