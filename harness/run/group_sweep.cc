#include "harness/run/group_sweep.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <tuple>
#include <utility>

#include "engine/core/error.h"
#include "engine/core/hash.h"
#include "engine/core/json_text.h"
#include "harness/accuracy/accuracy.h"
#include "harness/measure/latency_metrics.h"
#include "harness/run/accuracy_cache.h"
#include "harness/run/environment.h"
#include "harness/run/noise.h"
#include "reports/record/metrics.h"

namespace qbench {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kHashDigits = 16;   // of folders' names
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
  record.status = made.status;
  record.reason = made.reason;
  record.reproduce = made.reproduce;
  record.documented = made.documented;
  record.data_hash = group.data_hash;
  record.options_hash = made.options_hash;
  return record;
}

// On a child that did not do its job.
std::pair<Status, std::string> verdict_on(const LaunchResult& ended) {
  if (ended.status != Status::ok) return {ended.status, ended.reason};
  return {Status::failed, "the worker ended without a result"};
}

// What was timed should be what was scored.
void compare_algorithms(CaseRecord& record, const Algorithms& measured) {
  const Json details = Json::parse(record.details);
  if (!details.contains("algorithms") || details["algorithms"] == Json(measured)) return;
  add_warning(record, fmt::format("latency was measured with other kernels of f32 layers ({}) than "
                                  "accuracy ({}): their last bits differ",
                                  Json(measured).dump(), details["algorithms"].dump()));
}

template <class T>
void append(std::vector<T>& to, const std::vector<T>& from) {
  to.insert(to.end(), from.begin(), from.end());
}

}  // namespace

GroupSweep::GroupSweep(const Plan& plan, const Group& group, int device,
                       const SweepOptions& options, Recorder& recorder)
    : plan_(plan), group_(group), device_(device), options_(options), recorder_(recorder) {}

bool GroupSweep::run() {
  std::vector<Pending> pending;
  for (const Case& made : group_.cases) {
    CaseRecord record = blank_record(group_, made);
    record.started = record.finished = recorder_.now();
    if (made.status != Status::ok) {
      recorder_.put(record, made);
    } else if (std::optional<CaseRecord> earlier = recorder_.take_reusable(made)) {
      earlier->reproduce = record.reproduce;
      recorder_.put(*earlier, made);
      if (earlier->precision == "fp32") fp32_ = earlier->predictions.items();
    } else {
      pending.push_back({&made, std::move(record), {}});
    }
  }
  return pending.empty() || run_pending(pending);
}

bool GroupSweep::run_pending(std::vector<Pending>& pending) {
  std::vector<Variant> variants;
  for (const Pending& p : pending) {
    if (std::ranges::count(variants, p.made->variant) == 0) variants.push_back(p.made->variant);
  }
  if (!score(variants)) return false;
  for (Pending& p : pending) {
    const AccuracyResult& accuracy = *find(p.made->variant);
    if (accuracy.variant.precision == "fp32") fp32_ = accuracy.predictions;
    describe(accuracy, p.record);
  }
  const int rounds = plan_.suite.measure.rounds;
  for (int round = 1; round <= rounds; ++round) {
    for (std::size_t i = 0; i < pending.size(); ++i) {
      // Every other round goes backwards, so that a machine that slows down slows all alike.
      Pending& p = pending[round % 2 == 1 ? i : pending.size() - 1 - i];
      if (!measure(p)) return false;
      if (round == rounds) finish(p);
    }
  }
  return true;
}

void GroupSweep::finish(Pending& pending) {
  CaseRecord& record = pending.record;
  if (!record.latency_ns.empty())
    append(record.metrics,
           latency_metrics(record.latency_ns, record.latency_counts, record.batch_size));
  append(record.metrics, device_metrics(pending.device));
  if (const auto warning = clock_warning(pending.device)) add_warning(record, *warning);
  judge_noise(pending.noise, plan_.suite.measure, record);
  add_agreement(record);
  record.finished = recorder_.now();
  recorder_.put(record, *pending.made);
}

