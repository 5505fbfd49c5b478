// Errors of CUDA and cuDNN as qbench::Error.
#pragma once

#include <cuda_runtime_api.h>
#include <cudnn.h>

#include <string_view>

#include "engine/core/error.h"

namespace qbench::cudnn {

// `what` was being done, e.g. "could not allocate 12 MiB".
void check(cudaError_t status, std::string_view what);
void check(cudnnStatus_t status, std::string_view what);

// What the library says of the last call of this thread that failed.
std::string last_message(cudnnStatus_t status);

}  // namespace qbench::cudnn
