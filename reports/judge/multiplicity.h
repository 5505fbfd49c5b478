// P-values of many tests at once.
#pragma once

#include <span>
#include <vector>

namespace qbench {

// Both give adjusted p-values in the order of `p`: an alarm is one at or below the level.

// Holm (1979), Scandinavian Journal of Statistics 6:65: the chance of any false alarm is at most
// the level, however the tests depend on each other.
std::vector<double> holm(std::span<const double> p);

// Benjamini and Hochberg (1995), JRSS B 57:289: of all alarms, at most that share is false on
// average, for independent or positively dependent tests.
std::vector<double> benjamini_hochberg(std::span<const double> p);

}  // namespace qbench
