#include "reports/draw/grid.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <vector>

#include "reports/text/text.h"

namespace qbench {
namespace {

using text::display_width;
using text::Tone;

constexpr std::size_t kLeastWidth = 60;
constexpr std::size_t kGap = 2;
constexpr std::size_t kLeastName = 24;  // columns of the first column

std::size_t usable(int width) {
  return std::max(static_cast<std::size_t>(std::max(width, 0)), kLeastWidth);
}

std::string painted(std::string_view shown, Tone tone, bool color) {
  const std::string_view code = tone == Tone::good    ? "\x1b[32m"
                                : tone == Tone::bad   ? "\x1b[31m"
                                : tone == Tone::muted ? "\x1b[2m"
                                                      : "";
  if (!color || code.empty() || shown.empty()) return std::string(shown);
  return fmt::format("{}{}\x1b[0m", code, shown);
}

// What a table shows of itself at some width.
class Grid {
 public:
  Grid(const text::Table& table, const GridShape& shape, std::size_t width, bool color)
      : table_(table), headings_(shape.headings), width_(width), color_(color) {
    if (narrow(headings_ + shape.core)) return;
    notes_ = false;
    narrow(headings_ + 1);
  }

  std::string draw() const {
    const std::vector<std::size_t> widths = fitted();
    std::string out;
    out += line_of(titles(), widths, Tone::muted);
    for (const text::Line& line : table_.lines) {
      if (headings_ > 0 && line.starts_group) out += heading(line);
      out += line_of(line.entries, widths, Tone::plain);
    }
    return out + left_out();
  }

 private:
  // Leaves out columns from the right; whether the rest fits.
  bool narrow(std::size_t least) {
    shown_ = table_.columns.size();
    while (shown_ > least && total() > width_) --shown_;
    return total() <= width_;
  }

  std::string shown(const text::Entry& entry) const {
    const std::string text = text::one_line(entry.text);
    return notes_ && !entry.note.empty() ? text + ' ' + text::one_line(entry.note) : text;
  }

  std::string title(const text::Column& column) const {
    return column.unit.empty() ? column.title : column.title + ", " + column.unit;
  }

  std::vector<text::Entry> titles() const {
    std::vector<text::Entry> entries;
    for (const text::Column& column : table_.columns) entries.push_back({.text = title(column)});
    return entries;
  }

  // Of each column that is shown, from the first after the headings.
  std::vector<std::size_t> natural() const {
    std::vector<std::size_t> widths;
    for (std::size_t column = headings_; column < shown_; ++column) {
      std::size_t widest = display_width(title(table_.columns[column]));
      for (const text::Line& line : table_.lines)
        widest = std::max(widest, display_width(shown(line.entries.at(column))) + indent(column));
      widths.push_back(widest);
    }
    return widths;
  }

  std::size_t indent(std::size_t column) const {
    return headings_ > 0 && column == headings_ ? kGap : 0;
  }

  // Columns of the line, when the first takes no more than it must.
  std::size_t total() const {
    std::vector<std::size_t> widths = natural();
    widths.front() = std::min(widths.front(), kLeastName);
    return std::accumulate(widths.begin(), widths.end(), kGap * (widths.size() - 1));
  }

  std::vector<std::size_t> fitted() const {
    std::vector<std::size_t> widths = natural();
    const std::size_t rest = total() - std::min(widths.front(), kLeastName);
    const std::size_t least = std::min(widths.front(), kLeastName);
    widths.front() = std::min(widths.front(), std::max(least, width_ - std::min(width_, rest)));
    return widths;
  }

  std::string line_of(const std::vector<text::Entry>& entries,
                      const std::vector<std::size_t>& widths, Tone title_tone) const {
    std::string out;
    std::size_t pending = 0;  // spaces, which are not written at the end of a line
    for (std::size_t i = 0; i < widths.size(); ++i) {
      const text::Entry& entry = entries.at(headings_ + i);
      const bool is_title = title_tone == Tone::muted;
      const std::size_t left = is_title ? 0 : indent(headings_ + i);
      const std::string text = text::fit(shown(entry), widths[i] - std::min(widths[i], left));
      const std::size_t room = widths[i] - std::min(widths[i], left + display_width(text));
      const bool right = table_.columns[headings_ + i].numeric;
      pending += left + (right ? room : 0);
      if (!text.empty()) {
        out.append(pending, ' ');
        out += painted(text, is_title ? Tone::muted : entry.tone, color_);
        pending = 0;
      }
      pending += (right ? 0 : room) + kGap;
    }
    return out + '\n';
  }

  std::string heading(const text::Line& line) const {
    std::string text;
    for (std::size_t i = 0; i < headings_; ++i) {
      const text::Column& column = table_.columns[i];
      std::string label = column.title;
      std::ranges::transform(label, label.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
      });
      if (!text.empty()) text += ", ";
      if (column.setting) text += label + ' ';
      text += text::one_line(line.entries.at(i).text);
    }
    text = text::fit(text, width_);
    return (color_ ? "\x1b[1m" + text + "\x1b[0m" : text) + '\n';
  }

  std::string left_out() const {
    std::string names;
    for (std::size_t i = shown_; i < table_.columns.size(); ++i)
      names += (names.empty() ? "" : ", ") + table_.columns[i].title;
    const bool had_notes = std::ranges::any_of(table_.lines, [](const text::Line& line) {
      return std::ranges::any_of(line.entries, [](const auto& e) { return !e.note.empty(); });
    });
    if (!notes_ && had_notes) names = "intervals" + (names.empty() ? "" : ", " + names);
    if (names.empty()) return {};
    return render_line("a wider terminal shows also: " + names, Tone::muted,
                       static_cast<int>(width_), color_);
  }

  const text::Table& table_;
  std::size_t headings_;
  std::size_t width_;
  bool color_;
  bool notes_ = true;
  std::size_t shown_ = 0;  // columns, headings included
};

}  // namespace

std::string render_grid(const text::Table& table, const GridShape& shape, int width, bool color) {
  return Grid(table, shape, usable(width), color).draw();
}

std::string render_line(std::string_view line, Tone tone, int width, bool color) {
  const std::size_t columns = usable(width);
  const std::string text = text::one_line(line);
  std::string out;
  const std::size_t indent = std::min(text.find_first_not_of(' '), text.size());
  std::string row(indent, ' ');
  bool empty = true;  // of words
  for (std::size_t begin = indent; begin < text.size();) {
    const std::size_t end = std::min(text.find(' ', begin), text.size());
    const std::string word = text.substr(begin, end - begin);
    if (!empty && display_width(row) + 1 + display_width(word) > columns) {
      out += painted(row, tone, color) + '\n';
      row = std::string(indent + kGap, ' ');
      empty = true;
    }
    row += (empty ? "" : " ") + word;
    empty = false;
    begin = end + 1;
  }
  return out + painted(row, tone, color) + '\n';
}

}  // namespace qbench
