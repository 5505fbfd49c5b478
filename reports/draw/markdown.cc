// GitHub-flavoured Markdown, to be pasted into release notes.
#include <fmt/format.h>

#include <iterator>

#include "reports/draw/markdown_table.h"
#include "reports/draw/renderers.h"
#include "reports/draw/tables.h"
#include "reports/text/text.h"

namespace qbench {
namespace {

using text::escape_markdown;

class Markdown {
 public:
  template <class... Args>
  void line(fmt::format_string<Args...> format, Args&&... args) {
    fmt::format_to(std::back_inserter(out_), format, std::forward<Args>(args)...);
    out_ += '\n';
  }
  void header(const Report& report);
  void table(const text::Table& table) { out_ += markdown_table(table); }
  void list(std::string_view title, const std::vector<text::Remark>& remarks);
  void machine(const Environment& environment);

  std::string take() { return std::move(out_); }

 private:
  std::string out_;
};

void Markdown::header(const Report& report) {
  const RunInfo& run = report.run.info;
  line("## qbench: {}", escape_markdown(run.suite));
  line("");
  line("{}. Run {}, started {}{}.", text::outcome(report), run.id, escape_markdown(run.started),
       run.finished.empty() ? ", not finished" : ", finished " + escape_markdown(run.finished));
  line("");
  if (!run.command_line.empty()) line("    {}\n", text::one_line(run.command_line));
}

void Markdown::list(std::string_view title, const std::vector<text::Remark>& remarks) {
  if (remarks.empty()) return;
  line("### {}", title);
  line("");
  for (const text::Remark& remark : remarks) {
    line("- **{}**: {}", escape_markdown(remark.subject), escape_markdown(remark.text));
    if (!remark.command.empty()) line("\n      {}", text::one_line(remark.command));
  }
  line("");
}

void Markdown::machine(const Environment& environment) {
  if (environment.values.empty()) return;
  line("### Machine and build");
  line("");
  line("| | |\n| --- | --- |");
  for (const auto& [name, value] : environment.values) {
    line("| {} | {} |", escape_markdown(name), escape_markdown(value));
  }
}

}  // namespace

std::string render_markdown(const Report& report) {
  Markdown markdown;
  markdown.header(report);
  for (const text::Table& table : text::tables(report)) markdown.table(table);
  markdown.list("Not measured", text::problems(report));
  markdown.list("Remarks", text::remarks(report));
  markdown.machine(report.run.info.environment);
  return markdown.take();
}

}  // namespace qbench
