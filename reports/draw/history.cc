// The history of a metric on a terminal, as Markdown and as JSON.
#include "reports/draw/history.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <nlohmann/json.hpp>

#include "engine/core/json_text.h"
#include "reports/draw/grid.h"
#include "reports/draw/markdown_table.h"
#include "reports/text/text.h"

namespace qbench {
namespace {

using json = nlohmann::ordered_json;
using text::Table;
using text::Tone;

constexpr int kSchema = 1;
constexpr std::size_t kHeadings = 4;  // Model, Backend, Batch, Threads
constexpr std::size_t kCore = 4;      // Precision, Course, Newest, Last step
constexpr std::size_t kSpark = 16;

std::string value_text(const History& history, const HistorySeries& series, double value) {
  if (series.is_drift) return text::times(value);
  if (history.unit == "fraction") return text::percent(value);
  if (history.unit == "ns") return text::milliseconds(value);
  if (history.unit == "bytes") return text::megabytes(value);
  return text::rate(value);
}

std::string unit_text(const History& history) {
  if (history.unit == "fraction") return "%";
  if (history.unit == "ns") return "ms";
  if (history.unit == "bytes") return "MB";
  return history.unit;
}

bool is_accuracy(const History& history) { return history.unit == "fraction"; }

std::string worse_text(const History& history, const HistoryStep& step) {
  return is_accuracy(history) ? text::percent(-step.worse) + " pp"
                              : text::change(step.worse) + " %";
}

std::int64_t run_of(const History& history, const HistorySeries& series, const HistoryStep& step) {
  return history.runs[series.points[step.first].run].id;
}

Tone tone_of(const HistoryStep& step) {
  if (step.alarm) return step.fresh ? Tone::bad : Tone::plain;
  return step.worse < 0 ? Tone::good : Tone::muted;
}

// Nothing is said of a throughput that rises as of a latency that does: `worse` has the direction.
std::string describe(const History& history, const HistorySeries& series, const HistoryStep& step) {
  const double change = history.metric == "throughput" ? -step.worse : step.worse;
  const std::string size =
      is_accuracy(history) ? text::percent(-step.worse) + " pp" : text::change(change) + " %";
  std::string text = fmt::format("run {}: {} → {} ({})", run_of(history, series, step),
                                 value_text(history, series, step.before),
                                 value_text(history, series, step.after), size);
  if (step.p_value) text += fmt::format(", p {}", text::p_value(step.adjusted));
  return text;
}

std::string name_of(const HistorySeries& series) {
  return series.is_drift ? series.cell.model : text::describe(series.cell);
}

std::vector<std::string> remarks(const History& history, const std::vector<std::string>& notices) {
  std::vector<std::string> lines;
  for (const std::string& notice : notices) lines.push_back("Notice: " + notice);
  for (const HistorySeries& series : history.series)
    for (const std::string& remark : series.remarks)
      lines.push_back(fmt::format("Notice: {}: {}", name_of(series), remark));
  return lines;
}

struct Sentence {
  std::string text;
  Tone tone = Tone::plain;
};

std::vector<Sentence> alarms(const History& history) {
  std::vector<Sentence> sentences;
  std::int64_t known = 0;
  for (const HistorySeries& series : history.series) {
    for (const HistoryStep& step : series.steps) {
      if (!step.alarm) continue;
      if (!step.fresh) {
        ++known;
        continue;
      }
      sentences.push_back(
          {fmt::format("WORSE: {}: since {}", name_of(series), describe(history, series, step)),
           Tone::bad});
    }
  }
  if (known > 0)
    sentences.push_back({fmt::format("{} to the worse came to light in earlier runs",
                                     text::plural(known, "step"))});
  if (!has_fresh_alarm(history)) sentences.push_back({"No new step to the worse.", Tone::good});
  return sentences;
}

}  // namespace

std::string sparkline(std::span<const HistoryPoint> points, std::size_t most) {
  constexpr std::array kHeights = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  if (points.size() > most) points = points.last(most);
  if (points.empty()) return {};
  const auto [low, high] = std::ranges::minmax(points, {}, &HistoryPoint::level);
  std::string line;
  for (const HistoryPoint& point : points) {
    const double range = high.level - low.level;
    const double share = range > 0 ? (point.level - low.level) / range : 0.5;
    line += kHeights.at(
        std::min(static_cast<std::size_t>(share * kHeights.size()), kHeights.size() - 1));
  }
  return line;
}

Table history_table(const History& history) {
  const std::string unit = unit_text(history);
  Table table{.title = "Course of " + history.metric,
              .columns = {text::word("Model"), text::word("Backend"), text::setting("Batch"),
                          text::setting("Threads"), text::word("Precision"), text::word("Course"),
                          text::number("Newest", unit), text::word("Last step"),
                          text::number("Runs"), text::number("Steps")}};
  const HistorySeries* before = nullptr;
  for (const HistorySeries& series : history.series) {
    const CaseRecord& cell = series.cell;
    const bool same =
        before != nullptr && before->cell.model == cell.model &&
        before->cell.dataset == cell.dataset && before->cell.backend == cell.backend &&
        before->cell.batch_size == cell.batch_size && before->cell.threads == cell.threads;
    before = &series;
    const HistoryStep* step = series.steps.empty() ? nullptr : &series.steps.back();
    const std::string mark = series.uncorrected ? "~" : "";
    const std::string newest = mark + value_text(history, series, series.points.back().value);
    table.lines.push_back(
        {.entries = {{.text = cell.model},
                     {.text = series.is_drift ? "" : cell.backend},
                     {.text = series.is_drift ? "" : fmt::format("{}", cell.batch_size)},
                     {.text = series.is_drift ? "" : fmt::format("{}", cell.threads)},
                     {.text = series.variant},
                     {.text = sparkline(series.points, kSpark)},
                     {.text = newest},
                     {.text = step == nullptr
                                  ? std::string(text::kAbsent)
                                  : fmt::format("run {}: {}", run_of(history, series, *step),
                                                worse_text(history, *step)),
                      .tone = step == nullptr ? Tone::muted : tone_of(*step)},
                     {.text = fmt::format("{}", series.points.size())},
                     {.text = fmt::format("{}", series.steps.size())}},
         .starts_group = !same});
  }
  if (history.metric == "latency" || history.metric == "throughput") {
    table.notes = {
        "Course and steps are without what the machine changed by: FP32 beside a cell, or the "
        "median "
        "of other networks. ~: with it, for want of a control."};
  }
  table.notes.emplace_back(
      "A step: the run it began with, and by how much what follows is worse (below 0: better).");
  return table;
}

std::string history_terminal(const History& history, const std::string& title,
                             const std::vector<std::string>& notices, int width, bool color) {
  std::string out = render_line(title, Tone::plain, width, color);
  for (const std::string& remark : remarks(history, notices))
    out += render_line(remark, Tone::muted, width, color);
  out += '\n' +
         render_grid(history_table(history), {.headings = kHeadings, .core = kCore}, width, color) +
         '\n';
  for (const Sentence& sentence : alarms(history))
    out += render_line(sentence.text, sentence.tone, width, color);
  return out;
}

std::string history_markdown(const History& history, const std::string& title,
                             const std::vector<std::string>& notices) {
  using text::escape_markdown;
  std::string out = fmt::format("## qbench: {}\n\n", escape_markdown(title));
  for (const std::string& remark : remarks(history, notices))
    out += fmt::format("- {}\n", escape_markdown(remark));
  out += '\n' + markdown_table(history_table(history)) + "### Steps\n\n";
  for (const Sentence& sentence : alarms(history))
    out += fmt::format("- {}\n", escape_markdown(sentence.text));
  return out;
}

std::string history_json(const History& history, const std::string& title,
                         const std::vector<std::string>& notices) {
  const auto number = [](double value) {
    return std::isfinite(value) ? json(value) : json(nullptr);
  };
  json runs = json::array();
  for (const RunInfo& run : history.runs)
    runs.push_back({{"id", run.id}, {"started", run.started}});
  json list = json::array();
  for (const HistorySeries& series : history.series) {
    json points = json::array();
    for (const HistoryPoint& point : series.points)
      points.push_back({{"run", history.runs[point.run].id},
                        {"value", number(point.value)},
                        {"corrected", number(point.level)}});
    json steps = json::array();
    for (const HistoryStep& step : series.steps)
      steps.push_back({{"run", run_of(history, series, step)},
                       {"before", number(step.before)},
                       {"after", number(step.after)},
                       {"worse", number(step.worse)},
                       {"p", step.p_value ? json(*step.p_value) : json(nullptr)},
                       {"p_adjusted", step.adjusted},
                       {"alarm", step.alarm},
                       {"fresh", step.fresh}});
    const CaseRecord& cell = series.cell;
    list.push_back({{"name", name_of(series)},
                    {"drift", series.is_drift},
                    {"model", cell.model},
                    {"dataset", cell.dataset},
                    {"backend", cell.backend},
                    {"precision", cell.precision},
                    {"mode", cell.mode},
                    {"calib_batches", cell.calib_batches},
                    {"quantized_dtype", cell.quantized_dtype},
                    {"batch_size", cell.batch_size},
                    {"threads", cell.threads},
                    {"uncorrected", series.uncorrected},
                    {"remarks", series.remarks},
                    {"points", std::move(points)},
                    {"steps", std::move(steps)}});
  }
  const json object = {{"schema", kSchema},
                       {"title", title},
                       {"metric", history.metric},
                       {"unit", history.unit},
                       {"bigger_is_better", history.bigger_is_better},
                       {"notices", notices},
                       {"runs", std::move(runs)},
                       {"series", std::move(list)},
                       {"worse", has_fresh_alarm(history)}};
  return json_text(object, 1) + '\n';
}

}  // namespace qbench
