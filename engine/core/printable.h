// Text of others (names of files, classes, layers) made fit for a terminal or a page.
#pragma once

#include <string>
#include <string_view>

namespace qbench {

// `text` as UTF-8: each byte that is not part of a character, and each control character except
// line feed and tab, becomes U+FFFD.
std::string printable(std::string_view text);

}  // namespace qbench
