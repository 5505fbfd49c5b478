// The error for a name that a file does not have.
#pragma once

#include <string_view>
#include <vector>

#include "engine/core/error.h"

namespace qbench {

// "no output 'x'; did you mean 'y'?", or with the names there are. `what` says what was looked for.
Error unknown_name(std::string_view what, std::string_view name,
                   const std::vector<std::string_view>& known);

}  // namespace qbench
