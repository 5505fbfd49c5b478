// Reads values that people type, in suites and on the command line. All functions throw Error
// saying what was found and what was expected; the caller adds where.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace qbench {

bool parse_bool(std::string_view text);  // true, false, 1, 0, yes, no, on, off; in any case
std::int64_t parse_int64(std::string_view text);
int parse_int(std::string_view text);
double parse_double(std::string_view text);                  // finite
std::vector<std::string> parse_list(std::string_view text);  // comma separated, no empty items
// Three finite numbers; one stands for three equal ones.
std::array<float, 3> parse_triple(std::string_view text);

}  // namespace qbench
