// A table on a terminal, as wide as it may be.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "reports/draw/tables.h"

namespace qbench {

struct GridShape {
  std::size_t headings = 0;  // first columns, which stand on a line of their own above each group
  std::size_t core = 1;      // columns after these that matter most
};

// At most `width` columns (never under 60 are used), ANSI colours when `color`. Where the table is
// too wide, columns are left out from the right down to the core; where that does not suffice,
// notes (intervals) are, and then columns again. A last line names what was left out.
std::string render_grid(const text::Table& table, const GridShape& shape, int width, bool color);

// One line (or more, broken at spaces) within the same width, in the colour of `tone`.
std::string render_line(std::string_view line, text::Tone tone, int width, bool color);

}  // namespace qbench
