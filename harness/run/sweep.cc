#include "harness/run/sweep.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <tuple>
#include <utility>

#include "engine/core/error.h"
#include "engine/core/hash.h"
#include "harness/accuracy/accuracy.h"
#include "harness/measure/latency_metrics.h"
#include "harness/run/accuracy_cache.h"
#include "reports/record/metrics.h"

namespace qbench {
namespace {

using Json = nlohmann::json;

constexpr int kLargestScoringBatch = 32;  // larger ones only take memory

CaseRecord blank_record(const Group& group, const Case& made) {
  CaseRecord record;
  record.case_id = made.id;
  record.model = group.model.name;
  record.model_source = group.model.source;
  record.dataset = group.model.dataset.name;
  record.backend = group.backend;
  record.precision = made.variant.precision;
  record.mode = made.variant.mode;
  record.calib_batches = made.variant.calib_batches;
  record.quantized_dtype = made.variant.quantized_dtype;
  record.batch_size = made.batch_size;
  record.threads = made.threads;
  record.reproduce = made.reproduce;
  record.documented = made.documented;
  record.data_hash = group.data_hash;
  record.options_hash = made.options_hash;
  return record;
}

// A case waiting to be measured.
struct Pending {
  const Case* made = nullptr;
  CaseRecord record;
};

class GroupSweep {
 public:
  GroupSweep(const Plan& plan, const Group& group, const SweepOptions& options, Progress& progress)
      : plan_(plan), group_(group), options_(options), progress_(progress) {}

  // Accuracy of all variants, each scored at most once. False when interrupted.
  bool score(const std::vector<Variant>& variants) {
    std::vector<Variant> open;
    for (const Variant& variant : variants) {
      std::optional<AccuracyResult> known;
      if (options_.resume) known = load_accuracy(cache_path(variant));
      if (known) {
        results_.push_back(*std::move(known));
      } else {
        open.push_back(variant);
      }
    }
    if (open.empty()) return true;
    const LaunchResult together = score_in_child(open);
    if (together.interrupted) return false;
    const bool alone = open.size() == 1;
    std::erase_if(open, [this](const Variant& v) { return find(v) != nullptr; });
    for (const Variant& variant : open) {
      // Whatever ended the child, only the variant that does it again is to blame.
      const LaunchResult ended = alone ? together : score_in_child({variant});
      if (ended.interrupted) return false;
      if (find(variant) != nullptr) continue;
      AccuracyResult& lost = results_.emplace_back();
      lost.variant = variant;
      std::tie(lost.status, lost.reason) = verdict_on(ended);
    }
    return true;
  }

  const AccuracyResult* find(const Variant& variant) const {
    const auto found = std::ranges::find(results_, variant, &AccuracyResult::variant);
    return found == results_.end() ? nullptr : &*found;
  }

  // What scoring found, into the record.
  void describe(const Case& made, CaseRecord& record) const {
    const AccuracyResult& accuracy = *find(made.variant);
    record.status = accuracy.status;
    record.reason = accuracy.reason;
    record.metrics = accuracy.metrics;
    record.predictions = accuracy.predictions;
    record.detections = accuracy.detections;
    record.model_hash = accuracy.model_hash;
    record.details = details(accuracy);
  }

  // One round of latency samples, added to the record. False when interrupted.
  bool measure(const Case& made, CaseRecord& record) {
    if (record.status != Status::ok && record.status != Status::mistrusted) return true;
    return measure_latency(made, *find(made.variant), record);
  }

 private:
  AccuracyJob accuracy_job(const std::vector<Variant>& variants) const {
    const Axes& axes = plan_.suite.axes;
    AccuracyJob job;
    job.model = group_.model;
    job.backend = group_.backend;
    job.batch_size = std::min(std::ranges::max(axes.batch_sizes), kLargestScoringBatch);
    job.threads = std::ranges::max(axes.threads);
    job.decode_threads = options_.decode_threads;
    job.table_dir = folder("tables");
    // Equal folders hold equal models: whatever decides what is saved there is in their name.
    constexpr std::size_t kHashDigits = 16;
    const std::string hash = Hasher().add(group_.files_hash).add(encode(job)).hex();
    job.output_dir = folder("models/" + job.model.name + "-" + hash.substr(0, kHashDigits));
    job.variants = variants;
    return job;
  }

