// The judge of all other backends: plain loops, f32 and exact integers. Slow on purpose.
#pragma once

#include "engine/backends/backend.h"

namespace qbench {

const Backend& reference_backend();

}  // namespace qbench
