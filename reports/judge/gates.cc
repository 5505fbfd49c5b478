#include "reports/judge/gates.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include "reports/judge/gate_margin.h"
#include "reports/judge/gate_value.h"
#include "reports/text/text.h"

namespace qbench {
namespace {

using Word = Verdict::Word;

std::string_view name_of(GateKind kind) {
  switch (kind) {
    case GateKind::min:
      return "min";
    case GateKind::max:
      return "max";
    case GateKind::equals:
      return "equals";
    case GateKind::max_drop:
      return "max_drop";
    case GateKind::margin:
      return "margin";
  }
  return "";
}

bool is_drop(const Gate& gate) {
  return gate.kind == GateKind::max_drop || gate.kind == GateKind::margin;
}

// What cannot be had without the FP32 case itself. How many guesses agree is recorded.
bool needs_fp32(const Gate& gate) {
  return is_drop(gate) || (compares_with_fp32(gate.metric) && gate.metric != "agreement");
}

bool counts_images(const Gate& gate) {
  return gate.kind == GateKind::equals || gate.metric.starts_with("correct_top");
}

bool was_tried(const CaseRecord& record) {
  return record.status != Status::skipped && record.status != Status::unsupported;
}

bool is_about_classifiers(const Gate& gate) {
  return gate.metric.starts_with("top") || gate.metric.starts_with("correct_top") ||
         gate.metric == "flips" || gate.metric == "agreement";
}

bool is_about_detectors(const Gate& gate) { return gate.metric.starts_with("map_"); }

// Whether the metric is of classifiers and the case of a detector, or the other way round. What a
// case that has no result is of, others of its model tell.
bool of_other_task(const Gate& gate, const CaseRecord& record,
                   const std::vector<CaseRecord>& records) {
  for (const CaseRecord& r : records) {
    if (r.model != record.model || r.dataset != record.dataset) continue;
    if (!r.detections.empty() || r.metric("map_voc07")) return is_about_classifiers(gate);
    if (!r.predictions.empty() || r.metric("top1")) return is_about_detectors(gate);
  }
  return false;
}

bool concerns(const Gate& gate, const CaseRecord& record, const std::vector<CaseRecord>& records) {
  if (gate.of.models.empty() && of_other_task(gate, record, records)) return false;
  if (record.precision == "fp32" && (is_drop(gate) || compares_with_fp32(gate.metric)))
    return false;
  return gate.of.matches(record);
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

bool proves(const CaseRecord& record, const Gate& gate) {
  return is_timed(gate.metric) ? record.proves_latency() : record.proves_accuracy();
}

std::string why_no_result(const CaseRecord& record) {
  const std::string text = text::describe(record.status);
  return record.reason.empty() ? text : text + ": " + record.reason;
}

// A case that cannot be judged, which fails the gate.
void no_result(Verdict& verdict, std::string reason, bool mistrusted = false) {
  verdict.word = mistrusted ? Word::mistrusted : Word::not_judged;
  verdict.failed = true;
  verdict.reason = std::move(reason);
}

// Comparisons are such that what is no number misses.
bool misses(const Gate& gate, double value) {
  switch (gate.kind) {
    case GateKind::min:
      return !(value >= gate.bound);
    case GateKind::max:
      return !(value <= gate.bound);
    case GateKind::equals:
      return differ_by_more(value, gate.bound, gate.tolerance) ||
             differ_by_more(gate.bound, value, gate.tolerance);
    case GateKind::max_drop:
    case GateKind::margin:
      break;
  }
  return true;
}

void judge_value(const Gate& gate, const CaseRecord& record, const Cell& cell, Verdict& verdict) {
  const std::optional<GateValue> found = gate_value(gate.metric, record, cell);
  if (!found) return no_result(verdict, "was not measured");
  verdict.value = found->value;
  verdict.interval = found->interval;
  verdict.failed = !std::isfinite(found->value) || misses(gate, found->value);
  verdict.word = verdict.failed ? Word::worse : Word::ok;
  verdict.reason = fmt::format("found {:g}", found->value);
}

void judge_drop(const Gate& gate, const CaseRecord& fp32, const CaseRecord& record,
                const Cell& cell, Verdict& verdict) {
  const std::optional<GateValue> before = gate_value(gate.metric, fp32, {});
  const std::optional<GateValue> after = gate_value(gate.metric, record, cell);
  if (!after) return no_result(verdict, "was not measured");
  if (!before) return no_result(verdict, "was not measured for its FP32 case");
  verdict.value = before->value - after->value;
  verdict.interval = gate_drop_interval(gate.metric, cell);
  verdict.failed = differ_by_more(before->value, after->value, gate.bound);
  verdict.word = verdict.failed ? Word::worse : Word::ok;
  verdict.reason = fmt::format("{} from {:g} to {:g}", *verdict.value < 0 ? "rose" : "fell",
                               before->value, after->value);
}

// One gate on one run.
class GateJudge {
 public:
  GateJudge(const Gate& gate, const Report& report, const Circumstances& circumstances)
      : gate_(gate), report_(report), circumstances_(circumstances) {}

  std::vector<Verdict> run() {
    if (counts_images(gate_) && circumstances_.other_images)
      return {whole("other images than the suite's were scored")};
    collect();
    if (gate_.kind == GateKind::margin) judge_margins();
    if (judged_ == 0) verdicts_.push_back(nothing());
    for (const KnownFailure& known : gate_.known_failures) forgive(known);
    return std::move(verdicts_);
  }

 private:
  struct Open {
    std::size_t verdict;
    const CaseRecord* fp32;
    const CaseRecord* record;
    const Cell* cell;
  };

  Verdict about(const std::string& case_id) const {
    return {.rule = describe(gate_),
            .kind = std::string(name_of(gate_.kind)),
            .place = gate_.place,
            .case_id = case_id,
            .bound = gate_.bound};
  }
  Verdict whole(std::string reason) const {
    Verdict verdict = about("");
    verdict.reason = std::move(reason);
    return verdict;
  }

  // The FP32 case that differs from `record` in precision alone.
  const CaseRecord* baseline(const Row& row, const CaseRecord& record) const {
    if (!row.fp32) return nullptr;
    const CaseRecord& fp32 = report_.record(*row.fp32);
    return fp32.data_hash == record.data_hash ? &fp32 : nullptr;
  }

  void collect() {
    struct Place {
      const Row* row = nullptr;
      const Cell* cell = nullptr;
    };
    const std::vector<CaseRecord>& records = report_.run.cases;
    std::vector<Place> places(records.size());
    for (const Row& row : report_.rows) {
      for (const Cell* cell : cells_of(row)) places.at(cell->index) = {&row, cell};
    }
    for (std::size_t i = 0; i < records.size(); ++i) {
      if (concerns(gate_, records[i], records))
        take(records[i], *places[i].cell, baseline(*places[i].row, records[i]));
    }
  }

  void take(const CaseRecord& record, const Cell& cell, const CaseRecord* fp32) {
    if (needs_fp32(gate_) && fp32 == nullptr && !circumstances_.narrowed_by.empty()) return;
    ++concerned_;
    Verdict& verdict = verdicts_.emplace_back(about(record.case_id));
    if (!was_tried(record)) {
      verdict.reason = why_no_result(record);
      return;
    }
    ++judged_;
    if (!proves(record, gate_))
      return no_result(verdict, why_no_result(record), record.status == Status::mistrusted);
    if (needs_fp32(gate_) && fp32 == nullptr)
      return no_result(verdict, "has no FP32 case to compare with");
    if (fp32 != nullptr && (needs_fp32(gate_) || compares_with_fp32(gate_.metric)) &&
        !proves(*fp32, gate_)) {
      return no_result(verdict, "its FP32 case is " + why_no_result(*fp32),
                       fp32->status == Status::mistrusted);
    }
    if (gate_.kind == GateKind::margin) {
      open_.push_back({verdicts_.size() - 1, fp32, &record, &cell});
    } else if (gate_.kind == GateKind::max_drop) {
      judge_drop(gate_, *fp32, record, cell, verdict);
    } else {
      judge_value(gate_, record, cell, verdict);
    }
  }

  void judge_margins() {
    std::vector<MarginCase> cases;
    for (const Open& open : open_)
      cases.push_back({open.fp32, open.record, open.cell, &verdicts_[open.verdict]});
    judge_margin(gate_, cases);
  }

  // Without a case that was tried: on purpose, or a gate that proves nothing and must not pass.
  Verdict nothing() const {
    const std::string& narrowed_by = circumstances_.narrowed_by;
    if (concerned_ == 0 && !narrowed_by.empty()) return whole("left out by " + narrowed_by);
    Verdict verdict =
        whole(concerned_ == 0   ? "no case of the run is about it"
              : concerned_ == 1 ? std::string("its one case could not be run")
                                : fmt::format("none of its {} cases could be run", concerned_));
    verdict.failed = !gate_.optional;
    return verdict;
  }

  // Of several known failures that a case is among, the first counts.
  bool is_of(const KnownFailure& known, const Verdict& verdict) const {
    const auto record = std::ranges::find(report_.run.cases, verdict.case_id, &CaseRecord::case_id);
    if (verdict.case_id.empty() || record == report_.run.cases.end()) return false;
    const auto first = std::ranges::find_if(
        gate_.known_failures, [&](const KnownFailure& each) { return each.of.matches(*record); });
    return first != gate_.known_failures.end() && &*first == &known;
  }

  void forgive(const KnownFailure& known) {
    const bool over = circumstances_.today > known.until;
    std::size_t passed = 0;
    std::size_t missed = 0;
    for (Verdict& verdict : verdicts_) {
      const bool bound_was_judged = verdict.word == Word::ok || verdict.word == Word::worse ||
                                    verdict.word == Word::inconclusive;
      if (!bound_was_judged || !is_of(known, verdict)) continue;
      if (!verdict.failed) {
        ++passed;
        continue;
      }
      ++missed;
      if (over) {
        verdict.reason +=
            fmt::format("; expected until {}, which is over: {}", known.until, known.reason);
      } else {
        verdict.word = Word::ok;
        verdict.failed = false;
        verdict.reason = fmt::format("expected failure: {} ({})", known.reason, verdict.reason);
      }
    }
    if (passed == 0 || missed > 0) return;
    Verdict verdict = whole(
        fmt::format("XPASS: passes though expected to fail ({}): its xfail can go", known.reason));
    verdict.word = Word::ok;
    verdict.failed = known.strict;
    verdicts_.push_back(std::move(verdict));
  }

  const Gate& gate_;
  const Report& report_;
  const Circumstances& circumstances_;
  std::vector<Verdict> verdicts_;
  std::vector<Open> open_;  // of margin: judged together, when all are known
  std::size_t concerned_ = 0;
  std::size_t judged_ = 0;
};

}  // namespace

std::vector<Verdict> judge(std::span<const Gate> gates, const Report& report,
                           const Circumstances& circumstances) {
  std::vector<Verdict> verdicts;
  for (const Gate& gate : gates) {
    std::vector<Verdict> more = GateJudge(gate, report, circumstances).run();
    std::ranges::move(more, std::back_inserter(verdicts));
  }
  return verdicts;
}

}  // namespace qbench
