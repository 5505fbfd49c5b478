// f32 and INT8 on x86 CPUs through oneDNN.
#pragma once

#include "engine/backends/backend.h"

namespace qbench {

const Backend& onednn_backend();

}  // namespace qbench
