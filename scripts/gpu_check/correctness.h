#pragma once

#include "settings.h"

namespace gpu_check {

// Prints how far each kind of arithmetic is from the reference (narrow networks, batch 2) and from
// the same backend's f32 (full size). Returns whether narrow f32 and INT8 are within their bounds.
bool check_correctness(const Settings& settings);

}  // namespace gpu_check
