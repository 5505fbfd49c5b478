#pragma once

#include "settings.h"

namespace gpu_check {

// Prints images a second, memory and the share of the card's measured rates.
void measure_throughput(const Settings& settings);

}  // namespace gpu_check
