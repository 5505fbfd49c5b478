#include "harness/suite/gates.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <optional>

namespace qbench {
namespace {

bool matches(const std::string& wanted, const std::string& found) {
  return wanted.empty() || wanted == found;
}

bool ran(const CaseRecord& record) {
  return record.status == Status::ok || record.status == Status::mistrusted;
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
  if (gate.min) bounds.push_back(fmt::format("at least {:g}", *gate.min));
  if (gate.max) bounds.push_back(fmt::format("at most {:g}", *gate.max));
  if (gate.max_drop) bounds.push_back(fmt::format("drop at most {:g}", *gate.max_drop));
  if (gate.equals) {
    bounds.push_back(fmt::format("{:g}", *gate.equals) +
                     (gate.tolerance > 0 ? fmt::format(" +- {:g}", gate.tolerance) : ""));
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
           r.backend == other.backend && r.batch_size == other.batch_size &&
           r.threads == other.threads;
  });
  return found == records.end() ? nullptr : &*found;
}

// Why the case misses the gate; empty when it does not.
std::string missed(const Gate& gate, const CaseRecord& record,
                   std::span<const CaseRecord> records) {
  const std::optional<double> value = value_of(gate, record);
  if (!value) return "was not measured";
  std::string found = fmt::format("found {:g}", *value);
  if (gate.min && *value < *gate.min) return found;
  if (gate.max && *value > *gate.max) return found;
  if (gate.equals && std::fabs(*value - *gate.equals) > gate.tolerance) return found;
  if (!gate.max_drop) return {};
  const CaseRecord* fp32 = baseline_of(record, records);
  const std::optional<double> before = fp32 == nullptr ? std::nullopt : value_of(gate, *fp32);
  if (!before) return "has no FP32 case to compare with";
  if (*before - *value > *gate.max_drop)
    return fmt::format("fell from {:g} to {:g}", *before, *value);
  return {};
}

// Whether the metric is of classifiers and the case of a detector, or the other way round.
bool of_other_task(const Gate& gate, const CaseRecord& record) {
  const bool classifiers = gate.metric.starts_with("top") || gate.metric.starts_with("correct_top");
  return record.detections.empty() ? gate.metric.starts_with("map_") : classifiers;
}

bool concerns(const Gate& gate, const CaseRecord& record) {
  if (gate.model.empty() && of_other_task(gate, record)) return false;
  return matches(gate.model, record.model) && matches(gate.precision, record.precision) &&
         matches(gate.mode, record.mode) && matches(gate.backend, record.backend) &&
         (!gate.max_drop || record.precision != "fp32");
}

}  // namespace

GateVerdict judge(const Gate& gate, std::span<const CaseRecord> records, bool other_images) {
  GateVerdict verdict{GateOutcome::not_judged, describe(gate), "no case of it was run"};
  if (gate.equals && other_images) {
    verdict.reason = "other images than the suite's were scored";
    return verdict;
  }
  for (const CaseRecord& record : records) {
    if (!ran(record) || !concerns(gate, record)) continue;
    const std::string reason = missed(gate, record, records);
    if (!reason.empty()) {
      verdict.outcome = GateOutcome::failed;
      verdict.reason = describe(record) + ": " + reason;
      return verdict;
    }
    verdict.outcome = GateOutcome::passed;
    verdict.reason.clear();
  }
  return verdict;
}

std::vector<GateVerdict> judge(const Suite& suite, std::span<const CaseRecord> records) {
  std::vector<GateVerdict> verdicts;
  for (const Gate& gate : suite.gates) {
    verdicts.push_back(judge(gate, records, suite.other_images));
  }
  return verdicts;
}

}  // namespace qbench