  std::string folder(const std::string& name) const {
    return (std::filesystem::path(options_.work_dir) / name).string();
  }

  LaunchResult score_in_child(const std::vector<Variant>& variants) {
    const AccuracyJob job = accuracy_job(variants);
    const auto on_line = [&](std::string_view line) {
      Message message = decode_message(line);
      if (const auto* step = std::get_if<ProgressMessage>(&message)) {
        progress_.working(group_.name(), *step);
      } else if (auto* result = std::get_if<AccuracyResult>(&message)) {
        if (std::ranges::count(job.variants, result->variant) == 0 || find(result->variant)) {
          throw Error("the worker sent a result nobody asked for");
        }
        save_accuracy(cache_path(result->variant), *result);
        results_.push_back(std::move(*result));
      }
    };
    return options_.launch(
        encode(job), plan_.suite.timeout_seconds * static_cast<double>(variants.size()), on_line);
  }

  // On a child that did not do its job.
  static std::pair<Status, std::string> verdict_on(const LaunchResult& ended) {
    if (ended.status != Status::ok) return {ended.status, ended.reason};
    return {Status::failed, "the worker ended without a result"};
  }

  bool measure_latency(const Case& made, const AccuracyResult& accuracy, CaseRecord& record) {
    LatencyJob job;
    job.symbol = accuracy.symbol;
    job.params = accuracy.params;
    job.image_shape = group_.model.image_shape;
    job.backend = group_.backend;
    job.batch_size = made.batch_size;
    job.threads = made.threads;
    job.measure = plan_.suite.measure;
    for (double* seconds : {&job.measure.warmup_seconds, &job.measure.max_seconds})
      *seconds /= job.measure.rounds;
    std::optional<LatencyResult> result;
    const LaunchResult ended =
        options_.launch(encode(job), plan_.suite.timeout_seconds, [&](std::string_view line) {
          Message message = decode_message(line);
          if (const auto* step = std::get_if<ProgressMessage>(&message)) {
            progress_.working(made.name, *step);
          } else if (auto* measured = std::get_if<LatencyResult>(&message)) {
            result = std::move(*measured);
          }
        });
    if (ended.interrupted) return false;
    if (!result || ended.status != Status::ok) {
      result.emplace();
      std::tie(result->status, result->reason) = verdict_on(ended);
    }
    if (record.latency_ns.empty())  // memory and the like: of the first round
      record.metrics.insert(record.metrics.end(), result->metrics.begin(), result->metrics.end());
    record.latency_ns.insert(record.latency_ns.end(), result->latency_ns.begin(),
                             result->latency_ns.end());
    if (result->status != Status::ok) {
      record.status = result->status;
      record.reason = "measuring latency: " + result->reason;
    }
    return true;
  }

  std::string details(const AccuracyResult& accuracy) const {
    Json json = Json::parse(accuracy.details, nullptr, false);
    if (!json.is_object()) json = Json::object();
    if (accuracy.variant.calib_batches > 0) {
      for (const std::string& warning : group_.warnings) json["warnings"].push_back(warning);
    }
    return json.dump(-1, ' ', false, Json::error_handler_t::replace);
  }

  // The id of a case says what the accuracy depends on, and a little more.
  std::string cache_path(const Variant& variant) const {
    const auto found = std::ranges::find(group_.cases, variant, &Case::variant);
    const std::string id = found == group_.cases.end() ? "" : found->id;
    return folder("accuracy/" + Hasher().add(id).add(encode(accuracy_job({}))).hex() + ".json");
  }

