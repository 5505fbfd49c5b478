// One table in GitHub-flavoured Markdown.
#pragma once

#include <string>

#include "reports/draw/tables.h"

namespace qbench {

// Title, caption, lines and notes; a folded table opens when it is clicked.
std::string markdown_table(const text::Table& table);

}  // namespace qbench
