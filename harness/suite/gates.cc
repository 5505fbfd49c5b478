#include "harness/suite/gates.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include "reports/record/metrics.h"

namespace qbench {
namespace {

bool matches(const std::string& wanted, const std::string& found) {
  return wanted.empty() || wanted == found;
}

bool was_tried(const CaseRecord& record) {
  return record.status != Status::skipped && record.status != Status::unsupported;
}

std::string describe(const CaseRecord& r) {
  std::string text = fmt::format("{} {}", r.model, r.precision);
  if (!r.mode.empty()) text += " " + r.mode;
  if (r.calib_batches > 0) text += fmt::format(" {} batches", r.calib_batches);
  return text + fmt::format(", batch {}, {} threads, {}", r.batch_size, r.threads, r.backend);
}

std::string describe(const Gate& gate) {
  std::vector<std::string> scope;
  for (const std::string* part : {&gate.model, &gate.precision, &gate.mode, &gate.backend}) {
    if (!part->empty()) scope.push_back(*part);
  }
  std::vector<std::string> bounds;
  if (gate.min) bounds.push_back(fmt::format("at least {}", *gate.min));
  if (gate.max) bounds.push_back(fmt::format("at most {}", *gate.max));
  if (gate.max_drop) bounds.push_back(fmt::format("drop at most {}", *gate.max_drop));
  if (gate.equals) {
    bounds.push_back(fmt::format("{}", *gate.equals) +
                     (gate.tolerance > 0 ? fmt::format(" +- {}", gate.tolerance) : ""));
  }
  return fmt::format("{}{}: {}", gate.metric,
                     scope.empty() ? "" : fmt::format(" of {}", fmt::join(scope, ", ")),
                     fmt::join(bounds, ", "));
}

std::optional<double> value_of(const Gate& gate, const CaseRecord& record) {
  const int k = gate.metric == "correct_top1" ? 1 : gate.metric == "correct_top5" ? 5 : 0;
  if (k == 0) return record.metric(gate.metric);
  if (record.predictions.empty()) return std::nullopt;
  return static_cast<double>(std::ranges::count_if(
      record.predictions, [k](const Prediction& prediction) { return prediction.right(k); }));
}

// The FP32 case that differs from `other` in precision alone.
const CaseRecord* baseline_of(const CaseRecord& other, std::span<const CaseRecord> records) {
  const auto found = std::ranges::find_if(records, [&other](const CaseRecord& r) {
    return r.precision == "fp32" && r.model == other.model && r.dataset == other.dataset &&
           r.data_hash == other.data_hash && r.backend == other.backend &&
           r.batch_size == other.batch_size && r.threads == other.threads;
  });
  return found == records.end() ? nullptr : &*found;
}

// Whether the difference of two values is above a bound. Each of the three is the double nearest to
// a decimal or to a fraction of images, at most half an ulp from it: what exceeds the bound by no
// more than that is equal to it. Fractions of a million images and bounds of eight digits are never
// that close to each other without being equal.
bool differ_by_more(double a, double b, double bound) {
  const double rounding =
      4 * std::numeric_limits<double>::epsilon() * std::max(std::fabs(a), std::fabs(b));
  return !(a - b <= bound + rounding);
}

bool is_timed(std::string_view metric) {
  const auto found = std::ranges::find(metrics(), metric, &MetricInfo::name);
  return found != metrics().end() && found->timed;
}

bool proves(const CaseRecord& record, const Gate& gate) {
  return is_timed(gate.metric) ? record.proves_latency() : record.proves_accuracy();
}

std::string why_no_result(const CaseRecord& record) {
  std::string text(to_string(record.status));
  std::ranges::replace(text, '_', ' ');
  return record.reason.empty() ? text : text + ": " + record.reason;
}

// Why the case misses the gate; empty when it does not. Comparisons are such that NaN misses.
std::string missed(const Gate& gate, const CaseRecord& record, const CaseRecord* fp32) {
  if (!proves(record, gate)) return why_no_result(record);
  const std::optional<double> value = value_of(gate, record);
  if (!value) return "was not measured";
  std::string found = fmt::format("found {:g}", *value);
  if (!std::isfinite(*value)) return found;
  if (gate.min && !(*value >= *gate.min)) return found;
  if (gate.max && !(*value <= *gate.max)) return found;
  if (gate.equals && (differ_by_more(*value, *gate.equals, gate.tolerance) ||
                      differ_by_more(*gate.equals, *value, gate.tolerance))) {
    return found;
  }
  if (!gate.max_drop) return {};
  if (fp32 == nullptr) return "has no FP32 case to compare with";
  if (!proves(*fp32, gate)) return "its FP32 case is " + why_no_result(*fp32);
  const std::optional<double> before = value_of(gate, *fp32);
  if (!before) return "has no FP32 case to compare with";
  if (differ_by_more(*before, *value, *gate.max_drop))
    return fmt::format("fell from {:g} to {:g}", *before, *value);
  return {};
}

bool is_about_classifiers(const Gate& gate) {
  return gate.metric.starts_with("top") || gate.metric.starts_with("correct_top");
}

bool is_about_detectors(const Gate& gate) { return gate.metric.starts_with("map_"); }

// Whether the metric is of classifiers and the case of a detector, or the other way round. What a
// case that has no result is of, others of its model tell.
bool of_other_task(const Gate& gate, const CaseRecord& record,
                   std::span<const CaseRecord> records) {
  for (const CaseRecord& r : records) {
    if (r.model != record.model || r.dataset != record.dataset) continue;
    if (!r.detections.empty() || r.metric("map_voc07")) return is_about_classifiers(gate);
    if (!r.predictions.empty() || r.metric("top1")) return is_about_detectors(gate);
  }
  return false;
}

bool concerns(const Gate& gate, const CaseRecord& record, std::span<const CaseRecord> records) {
  if (gate.model.empty() && of_other_task(gate, record, records)) return false;
  return matches(gate.model, record.model) && matches(gate.precision, record.precision) &&
         matches(gate.mode, record.mode) && matches(gate.backend, record.backend) &&
         (!gate.max_drop || record.precision != "fp32");
}

// The first few of many.
std::string enumerate(const std::vector<std::string>& misses, std::size_t judged) {
  constexpr std::size_t kNamed = 3;
  if (misses.size() == 1) return misses.front();
  const std::span<const std::string> named(misses.data(), std::min(misses.size(), kNamed));
  std::string text = fmt::format("{}", fmt::join(named, "; "));
  if (misses.size() > kNamed) text += fmt::format("; and {} more", misses.size() - kNamed);
  text += fmt::format("; {} of {} cases in all", misses.size(), judged);
  return text;
}

// Without a case that was tried: on purpose, or a gate that proves nothing and must not pass.
GateVerdict judge_nothing(const Gate& gate, std::size_t concerned, const std::string& narrowed_by) {
  GateVerdict verdict{GateOutcome::not_judged, describe(gate), {}};
  if (concerned == 0 && !narrowed_by.empty()) {
    verdict.reason = "left out by " + narrowed_by;
    return verdict;
  }
  verdict.reason = concerned == 0   ? "no case of the run is about it"
                   : concerned == 1 ? std::string("its one case could not be run")
                                    : fmt::format("none of its {} cases could be run", concerned);
  if (!gate.optional) verdict.outcome = GateOutcome::failed;
  return verdict;
}

}  // namespace

GateVerdict judge(const Gate& gate, std::span<const CaseRecord> records, const Suite& suite) {
  const bool counts_images = gate.equals || gate.metric.starts_with("correct_top");
  if (counts_images && suite.other_images) {
    return {GateOutcome::not_judged, describe(gate), "other images than the suite's were scored"};
  }
  std::size_t concerned = 0;
  std::size_t judged = 0;
  std::vector<std::string> misses;
  for (const CaseRecord& record : records) {
    if (!concerns(gate, record, records)) continue;
    const CaseRecord* fp32 = gate.max_drop ? baseline_of(record, records) : nullptr;
    if (gate.max_drop && fp32 == nullptr && !suite.narrowed_by.empty()) continue;
    ++concerned;
    if (!was_tried(record)) continue;
    ++judged;
    const std::string reason = missed(gate, record, fp32);
    if (!reason.empty()) misses.push_back(describe(record) + ": " + reason);
  }
  if (judged == 0) return judge_nothing(gate, concerned, suite.narrowed_by);
  if (!misses.empty()) return {GateOutcome::failed, describe(gate), enumerate(misses, judged)};
  GateVerdict verdict{GateOutcome::passed, describe(gate), {}};
  if (judged < concerned)
    verdict.reason =
        fmt::format("{} of its {} cases could not be run", concerned - judged, concerned);
  return verdict;
}

std::vector<GateVerdict> judge(const Suite& suite, std::span<const CaseRecord> records) {
  std::vector<GateVerdict> verdicts;
  for (const Gate& gate : suite.gates) {
    verdicts.push_back(judge(gate, records, suite));
  }
  return verdicts;
}

}  // namespace qbench
