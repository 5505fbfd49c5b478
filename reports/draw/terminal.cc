// The short table that ends a sweep.
#include <fmt/format.h>

#include <algorithm>

#include "reports/draw/exporters.h"
#include "reports/draw/tables.h"
#include "reports/judge/documented.h"
#include "reports/judge/networks.h"
#include "reports/text/text.h"

namespace qbench {
namespace {

constexpr int kLeastWidth = 60;
constexpr std::size_t kAccuracy = 8;
constexpr std::size_t kDrop = 23;
constexpr std::size_t kLatency = 10;
constexpr std::size_t kSpeedup = 10;

// Ends of a speed-up's interval that lie further apart than this: the figure is marked "~".
constexpr double kRoughSpread = 1.2;

enum class Style { plain, bold, dim, good, bad };

Style style_of(text::Tone tone) {
  switch (tone) {
    case text::Tone::plain:
      return Style::plain;
    case text::Tone::good:
      return Style::good;
    case text::Tone::bad:
      return Style::bad;
    case text::Tone::muted:
      return Style::dim;
  }
  return Style::plain;
}

class Screen {
 public:
  Screen(int width, bool color)
      : name_(static_cast<std::size_t>(std::max(width, kLeastWidth)) - kAccuracy - kDrop -
              kLatency - kSpeedup),
        color_(color) {}

  void titles() {
    left("", Style::dim);
    right("accuracy", kAccuracy, Style::dim);
    right("drop, 95 % interval", kDrop, Style::dim);
    right("median ms", kLatency, Style::dim);
    right("speed-up", kSpeedup, Style::dim);
    end();
  }
  void heading(const Row& row) {
    const std::string text =
        fmt::format("{}, {}, batch {}, {}", text::one_line(row.model), row.backend, row.batch_size,
                    text::plural(row.threads, "thread"));
    paint(text::fit(text, name_ + kAccuracy + kDrop + kLatency + kSpeedup), Style::bold);
    end();
  }
  void cell(const Report& report, const Cell& cell, bool baseline);
  void line(std::string_view text, Style style = Style::plain) {
    paint(text, style);
    end();
  }
  void verdicts(const Report& report);
  void documented(const Report& report);
  // Explains a mark, if it was used.
  void legend() {
    if (any_rough_) line("~ rough: the 95 % interval spans more than a fifth", Style::dim);
  }
  std::string take() { return std::move(out_); }

 private:
  void paint(std::string_view text, Style style) {
    static constexpr std::string_view kCodes[] = {"", "\x1b[1m", "\x1b[2m", "\x1b[32m", "\x1b[31m"};
    const bool painted = color_ && style != Style::plain && !text.empty();
    if (painted) out_ += kCodes[static_cast<std::size_t>(style)];
    out_ += text;
    if (painted) out_ += "\x1b[0m";
  }
  void left(const std::string& text, Style style) {
    const std::string shown = text::fit(text, name_);
    paint(shown, style);
    out_.append(name_ - text::display_width(shown), ' ');
  }
  void right(const std::string& text, std::size_t width, Style style) {
    const std::size_t taken = text::display_width(text);
    out_.append(taken < width ? width - taken : 0, ' ');
    paint(text, style);
  }
  void end() {
    out_.erase(out_.find_last_not_of(' ') + 1);
    out_ += '\n';
  }