  const Plan& plan_;
  const Group& group_;
  const SweepOptions& options_;
  Progress& progress_;
  std::vector<AccuracyResult> results_;
};

class Sweep {
 public:
  Sweep(const Plan& plan, Store& store, std::int64_t run, const SweepOptions& options,
        Progress& progress)
      : plan_(plan), store_(store), run_(run), options_(options), progress_(progress) {}

  SweepResult run() {
    for (const Group& group : plan_.groups) {
      if (!run_group(group)) {
        result_.interrupted = true;
        break;
      }
    }
    return result_;
  }

 private:
  bool run_group(const Group& group) {
    fp32_.clear();
    std::vector<Pending> pending;
    for (const Case& made : group.cases) {
      CaseRecord record = blank_record(group, made);
      record.started = record.finished = options_.now();
      if (group.status != Status::ok) {
        record.status = group.status;
        record.reason = group.reason;
        put(record, made);
      } else if (std::optional<CaseRecord> earlier = reusable(made)) {
        earlier->reproduce = record.reproduce;
        ++result_.reused;
        put(*earlier, made);
        remember_fp32(*earlier);
      } else {
        pending.push_back({&made, std::move(record)});
      }
    }
    return pending.empty() || run_pending(group, pending);
  }

  bool run_pending(const Group& group, std::vector<Pending>& pending) {
    GroupSweep sweep(plan_, group, options_, progress_);
    std::vector<Variant> variants;
    for (const Pending& p : pending) {
      if (std::ranges::count(variants, p.made->variant) == 0) variants.push_back(p.made->variant);
    }
    if (!sweep.score(variants)) return false;
    for (const Pending& p : pending) {
      if (p.made->variant.precision == "fp32") fp32_ = sweep.find(p.made->variant)->predictions;
    }
    for (Pending& p : pending) sweep.describe(*p.made, p.record);
    const int rounds = plan_.suite.measure.rounds;
    for (int round = 1; round <= rounds; ++round) {
      for (Pending& p : pending) {
        if (!sweep.measure(*p.made, p.record)) return false;
        if (round == rounds) finish(p);
      }
    }
    return true;
  }

  void finish(Pending& pending) {
    CaseRecord& record = pending.record;
    if (!record.latency_ns.empty()) {
      const std::vector<MetricValue> latency =
          latency_metrics(record.latency_ns, record.batch_size);
      record.metrics.insert(record.metrics.end(), latency.begin(), latency.end());
    }
    add_agreement(record);
    record.finished = options_.now();
    put(record, *pending.made);
  }

  std::optional<CaseRecord> reusable(const Case& made) const {
    if (!options_.resume) return std::nullopt;
    return store_.find_reusable(made.id);
  }

  void remember_fp32(const CaseRecord& record) {
    if (record.precision == "fp32") fp32_ = record.predictions;
  }

  void add_agreement(CaseRecord& record) const {
    const bool comparable = record.precision == "int8" && !record.predictions.empty() &&
                            record.predictions.size() == fp32_.size();
    if (!comparable) return;
    const auto same = static_cast<double>(count_same_top1(fp32_, record.predictions));
    record.metrics.push_back(make_metric("agreement", same / static_cast<double>(fp32_.size())));
  }

  void put(const CaseRecord& record, const Case& made) {
    store_.put(run_, record);
    ++done_;
    progress_.case_done(record, made.name, done_, plan_.count_cases());
  }

  const Plan& plan_;
  Store& store_;
  const std::int64_t run_;
  const SweepOptions& options_;
  Progress& progress_;
  std::size_t done_ = 0;
  std::vector<Prediction> fp32_;  // of the group at hand
  SweepResult result_;
};

}  // namespace

SweepResult sweep(const Plan& plan, Store& store, std::int64_t run, const SweepOptions& options,
                  Progress& progress) {
  return Sweep(plan, store, run, options, progress).run();
}

}  // namespace qbench
