// Finds what somebody probably meant by a name that does not exist.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace qbench {

// The candidate with the fewest edits (Levenshtein) from `name`; the first of equals. Empty when
// there are none, or when none is close enough to be a misspelling or a variant.
std::string_view nearest_name(std::string_view name, std::span<const std::string_view> candidates);

}  // namespace qbench