  std::size_t name_;
  bool color_;
  bool any_rough_ = false;
  std::string out_;
};

std::string accuracy(const CaseRecord& record) {
  if (const auto top1 = record.metric("top1")) return text::percent(*top1);
  for (const char* name : {"map_voc07", "map_area"}) {
    if (const auto map = record.metric(name)) return fmt::format("{:.4f}", *map);
  }
  return std::string(text::kAbsent);
}

std::string median_latency(const CaseRecord& record) {
  if (!record.latency_ns.empty()) {
    if (const auto typical = typical_latency(record.latency_ns, record.latency_counts))
      return text::milliseconds(typical->value);
  }
  const auto measured = record.metric("latency_median");
  return measured ? text::milliseconds(*measured) : std::string(text::kAbsent);
}

void Screen::cell(const Report& report, const Cell& cell, bool baseline) {
  const CaseRecord& record = report.record(cell);
  left("  " + text::one_line(cell.variant), Style::plain);
  if (!record.proves_accuracy()) {
    right(text::describe(record.status), kAccuracy + kDrop + kLatency + kSpeedup, Style::bad);
    return end();
  }
  right(accuracy(record), kAccuracy, Style::plain);
  if (cell.top1 || cell.precision) {
    const Interval& limits = cell.top1 ? cell.top1->drop_interval : cell.precision->voc07.interval;
    const double drop = cell.top1 ? cell.top1->counts.drop() : cell.precision->voc07.value;
    const Style style = style_of(text::tone_of_drop(limits));
    right(fmt::format("{} {}", text::percent(drop), text::percent(limits)), kDrop, style);
  } else {
    right(baseline ? "" : std::string(text::kAbsent), kDrop, Style::dim);
  }
  if (!record.proves_latency()) {
    right(text::describe(record.status), kLatency + kSpeedup, Style::bad);
    return end();
  }
  right(median_latency(record), kLatency, Style::plain);
  if (cell.speedup) {
    const std::optional<Interval>& limits = cell.speedup->interval;
    const Style style = !limits            ? Style::plain
                        : limits->low > 1  ? Style::good
                        : limits->high < 1 ? Style::bad
                                           : Style::plain;
    const bool rough = !limits || limits->high > kRoughSpread * limits->low;
    right((rough ? "~" : "") + text::times(cell.speedup->value), kSpeedup, style);
    any_rough_ = any_rough_ || rough;
  }
  end();
}

void Screen::verdicts(const Report& report) {
  constexpr std::size_t kNamed = 5;  // cases of one gate
  for (const text::Spoken& spoken : text::verdict_lines(report, kNamed))
    line(spoken.text, style_of(spoken.tone));
}

void Screen::documented(const Report& report) {
  constexpr std::size_t kVariant = 23;
  constexpr std::size_t kDocumented = 11;
  constexpr std::size_t kMeasured = 10;
  constexpr std::size_t kDifference = 8;
  const std::vector<DocumentedFigure> figures = documented_figures(report);
  if (figures.empty()) return;
  if (!out_.empty()) end();
  const std::size_t line = name_ + kAccuracy + kDrop + kLatency + kSpeedup;
  const std::size_t verdict = line - kVariant - kDocumented - kMeasured - kDifference - 2;
  const auto pad = [this](const std::string& text, std::size_t width) {
    out_.append(width - std::min(width, text::display_width(text)), ' ');
  };
  out_.append(kVariant, ' ');
  right("documented", kDocumented, Style::dim);
  right("measured", kMeasured, Style::dim);
  right("diff.", kDifference, Style::dim);
  end();
  std::string model;
  for (const DocumentedFigure& figure : figures) {
    if (figure.record->model != model) {
      model = figure.record->model;
      this->line(text::fit(text::one_line(model), line), Style::bold);
    }
    const bool share = figure.metric.starts_with("top");
    const auto number = [share](double value) {
      return share ? text::percent(value) : fmt::format("{:.4f}", value);
    };
    const std::string name = figure.metric == "top5"
                                 ? "    top-5"
                                 : text::fit("  " + text::one_line(figure.variant), kVariant);
    paint(name, Style::plain);
    pad(name, kVariant);
    right(number(figure.documented), kDocumented, Style::plain);
    const std::string absent(text::kAbsent);
    right(figure.measured ? number(*figure.measured) : absent, kMeasured, Style::plain);
    right(figure.measured ? text::percent(*figure.measured - figure.documented) : absent,
          kDifference, Style::plain);
    const Style style = figure.verdict == DocumentedVerdict::worse    ? Style::bad
                        : figure.verdict == DocumentedVerdict::better ? Style::good
                                                                      : Style::plain;
    out_ += "  ";
    const std::string said = figure.images_needed ? fmt::format("inconclusive (n≥{})",
                                                                text::about(*figure.images_needed))
                                                  : text::one_line(figure.text);
    paint(text::fit(said, verdict), style);
    end();
  }
}

// Rows of which nothing was tried are told below the table, not in it.
bool was_tried(const Report& report, const Row& row) {
  const std::vector<const Cell*> cells = cells_of(row);
  return std::any_of(cells.begin(), cells.end(), [&report](const Cell* cell) {
    return report.record(*cell).status != Status::skipped;
  });
}

}  // namespace

std::string render_verdicts(const Report& report, bool color) {
  Screen screen(kLeastWidth, color);
  screen.verdicts(report);
  return screen.take();
}

std::string render_terminal(const Report& report, int width, bool color) {
  Screen screen(width, color);
  screen.verdicts(report);
  if (!text::gates_outcome(report).empty()) screen.line("");
  bool any_tried = false;
  for (const Row& row : report.rows) {
    if (!was_tried(report, row)) continue;
    if (!any_tried) screen.titles();
    any_tried = true;
    screen.heading(row);
    if (row.fp32) screen.cell(report, *row.fp32, true);
    for (const Cell& cell : row.compared) screen.cell(report, cell, false);
  }
  screen.legend();
  if (const std::string decided = text::decided_note(report); !decided.empty())
    screen.line(decided);
  screen.documented(report);
  screen.line("");
  for (const text::Remark& problem : text::problems(report)) {
    screen.line(fmt::format("{}: {}", problem.subject, text::one_line(problem.text)), Style::bad);
  }
  for (const text::Remark& warning : text::warnings(report)) {
    screen.line(fmt::format("warning: {}: {}", text::one_line(warning.subject),
                            text::one_line(warning.text)));
  }
  screen.line(fmt::format("{}: {}", text::one_line(report.run.info.suite), text::outcome(report)),
              Style::bold);
  return screen.take();
}

}  // namespace qbench
