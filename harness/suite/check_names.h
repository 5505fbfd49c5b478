// Names of a suite file against those that exist.
#pragma once

#include <string>
#include <vector>

#include "harness/suite/yaml_map.h"

namespace qbench {

// Throws Error at the place of the key's first value that is not among `known`: what was found,
// what there is, and the nearest name.
void check_names(const YamlMap& map, const std::string& key, const std::vector<std::string>& found,
                 const std::vector<std::string>& known);

std::vector<std::string> all_precisions();
std::vector<std::string> all_modes();      // of calibration, "none" included
std::vector<std::string> every_backend();  // those of this build, and those that it lacks

}  // namespace qbench
