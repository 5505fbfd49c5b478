// The list of backends in this build.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "engine/backends/backend.h"

namespace qbench {

std::vector<const Backend*> all_backends();
// Those that can run on this machine.
std::vector<const Backend*> usable_backends();
// Names of those that qbench knows of and this build lacks.
std::vector<std::string_view> absent_backends();
// Throws Error listing the names there are.
const Backend& find_backend(std::string_view name);

}  // namespace qbench
