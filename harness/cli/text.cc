#include "harness/cli/text.h"

#include <algorithm>

namespace qbench {

std::string wrap(std::string_view text, std::size_t indent, std::size_t column, std::size_t width) {
  std::string out;
  bool line_is_empty = true;
  const auto break_line = [&] {
    out += '\n';
    out.append(indent, ' ');
    column = indent;
    line_is_empty = true;
  };
  for (std::size_t begin = 0; begin < text.size();) {
    if (text[begin] == '\n' || text[begin] == ' ') {
      if (text[begin] == '\n') break_line();
      ++begin;
      continue;
    }
    const std::size_t end = std::min(text.find_first_of(" \n", begin), text.size());
    const std::size_t length = end - begin;
    if (!line_is_empty && column + 1 + length > width) break_line();
    if (!line_is_empty) {
      out += ' ';
      ++column;
    }
    out += text.substr(begin, length);
    column += length;
    line_is_empty = false;
    begin = end;
  }
  return out;
}

std::string two_columns(std::string_view left, std::string_view right, std::size_t right_column) {
  std::string out = "  " + std::string(left);
  if (out.size() + 2 > right_column) {
    out += '\n' + std::string(right_column, ' ');
  } else {
    out.resize(right_column, ' ');
  }
  return out + wrap(right, right_column, right_column) + '\n';
}

}  // namespace qbench
