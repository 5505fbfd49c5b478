// The comparison of two runs on a terminal and as Markdown.
#include "reports/draw/run_comparison.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "reports/draw/grid.h"
#include "reports/draw/markdown_table.h"
#include "reports/text/text.h"

namespace qbench {
namespace {

using text::Entry;
using text::Line;
using text::Table;
using text::Tone;
using Standing = CellChange::Standing;

constexpr std::size_t kHeadings = 4;  // Model, Backend, Batch, Threads
constexpr std::size_t kCore = 3;      // Precision, Accuracy lost, Latency

struct Remark {
  std::string text;
  Tone tone = Tone::plain;
};

Entry absent() { return {.text = std::string(text::kAbsent), .tone = Tone::muted}; }

Tone tone_of(const MetricChange& change) {
  const bool sure = change.interval && !change.interval->contains(0);
  if (!sure) return Tone::plain;
  return change.worse > 0 ? Tone::bad : Tone::good;
}

// top-1 where there is one, else mAP.
const MetricChange* accuracy_of(const CellChange& cell) {
  const MetricChange* top1 = cell.find("top1");
  return top1 != nullptr ? top1 : cell.find("map");
}

Entry lost_entry(const CellChange& cell) {
  const MetricChange* change = accuracy_of(cell);
  if (change == nullptr) return absent();
  if (!change->unknown.empty()) {
    const bool other = std::ranges::count(cell.remarks, "other images") > 0;
    return {.text = other ? "other images" : "not measured", .tone = Tone::bad};
  }
  if (cell.identical) return {.text = "identical", .tone = Tone::good};
  return {.text = text::percent(change->worse),
          .note = text::percent(*change->interval),
          .tone = tone_of(*change)};
}

Entry accuracies(const CellChange& cell) {
  const MetricChange* change = accuracy_of(cell);
  if (change == nullptr || !change->before || !change->after) return absent();
  return {.text = fmt::format("{} → {}", text::percent(*change->before),
                              text::percent(*change->after))};
}

Entry latency_entry(const CellChange& cell) {
  const MetricChange* change = cell.find("latency");
  if (change == nullptr || change->lost) return absent();
  const bool corrected = cell.latency && cell.latency->corrected;
  Entry entry{.text = (corrected ? "" : "~") + text::change(change->worse)};
  if (change->interval)
    entry.note = fmt::format("[{}, {}]", text::change(change->interval->low),
                             text::change(change->interval->high));
  if (corrected) entry.tone = tone_of(*change);
  return entry;
}

Entry weight_entry(const CellChange& cell, std::string_view metric) {
  const MetricChange* change = cell.find(metric);
  if (change == nullptr || !change->unknown.empty()) return absent();
  return {.text = change->worse == 0 ? "=" : text::change(change->worse)};
}

Entry milliseconds(const CellChange& cell) {
  const MetricChange* change = cell.find("latency");
  if (change == nullptr || !change->before || !change->after) return absent();
  return {.text = fmt::format("{} → {}", text::milliseconds(*change->before),
                              text::milliseconds(*change->after))};
}

Entry agreement_entry(const CellChange& cell) {
  if (!cell.agreement || cell.agreement->total == 0) return absent();
  return {.text = text::percent(cell.agreement->rate())};
}

// A cell that stands in one run alone or was not measured in both: a word in place of figures.
std::string standing(const RunComparison& comparison, const CellChange& cell) {
  switch (cell.standing) {
    case Standing::compared:
      return {};
    case Standing::missing:
      return "missing";
    case Standing::added:
      return "new";
    case Standing::broken:
      return text::describe(comparison.after.cases[*cell.after].status);
    case Standing::mended:
      return "ok again";
    case Standing::not_ok:
      return "not ok in both";
  }
  return {};
}

std::vector<Entry> figures(const RunComparison& comparison, const CellChange& cell) {
  if (cell.standing != Standing::compared) {
    std::vector<Entry> entries(7, absent());
    const bool bad = cell.standing == Standing::missing || cell.standing == Standing::broken;
    entries.front() = {.text = standing(comparison, cell), .tone = bad ? Tone::bad : Tone::muted};
    return entries;
  }
  return {lost_entry(cell),           latency_entry(cell), weight_entry(cell, "memory"),
          weight_entry(cell, "size"), accuracies(cell),    milliseconds(cell),
          agreement_entry(cell)};
}

std::string row_of(const CaseRecord& r) {
  return fmt::format("{}\n{}\n{}\n{}\n{}", r.model, r.dataset, r.backend, r.batch_size, r.threads);
}

// Cells by row, rows in the order in which they are first met.
std::vector<const CellChange*> by_row(const RunComparison& comparison) {
  std::vector<std::string> rows;
  for (const CellChange& cell : comparison.cells) {
    const std::string row = row_of(comparison.record(cell));
    if (std::ranges::count(rows, row) == 0) rows.push_back(row);
  }
  std::vector<const CellChange*> cells;
  for (const CellChange& cell : comparison.cells) cells.push_back(&cell);
  std::ranges::stable_sort(cells, {}, [&](const CellChange* cell) {
    return std::ranges::find(rows, row_of(comparison.record(*cell))) - rows.begin();
  });
  return cells;
}

std::string or_nothing(const std::string& value) { return value.empty() ? "nothing" : value; }

std::string drift_text(const MachineDrift& drift) {
  const bool slower = drift.ratio >= 1;
  const std::string_view change = slower ? "more" : "less";
  return fmt::format(
      "Drift: all networks alike take {} % {} time (median of {}); latencies are "
      "corrected for it.",
      text::percent(slower ? drift.ratio - 1 : 1 - drift.ratio), change,
      text::plural(static_cast<std::int64_t>(drift.cells), "cell"));
}

// What to know before the figures.
std::vector<Remark> circumstances(const RunComparison& comparison) {
  std::vector<Remark> remarks;
  for (const std::string& notice : comparison.notices) remarks.push_back({"Notice: " + notice});
  for (const RunComparison::Difference& d : comparison.environment) {
    remarks.push_back(
        {fmt::format("Differs: {}: {} → {}", d.name, or_nothing(d.before), or_nothing(d.after)),
         Tone::muted});
  }
  if (!comparison.latency_refused.empty())
    remarks.push_back({"Latencies are not compared: " + comparison.latency_refused +
                       "; --any-machine compares them"});
  if (comparison.drift) remarks.push_back({drift_text(*comparison.drift)});
  std::size_t other_models = 0;
  for (const CellChange& cell : comparison.cells)
    other_models += std::ranges::count(cell.remarks, "other model") > 0 ? 1 : 0;
  if (other_models > 0) {
    remarks.push_back(
        {fmt::format("Notice: other model: in {} the file or how it is read is not "
                     "the same",
                     text::plural(static_cast<std::int64_t>(other_models), "cell"))});
  }
  return remarks;
}

constexpr std::size_t kNamed = 5;

void say(const RunComparison& comparison, const std::vector<Finding>& findings,
         std::string_view word, Tone tone, std::vector<Remark>& remarks) {
  for (std::size_t i = 0; i < std::min(findings.size(), kNamed); ++i) {
    remarks.push_back(
        {fmt::format("  {}{}: {}", word, comparison.cells[findings[i].cell].name, findings[i].text),
         tone});
  }
  if (findings.size() > kNamed)
    remarks.push_back({fmt::format("  {}and {} more", word, findings.size() - kNamed), tone});
}

std::string identical_text(const RunComparison& comparison, const TermVerdict& term) {
  constexpr std::array kOfPredictions = {"top1", "top5", "map", "flips", "agreement"};
  if (std::ranges::find(kOfPredictions, term.bound.metric) == kOfPredictions.end()) return {};
  std::int64_t identical = 0;
  for (const CellChange& cell : comparison.cells)
    identical += cell.identical && cell.find(term.bound.metric) != nullptr ? 1 : 0;
  return identical > 0 ? fmt::format(", {} with identical predictions", identical) : "";
}

void say_term(const RunComparison& comparison, const TermVerdict& term,
              std::vector<Remark>& remarks) {
  const bool failed = !term.worse.empty() || !term.lost.empty() || !term.run_wide.empty();
  std::string cells;
  if (term.bound.metric != "drift") {
    cells = text::plural(static_cast<std::int64_t>(term.judged), "cell") +
            identical_text(comparison, term);
    if (term.undecided > 0) cells += fmt::format(", {} too noisy to exclude it", term.undecided);
    if (!term.unknown.empty()) cells += fmt::format(", {} not judged", term.unknown.size());
    cells = " (" + cells + ")";
  }
  if (term.judged == 0 && term.unknown.empty()) return;  // no cell has the metric
  const char* word = failed ? "FAILED" : term.judged > 0 ? "passed" : "not judged";
  remarks.push_back({fmt::format("{}: {}{}{}", term.bound.text, word, cells,
                                 term.run_wide.empty() ? "" : ": " + term.run_wide),
                     failed ? Tone::bad : Tone::plain});
  say(comparison, term.worse, "", Tone::bad, remarks);
  say(comparison, term.lost, "", Tone::bad, remarks);
  say(comparison, term.suspects, "perhaps: ", Tone::plain, remarks);
  if (!term.unknown.empty())
    remarks.push_back({"  not judged: " + term.unknown.front().text, Tone::muted});
}

std::string conclusion(const FailOnVerdict& verdict) {
  switch (verdict.verdict) {
    case RunVerdict::same:
      return "Nothing is worse.";
    case RunVerdict::worse:
      return "Worse.";
    case RunVerdict::nothing:
      return "Not judged: " + verdict.reason + ".";
  }
  return {};
}

std::vector<Remark> verdicts(const RunComparison& comparison, const FailOnVerdict& verdict) {
  std::vector<Remark> remarks;
  if (!verdict.broken.empty()) {
    remarks.push_back(
        {fmt::format("Measured no more: {}",
                     text::plural(static_cast<std::int64_t>(verdict.broken.size()), "cell")),
         Tone::bad});
    say(comparison, verdict.broken, "", Tone::bad, remarks);
  }
  for (const TermVerdict& term : verdict.terms) say_term(comparison, term, remarks);
  const bool well = verdict.verdict == RunVerdict::same;
  remarks.push_back({conclusion(verdict), well ? Tone::good : Tone::bad});
  return remarks;
}

}  // namespace

Table change_of_runs(const RunComparison& comparison) {
  Table table{.title = "What changed",
              .columns = {text::word("Model"), text::word("Backend"), text::setting("Batch"),
                          text::setting("Threads"), text::word("Precision"),
                          text::number("Accuracy lost", "pp"), text::number("Latency", "%"),
                          text::number("Memory", "%"), text::number("Size", "%"),
                          text::number("Accuracy", "%"), text::number("Median", "ms"),
                          text::number("Same top-1", "%")}};
  std::string row;
  for (const CellChange* cell : by_row(comparison)) {
    const CaseRecord& record = comparison.record(*cell);
    Line line{.entries = {{.text = record.model},
                          {.text = record.backend},
                          {.text = fmt::format("{}", record.batch_size)},
                          {.text = fmt::format("{}", record.threads)},
                          {.text = cell->variant}},
              .starts_group = row_of(record) != row};
    row = row_of(record);
    for (Entry& entry : figures(comparison, *cell)) line.entries.push_back(std::move(entry));
    table.lines.push_back(std::move(line));
  }
  table.notes = {
      "Accuracy lost: top-1 (mAP, VOC07) of the earlier run less that of the later one on the same "
      "images, with its 95 % interval (Newcombe; paired bootstrap). Identical: every prediction is "
      "the same.",
      "Latency: what was added to the time of a batch, with its 95 % interval; without what FP32 "
      "of "
      "the same network, batch size and threads changed by in the same rounds, FP32 without the "
      "median of other networks. ~: with it, for want of a control."};
  return table;
}

std::string comparison_terminal(const RunComparison& comparison, const FailOnVerdict& verdict,
                                const RunNames& names, int width, bool color) {
  std::string out = render_line("Before: " + names.before, Tone::plain, width, color) +
                    render_line("After:  " + names.after, Tone::plain, width, color);
  for (const Remark& remark : circumstances(comparison))
    out += render_line(remark.text, remark.tone, width, color);
  out += '\n' +
         render_grid(change_of_runs(comparison), {.headings = kHeadings, .core = kCore}, width,
                     color) +
         '\n';
  for (const Remark& remark : verdicts(comparison, verdict))
    out += render_line(remark.text, remark.tone, width, color);
  return out;
}

std::string comparison_markdown(const RunComparison& comparison, const FailOnVerdict& verdict,
                                const RunNames& names) {
  using text::escape_markdown;
  std::string out = fmt::format("## qbench: two runs\n\n- Before: {}\n- After: {}\n",
                                escape_markdown(names.before), escape_markdown(names.after));
  for (const Remark& remark : circumstances(comparison))
    out += fmt::format("- {}\n", escape_markdown(remark.text));
  out += '\n' + markdown_table(change_of_runs(comparison)) + "### Verdict\n\n";
  for (const Remark& remark : verdicts(comparison, verdict)) {
    const bool inner = remark.text.starts_with("  ");
    out += fmt::format("{}- {}\n", inner ? "  " : "",
                       escape_markdown(inner ? remark.text.substr(2) : remark.text));
  }
  return out;
}

}  // namespace qbench
