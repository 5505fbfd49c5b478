// What the other end of a stream can show.
#pragma once

#include <cstdio>

namespace qbench {

bool is_terminal(std::FILE* stream);
// A terminal, and neither NO_COLOR nor TERM=dumb says otherwise.
bool wants_color(std::FILE* stream);
int terminal_width(std::FILE* stream);  // columns; 80 when it is no terminal

}  // namespace qbench
