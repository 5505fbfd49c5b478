// Words of a command line as a shell reads them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace qbench {

// The word as it is, or in single quotes where a shell would read anything else.
std::string shell_quoted(const std::string& word);

// The inverse of words that are quoted so and joined by spaces. Throws Error for a quote that is
// not closed.
std::vector<std::string> shell_words(std::string_view line);

}  // namespace qbench
