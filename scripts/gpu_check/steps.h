#pragma once

#include "engine/backends/backend.h"
#include "networks.h"

namespace gpu_check {

// Prints where the time of a run goes, and why convolutions are not the library's throughout.
void print_steps(qbench::Executable& executable, const Values& inputs, Values& outputs);

}  // namespace gpu_check
