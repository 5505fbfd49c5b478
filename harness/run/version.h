// Which qbench this is.
#pragma once

#include <string>
#include <string_view>

namespace qbench {

std::string_view version();   // "0.1.0"
std::string_view revision();  // of the source tree, "8de3721-dirty"; empty outside git
std::string_view build_type();
std::string version_text();  // "0.1.0 (8de3721-dirty)"

// Of the executable: its GNU build id (as `file` and `readelf -n` show it), else a hash of the
// file. Another build of the same sources, in the same place with the same tools, has the same.
const std::string& build_id();

// Of all that it is linked with, by their build ids, and of its module for pictures: another
// library may compute or decode otherwise without another version of qbench. 16 hexadecimal digits.
const std::string& libraries_id();

// Everything above, and the instruction set in use: results of programs with equal texts are those
// of one program.
std::string program_text();

}  // namespace qbench
