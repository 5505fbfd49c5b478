// The gates of a run, and the cases that make them fail.
#include <fmt/format.h>

#include <algorithm>

#include "reports/draw/tables.h"
#include "reports/judge/gate_summary.h"
#include "reports/text/text.h"

namespace qbench::text {
namespace {

std::string case_name(const Report& report, const Verdict& verdict) {
  const auto found = std::ranges::find(report.run.cases, verdict.case_id, &CaseRecord::case_id);
  return found == report.run.cases.end() ? verdict.case_id : describe(*found);
}

std::string_view word_of(GateSummary::Outcome outcome) {
  switch (outcome) {
    case GateSummary::Outcome::passed:
      return "passed";
    case GateSummary::Outcome::failed:
      return "FAILED";
    case GateSummary::Outcome::not_judged:
      break;
  }
  return "not judged";
}

Tone tone_of(GateSummary::Outcome outcome) {
  switch (outcome) {
    case GateSummary::Outcome::passed:
      return Tone::good;
    case GateSummary::Outcome::failed:
      return Tone::bad;
    case GateSummary::Outcome::not_judged:
      break;
  }
  return Tone::muted;
}

// "3 of 5 cases", "5 cases"
std::string cases_of(const GateSummary& gate) {
  const auto cases = static_cast<std::int64_t>(gate.cases);
  if (gate.failing.empty()) return cases == 0 ? "" : plural(cases, "case");
  return fmt::format("{} of {}", gate.failing.size(), plural(cases, "case"));
}

// "[0.68, 0.74]"; what a margin was judged by is in its reason.
std::string interval_of(const Verdict& verdict) {
  if (!verdict.interval || verdict.kind == "margin") return {};
  return fmt::format("[{:.4g}, {:.4g}]", verdict.interval->low, verdict.interval->high);
}

Line case_line(const Report& report, const GateSummary& gate, const Verdict& verdict) {
  return {.entries = {{.text = gate.rule},
                      {.text = std::string(to_string(verdict.word)),
                       .tone = verdict.failed ? Tone::bad : Tone::plain},
                      {.text = case_name(report, verdict)},
                      {.text = verdict.reason, .note = interval_of(verdict)}},
          .starts_group = false};
}

}  // namespace

Table verdict_table(const Report& report) {
  Table table{.title = "Gates",
              .columns = {word("Gate"), word("Verdict"), word("Cases"), word("Found")}};
  for (const GateSummary& gate : summarize_gates(report.run.verdicts)) {
    table.lines.push_back(
        {.entries = {{.text = gate.rule},
                     {.text = std::string(word_of(gate.outcome)), .tone = tone_of(gate.outcome)},
                     {.text = cases_of(gate)},
                     {.text = gate.note}},
         .starts_group = true});
    for (const Verdict* verdict : gate.failing)
      table.lines.push_back(case_line(report, gate, *verdict));
    for (const Verdict* verdict : gate.remarkable)
      table.lines.push_back(case_line(report, gate, *verdict));
  }
  table.notes = {
      "Below each gate: the cases that make it fail, and those that pass though there is more to "
      "say. Values are in the unit of the metric, accuracies as fractions; in brackets their 95 % "
      "intervals. The value decides, but where a drop is to be shown."};
  if (std::ranges::count(report.run.verdicts, "margin", &Verdict::kind) == 0) return table;
  table.notes.emplace_back(
      "drop shown to be below a margin: all of the interval of the paired drop lies below it. "
      "worse: all of it lies above. inconclusive: it holds the margin. Intervals are at Holm's "
      "level for the cases of the gate: a wrong ok, or a wrong worse, among all of them at 2.5 %.");
  return table;
}

std::vector<Spoken> verdict_lines(const Report& report, std::size_t most) {
  std::vector<Spoken> lines;
  for (const GateSummary& gate : summarize_gates(report.run.verdicts)) {
    std::string text = fmt::format("gate {}: {}", word_of(gate.outcome), gate.rule);
    if (!gate.failing.empty()) text += fmt::format(" ({})", cases_of(gate));
    if (!gate.note.empty()) text += fmt::format(" ({})", gate.note);
    const bool failed = gate.outcome == GateSummary::Outcome::failed;
    lines.push_back({one_line(text), failed ? Tone::bad : Tone::plain});
    std::vector<const Verdict*> named = gate.failing;
    named.insert(named.end(), gate.remarkable.begin(), gate.remarkable.end());
    for (std::size_t i = 0; i < std::min(named.size(), most); ++i) {
      const std::string interval = interval_of(*named[i]);
      lines.push_back({one_line(fmt::format("  {}: {}: {}{}{}", case_name(report, *named[i]),
                                            to_string(named[i]->word), named[i]->reason,
                                            interval.empty() ? "" : " ", interval))});
    }
    if (named.size() > most) lines.push_back({fmt::format("  and {} more", named.size() - most)});
  }
  return lines;
}

std::string gates_outcome(const Report& report) {
  std::int64_t passed = 0;
  std::int64_t failed = 0;
  std::int64_t not_judged = 0;
  for (const GateSummary& gate : summarize_gates(report.run.verdicts)) {
    if (gate.outcome == GateSummary::Outcome::passed) ++passed;
    if (gate.outcome == GateSummary::Outcome::failed) ++failed;
    if (gate.outcome == GateSummary::Outcome::not_judged) ++not_judged;
  }
  const std::int64_t all = passed + failed + not_judged;
  if (all == 0) return {};
  std::string text = fmt::format("{} of {} passed", count(passed), plural(all, "gate"));
  if (failed > 0) text += fmt::format(", {} FAILED", count(failed));
  if (not_judged > 0) text += fmt::format(", {} not judged", count(not_judged));
  return text;
}

}  // namespace qbench::text
