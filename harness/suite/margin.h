// A difference of two accuracies as people write it.
#pragma once

#include <string_view>

namespace qbench {

// "0.5pp" (percentage points) or "0.005" (a fraction): 0.005. Throws Error unless it is above 0 and
// below 1.
double parse_margin(std::string_view text);

}  // namespace qbench
