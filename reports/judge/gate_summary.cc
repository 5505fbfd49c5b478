#include "reports/judge/gate_summary.h"

#include <fmt/format.h>

namespace qbench {
namespace {

bool was_judged(const Verdict& verdict) {
  return verdict.failed || verdict.word != Verdict::Word::not_judged;
}

bool is_remarkable(const Verdict& verdict) {
  return verdict.word == Verdict::Word::inconclusive ||
         verdict.reason.starts_with("expected failure");
}

void add(const Verdict& verdict, GateSummary& gate) {
  if (verdict.failed) {
    gate.outcome = GateSummary::Outcome::failed;
  } else if (verdict.word != Verdict::Word::not_judged &&
             gate.outcome == GateSummary::Outcome::not_judged) {
    gate.outcome = GateSummary::Outcome::passed;
  }
  if (verdict.case_id.empty()) {
    gate.note += (gate.note.empty() ? "" : "; ") + verdict.reason;
    return;
  }
  ++gate.cases;
  if (was_judged(verdict)) ++gate.judged;
  if (verdict.failed) gate.failing.push_back(&verdict);
  if (!verdict.failed && is_remarkable(verdict)) gate.remarkable.push_back(&verdict);
}

}  // namespace

std::vector<GateSummary> summarize_gates(std::span<const Verdict> verdicts) {
  std::vector<GateSummary> gates;
  for (const Verdict& verdict : verdicts) {
    if (verdict.kind == "documented") continue;
    if (gates.empty() || gates.back().rule != verdict.rule || gates.back().place != verdict.place)
      gates.push_back({.rule = verdict.rule, .place = verdict.place});
    add(verdict, gates.back());
  }
  for (GateSummary& gate : gates) {
    if (gate.note.empty() && gate.judged > 0 && gate.judged < gate.cases)
      gate.note =
          fmt::format("{} of its {} cases could not be run", gate.cases - gate.judged, gate.cases);
  }
  return gates;
}

}  // namespace qbench
