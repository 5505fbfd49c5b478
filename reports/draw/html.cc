// One self-contained HTML page: no script, nothing to load.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <vector>

#include "reports/draw/renderers.h"
#include "reports/draw/style.h"
#include "reports/draw/tables.h"
#include "reports/text/text.h"

namespace qbench {
namespace {

using text::escape_html;

// Of each column half the width of its widest interval, so that all whiskers share one axis.
std::vector<double> whisker_reaches(const text::Table& table) {
  std::vector<double> reaches(table.columns.size());
  for (const text::Line& line : table.lines) {
    for (std::size_t column = 0; column < reaches.size(); ++column) {
      const auto& whisker = line.entries.at(column).whisker;
      if (!whisker) continue;
      reaches[column] = std::max(
          {reaches[column], std::fabs(whisker->interval.low), std::fabs(whisker->interval.high)});
    }
  }
  return reaches;
}

std::string draw(const text::Whisker& whisker, double reach) {
  constexpr double kWidth = 108;
  constexpr double kHeight = 10;
  constexpr double kMargin = 4;
  if (reach <= 0) return {};
  const auto x = [reach](double value) {
    return kWidth / 2 + value / reach * (kWidth / 2 - kMargin);
  };
  return fmt::format(
      R"(<svg class="whisker" width="{0:g}" height="{1:g}" viewBox="0 0 {0:g} {1:g}" )"
      R"(aria-hidden="true"><line class="zero" x1="{2:g}" x2="{2:g}" y1="0" y2="{1:g}"/>)"
      R"(<line x1="{3:.1f}" x2="{4:.1f}" y1="{5:g}" y2="{5:g}"/>)"
      R"(<circle cx="{6:.1f}" cy="{5:g}" r="2.5"/></svg>)",
      kWidth, kHeight, x(0), x(whisker.interval.low), x(whisker.interval.high), kHeight / 2,
      x(whisker.value));
}

std::string_view class_of(text::Tone tone) {
  switch (tone) {
    case text::Tone::plain:
      return "";
    case text::Tone::good:
      return "good";
    case text::Tone::bad:
      return "bad";
    case text::Tone::muted:
      return "muted";
  }
  return "";
}

class Html {
 public:
  template <class... Args>
  void add(fmt::format_string<Args...> format, Args&&... args) {
    fmt::format_to(std::back_inserter(out_), format, std::forward<Args>(args)...);
  }
  void head(const RunInfo& run);
  void header(const Report& report);
  void table(const text::Table& table);
  void list(std::string_view title, const std::vector<text::Remark>& remarks);
  void machine(const Environment& environment);
  std::string take() { return std::move(out_); }

 private:
  void fact(std::string_view name, std::string_view value) {
    if (!value.empty()) {
      add("<div><dt>{}</dt><dd>{}</dd></div>\n", escape_html(name), escape_html(value));
    }
  }
  void entry(const text::Entry& entry, std::string_view cell_class, double reach);

  std::string out_;
};

void Html::head(const RunInfo& run) {
  add("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<title>qbench: {}</title>\n<style>{}</style>\n</head>\n<body>\n<main>\n",
      escape_html(run.suite), kReportStyle);
}

void Html::header(const Report& report) {
  const RunInfo& run = report.run.info;
  add("<header>\n<p class=\"eyebrow\">qbench</p>\n<h1>{}</h1>\n<p class=\"lede\">{}</p>\n",
      escape_html(run.suite), escape_html(text::outcome(report)));
  add("<dl class=\"facts\">\n");
  fact("Run", fmt::format("{}", run.id));
  fact("Started", run.started);
  fact("Finished", run.finished.empty() ? "not finished" : run.finished);
  add("</dl>\n");
  if (!run.command_line.empty()) {
    add("<code class=\"command\">{}</code>\n", escape_html(run.command_line));
  }
  add("</header>\n");
}

void Html::entry(const text::Entry& entry, std::string_view cell_class, double reach) {
  add("<td class=\"{}\"><span class=\"{}\">{}</span>", cell_class, class_of(entry.tone),
      escape_html(entry.text));
  if (!entry.note.empty()) add("<span class=\"note\">{}</span>", escape_html(entry.note));
  if (entry.bar > 0) {
    add("<span class=\"bar\" style=\"width:{:.1f}%\"></span>", 100 * std::min(entry.bar, 1.0));
  }
  if (entry.whisker) out_ += draw(*entry.whisker, reach);
  add("</td>");
}

void Html::table(const text::Table& table) {
  const std::string title = escape_html(table.title);
  if (table.folded) {
    add("<details>\n<summary>{}</summary>\n", title);
  } else {
    add("<section>\n<h2>{}</h2>\n", title);
  }
  if (!table.caption.empty()) add("<p class=\"caption\">{}</p>\n", escape_html(table.caption));
  add("<div class=\"scroll\">\n<table>\n<thead><tr>");
  for (const text::Column& column : table.columns) {
    add("<th scope=\"col\" class=\"{}\">{}", column.numeric ? "number" : "",
        escape_html(column.title));
    if (!column.unit.empty()) add("<span class=\"note\">{}</span>", escape_html(column.unit));
    add("</th>");
  }
  add("</tr></thead>\n<tbody>\n");
  const std::vector<double> reaches = whisker_reaches(table);
  for (const text::Line& line : table.lines) {
    add("<tr class=\"{}\">", line.starts_group ? "group" : "");
    for (std::size_t column = 0; column < line.entries.size(); ++column) {
      std::string_view cell_class = table.columns[column].numeric ? "number" : "";
      // A name that the line above has too is shown, but steps back.
      if (column == 0) cell_class = line.starts_group ? "name" : "again";
      entry(line.entries[column], cell_class, reaches[column]);
    }
    add("</tr>\n");
  }
  add("</tbody>\n</table>\n</div>\n<ul class=\"notes\">\n");
  for (const std::string& note : table.notes) add("<li>{}</li>\n", escape_html(note));
  add("</ul>\n{}\n", table.folded ? "</details>" : "</section>");
}

void Html::list(std::string_view title, const std::vector<text::Remark>& remarks) {
  if (remarks.empty()) return;
  add("<section>\n<h2>{}</h2>\n<ul class=\"remarks\">\n", escape_html(title));
  for (const text::Remark& remark : remarks) {
    add("<li><strong>{}</strong><br>{}", escape_html(remark.subject), escape_html(remark.text));
    if (!remark.command.empty()) add("<code>{}</code>", escape_html(remark.command));
    add("</li>\n");
  }
  add("</ul>\n</section>\n");
}

void Html::machine(const Environment& environment) {
  if (environment.values.empty()) return;
  add("<section>\n<h2>Machine and build</h2>\n<dl class=\"machine\">\n");
  for (const auto& [name, value] : environment.values) fact(name, value);
  add("</dl>\n</section>\n");
}

}  // namespace

std::string render_html(const Report& report) {
  Html html;
  html.head(report.run.info);
  html.header(report);
  for (const text::Table& table : text::tables(report)) html.table(table);
  html.list("Not measured", text::problems(report));
  html.list("Remarks", text::remarks(report));
  html.machine(report.run.info.environment);
  html.add("</main>\n</body>\n</html>\n");
  return html.take();
}

}  // namespace qbench
