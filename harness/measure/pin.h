// A process that stays on cores of its own: the system does not move its threads about.
#pragma once

#include <string>
#include <vector>

namespace qbench {

// `count` of the CPUs this process may use, of different cores as far as there are: hyperthreads of
// one core come last. `root` stands before /sys. Throws Error when there are fewer.
std::vector<int> cores_to_pin(int count, const std::string& root = "");

// Binds this thread, and all that it starts from now on, to these CPUs. Throws Error (environment)
// when the system refuses.
void pin_to(const std::vector<int>& cpus);

}  // namespace qbench