// Accuracy of all variants, each scored at most once. False when interrupted.
bool GroupSweep::score(const std::vector<Variant>& variants) {
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

LaunchResult GroupSweep::score_in_child(const std::vector<Variant>& variants) {
  AccuracyJob job = accuracy_job(variants);
  job.device = device_;
  const auto on_line = [&](std::string_view line) {
    Message message = decode_message(line);
    if (const auto* step = std::get_if<ProgressMessage>(&message)) {
      recorder_.working(group_.name(), *step);
    } else if (auto* result = std::get_if<AccuracyResult>(&message)) {
      if (std::ranges::count(job.variants, result->variant) == 0 || find(result->variant)) {
        throw Error("the worker sent a result nobody asked for");
      }
      save_accuracy(cache_path(result->variant), *result);
      results_.push_back(std::move(*result));
    }
  };
  return recorder_.launch(
      encode(job), plan_.suite.timeout_seconds * static_cast<double>(variants.size()), on_line);
}

// Without the device, which decides nothing that is kept.
AccuracyJob GroupSweep::accuracy_job(const std::vector<Variant>& variants) const {
  const Axes& axes = plan_.suite.axes;
  AccuracyJob job;
  job.model = group_.model;
  job.backend = group_.backend;
  job.batch_size = std::min(std::ranges::max(axes.batch_sizes), kLargestScoringBatch);
  job.threads = std::ranges::max(axes.threads);
  job.decode_threads = std::max(1, options_.decode_threads / group_.devices);
  // A table is of the program and the backend that made it.
  const std::string maker = Hasher().add(plan_.program).add(group_.backend).hex();
  job.table_dir = folder("tables/" + maker.substr(0, kHashDigits));
  // Equal folders hold equal models: whatever decides what is saved there is in their name.
  const std::string hash = Hasher().add(group_.files_hash).add(encode(job)).hex();
  job.output_dir = folder("models/" + job.model.name + "-" + hash.substr(0, kHashDigits));
  job.variants = variants;
  job.until_margin = plan_.suite.until_margin;
  return job;
}

const AccuracyResult* GroupSweep::find(const Variant& variant) const {
  const auto found = std::ranges::find(results_, variant, &AccuracyResult::variant);
  return found == results_.end() ? nullptr : &*found;
}

// What scoring found, into the record.
void GroupSweep::describe(const AccuracyResult& accuracy, CaseRecord& record) const {
  record.status = accuracy.status;
  record.reason = accuracy.reason;
  record.metrics = accuracy.metrics;
  record.predictions = accuracy.predictions;
  record.detections = accuracy.detections;
  record.decided_margin = accuracy.decided_margin;
  record.model_hash = accuracy.model_hash;
  record.details = details(accuracy);
}

std::string GroupSweep::details(const AccuracyResult& accuracy) const {
  Json json = Json::parse(accuracy.details, nullptr, false);
  if (!json.is_object()) json = Json::object();
  if (accuracy.variant.calib_batches > 0) {
    for (const std::string& warning : group_.warnings) json["warnings"].push_back(warning);
  }
  return json_text(json);
}

// What a process of its own measured, or why it did not. Nothing when interrupted.
std::optional<LatencyResult> GroupSweep::time_once(const Case& made) {
  std::optional<LatencyResult> result;
  const LaunchResult ended = recorder_.launch(
      encode(latency_job(made)), plan_.suite.timeout_seconds, [&](std::string_view line) {
        Message message = decode_message(line);
        if (const auto* step = std::get_if<ProgressMessage>(&message)) {
          recorder_.working(made.name, *step);
        } else if (auto* measured = std::get_if<LatencyResult>(&message)) {
          result = std::move(*measured);
        }
      });
  if (ended.interrupted) return std::nullopt;
  if (!result || ended.status != Status::ok) {
    result.emplace();
    std::tie(result->status, result->reason) = verdict_on(ended);
  }
  return result;
}

// One round of latency samples, added to the record. False when interrupted.
bool GroupSweep::measure(Pending& pending) {
  CaseRecord& record = pending.record;
  if (record.status != Status::ok && record.status != Status::mistrusted) return true;
  const MeasureOptions& options = plan_.suite.measure;
  std::optional<LatencyResult> result;
  std::optional<std::string> disturbed;
  while (true) {
    result = time_once(*pending.made);
    if (!result) return false;
    disturbed = disturbance(result->interference, record.threads, usable_cores());
    // As many rounds again as were asked for, in all.
    const bool again = disturbed && result->status == Status::ok && options.mistrust_noise &&
                       pending.noise.measured_again < options.rounds;
    if (!again) break;
    ++pending.noise.measured_again;
  }
  if (disturbed) pending.noise.disturbed.push_back(*disturbed);
  pending.noise.rounds.push_back(result->interference);
  // Memory and the like: of the first round.
  if (record.latency_ns.empty()) {
    append(record.metrics, result->metrics);
    if (result->status == Status::ok) compare_algorithms(record, result->algorithms);
  }
  append(record.latency_ns, result->latency_ns);
  record.latency_counts.push_back(static_cast<int>(result->latency_ns.size()));
  pending.device.append(result->device);
  if (result->status != Status::ok) {
    record.status = result->status;
    record.reason = "measuring latency: " + result->reason;
  }
  return true;
}

LatencyJob GroupSweep::latency_job(const Case& made) const {
  const AccuracyResult& accuracy = *find(made.variant);
  LatencyJob job;
  job.symbol = accuracy.symbol;
  job.params = accuracy.params;
  job.image_shape = accuracy.image_shape;
  if (!made.variant.quantized()) {  // a saved pair ends where the model was ended
    job.output = group_.model.output;
    job.until = group_.model.until;
  }
  job.backend = group_.backend;
  job.device = device_;
  job.precision = made.variant.precision;
  job.batch_size = made.batch_size;
  job.threads = made.threads;
  job.measure = plan_.suite.measure.of_one_round();
  return job;
}

void GroupSweep::add_agreement(CaseRecord& record) const {
  const bool comparable = record.precision != "fp32" && !record.predictions.empty() &&
                          record.predictions.size() == fp32_.size();
  if (!comparable) return;
  const auto same = static_cast<double>(count_same_top1(fp32_, record.predictions));
  record.metrics.push_back(make_metric("agreement", same / static_cast<double>(fp32_.size())));
}

std::string GroupSweep::folder(const std::string& name) const {
  return (std::filesystem::path(options_.work_dir) / name).string();
}

// The id of a case says what the accuracy depends on, and a little more.
std::string GroupSweep::cache_path(const Variant& variant) const {
  const auto found = std::ranges::find(group_.cases, variant, &Case::variant);
  const std::string id = found == group_.cases.end() ? "" : found->id;
  return folder("accuracy/" + Hasher().add(id).add(encode(accuracy_job({}))).hex() + ".json");
}

}  // namespace qbench
