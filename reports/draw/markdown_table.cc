#include "reports/draw/markdown_table.h"

#include <fmt/format.h>

#include "reports/text/text.h"

namespace qbench {
namespace {

using text::escape_markdown;

std::string cell(const text::Entry& entry) {
  std::string shown = escape_markdown(entry.text);
  if (entry.note.empty()) return shown;
  const std::string note = escape_markdown(entry.note);
  return shown + (note.front() == '[' ? ' ' + note : " (" + note + ')');
}

}  // namespace

std::string markdown_table(const text::Table& table) {
  std::string out = table.folded ? fmt::format("<details><summary>{}</summary>\n\n", table.title)
                                 : fmt::format("### {}\n\n", table.title);
  if (!table.caption.empty()) out += escape_markdown(table.caption) + "\n\n";
  std::string titles = "|";
  std::string rule = "|";
  for (const text::Column& column : table.columns) {
    const std::string unit = column.unit.empty() ? "" : ", " + column.unit;
    titles += fmt::format(" {} |", escape_markdown(column.title + unit));
    rule += column.numeric ? " ---: |" : " --- |";
  }
  out += titles + '\n' + rule + '\n';
  for (const text::Line& line : table.lines) {
    out += '|';
    for (const text::Entry& entry : line.entries) out += ' ' + cell(entry) + " |";
    out += '\n';
  }
  out += '\n';
  for (const std::string& note : table.notes) out += "- " + escape_markdown(note) + '\n';
  out += '\n';
  if (table.folded) out += "</details>\n\n";
  return out;
}

}  // namespace qbench
