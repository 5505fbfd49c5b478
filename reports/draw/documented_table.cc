// Published figures beside measured ones.
#include <fmt/format.h>

#include <string>

#include "reports/draw/tables.h"
#include "reports/judge/documented.h"
#include "reports/judge/networks.h"
#include "reports/text/text.h"

namespace qbench::text {

namespace {

std::string name_of(const std::string& metric) {
  if (metric == "top1") return "top-1";
  return metric == "top5" ? "top-5" : "mAP";
}

}  // namespace

Table documented_table(const Report& report) {
  Table table{.title = "Documented and measured",
              .columns = {word("Model"), word("Network"), word("Figure"), number("Documented"),
                          number("Measured"), number("Difference", "points"), word("Verdict")}};
  for (const DocumentedFigure& figure : documented_figures(report)) {
    const bool is_share = figure.metric.starts_with("top");
    const auto number_text = [is_share](double value) {
      return is_share ? percent(value) : fmt::format("{:.4f}", value);
    };
    Tone tone = Tone::plain;
    if (figure.verdict == DocumentedVerdict::better) tone = Tone::good;
    if (figure.verdict == DocumentedVerdict::worse) tone = Tone::bad;
    if (figure.verdict == DocumentedVerdict::not_run) tone = Tone::muted;
    const std::string absent(kAbsent);
    const bool is_fp32 = figure.variant == kFp32Variant;
    table.lines.push_back(
        {.entries = {{.text = figure.record->model},
                     {.text = figure.variant},
                     {.text = name_of(figure.metric)},
                     {.text = number_text(figure.documented)},
                     {.text = figure.measured ? number_text(*figure.measured) : absent,
                      .note = figure.measured ? percent(figure.interval) : std::string()},
                     {.text =
                          figure.measured ? percent(*figure.measured - figure.documented) : absent},
                     {.text = figure.text, .tone = tone}},
         .starts_group = is_fp32 && figure.metric != "top5"});
  }
  table.notes = {
      "In brackets: 95 % interval of the measured figure (top-1, top-5: Wilson; mAP: bootstrap "
      "over "
      "images), times 100. The documented figure counts as exact, and nothing is paired: which "
      "images it is of is not known.",
      "matches: all of the interval lies within 0.5 points of the documented figure (two one-sided "
      "tests at 2.5 % each). better, worse: it does not, and all of it lies to one side of the "
      "documented figure. inconclusive: it holds the documented figure."};
  return table;
}

}  // namespace qbench::text
