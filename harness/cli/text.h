// Text on a terminal of 80 columns.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace qbench {

inline constexpr std::size_t kHelpWidth = 80;

// Breaks `text` at spaces so that no line is longer than `width`, a longer word excepted. Lines
// after the first begin with `indent` spaces; the first begins at column `column`. Line feeds stay.
std::string wrap(std::string_view text, std::size_t indent = 0, std::size_t column = 0,
                 std::size_t width = kHelpWidth);

// "  left    right", with `right` wrapped in its own column, on a new line when `left` is too long.
std::string two_columns(std::string_view left, std::string_view right, std::size_t right_column);

}  // namespace qbench
