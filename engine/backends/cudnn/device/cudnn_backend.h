// f32, tf32, f16 and INT8 on NVIDIA GPUs through cuDNN.
#pragma once

#include "engine/backends/backend.h"

namespace qbench {

const Backend& cudnn_backend();

}  // namespace qbench
