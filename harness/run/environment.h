// The machine, the system and the build that a run's figures belong to.
#pragma once

#include <string>
#include <vector>

#include "reports/record/record.h"

namespace qbench {

// What cannot be found out is left out. `root` stands before /proc, /sys and /etc.
Environment collect_environment(const std::string& root = "");

// Circumstances that spoil latencies, in words: a debug build, frequency scaling, a busy machine.
std::vector<std::string> measuring_warnings(const Environment& environment);

// Processor and cores: what makes latencies comparable.
std::string machine_of(const Environment& environment);

// The values that tell one build of the program, and what it is linked with, from another.
std::string program_of(const Environment& environment);

// Cores this process may run on.
int usable_cores();

}  // namespace qbench
