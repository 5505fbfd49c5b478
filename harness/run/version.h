// Which qbench this is.
#pragma once

#include <string>
#include <string_view>

namespace qbench {

std::string_view version();   // "0.1.0"
std::string_view revision();  // of the source tree, "8de3721-dirty"; empty outside git
std::string_view build_type();
std::string version_text();  // "0.1.0 (8de3721-dirty)"

}  // namespace qbench
