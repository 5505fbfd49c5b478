// Judges one gate on records made by hand.
#pragma once

#include <fmt/format.h>

#include <string>
#include <vector>

#include "reports/judge/gate_summary.h"
#include "reports/judge/gates.h"
#include "tests/reports/synthetic.h"

namespace qbench {

inline Gate gate(const char* metric, GateKind kind, double bound) {
  return {.metric = metric, .kind = kind, .bound = bound};
}

inline Report report_of(std::vector<CaseRecord> cases) {
  Run run;
  run.cases = std::move(cases);
  return make_report(std::move(run));
}

struct Judged {
  GateSummary::Outcome outcome = GateSummary::Outcome::not_judged;
  std::string rule;
  std::string note;
  std::vector<std::string> failing;  // "CASE: WORD: REASON"
  std::vector<Verdict> verdicts;
};

inline Judged judged(const Gate& gate, const std::vector<CaseRecord>& records,
                     const Circumstances& circumstances = {}) {
  Judged result;
  result.verdicts = judge({&gate, 1}, report_of(records), circumstances);
  const GateSummary summary = summarize_gates(result.verdicts).at(0);
  result.outcome = summary.outcome;
  result.rule = summary.rule;
  result.note = summary.note;
  for (const Verdict* verdict : summary.failing) {
    result.failing.push_back(
        fmt::format("{}: {}: {}", verdict->case_id, to_string(verdict->word), verdict->reason));
  }
  return result;
}

}  // namespace qbench
