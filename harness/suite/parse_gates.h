// The gates of a suite file.
#pragma once

#include <vector>

#include "harness/suite/suite.h"
#include "harness/suite/yaml_map.h"

namespace qbench {

// One mapping of the list `gates`: a gate for each of its bounds. Throws Error at the place of what
// no case of `suite`, whose models must have been read, can meet.
std::vector<Gate> read_gates(YamlMap map, const Suite& suite);

}  // namespace qbench
