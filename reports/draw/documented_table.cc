// Published figures beside measured ones.
#include <fmt/format.h>

#include <string>

#include "reports/draw/tables.h"
#include "reports/judge/documented.h"
#include "reports/judge/networks.h"
#include "reports/text/text.h"

namespace qbench::text {

Table documented_table(const Report& report) {
  Table table{.title = "Documented and measured",
              .columns = {word("Model"), word("Network"), word("Figure"), number("Documented"),
                          number("Measured"), number("Difference", "points"), word("Verdict")}};
  for (const DocumentedFigure& figure : documented_figures(report)) {
    const bool is_top1 = figure.metric == "top1";
    const auto number_text = [is_top1](double value) {
      return is_top1 ? percent(value) : fmt::format("{:.4f}", value);
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
                     {.text = is_top1 ? "top-1" : "mAP"},
                     {.text = number_text(figure.documented)},
                     {.text = figure.measured ? number_text(*figure.measured) : absent,
                      .note = figure.measured ? percent(figure.interval) : std::string()},
                     {.text =
                          figure.measured ? percent(*figure.measured - figure.documented) : absent},
                     {.text = figure.text, .tone = tone}},
         .starts_group = is_fp32});
  }
  table.notes = {
      "In brackets: 95 % interval of the measured figure (top-1: Wilson; mAP: bootstrap over "
      "images), times 100.",
      "better, worse: the documented figure lies outside the interval, and more than 0.1 points "
      "away. matches: it does not, and the interval reaches at most 0.5 points to either side. "
      "inconclusive: the interval is wider."};
  return table;
}

}  // namespace qbench::text
