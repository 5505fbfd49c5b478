// Our own kernels on the GPU: the functors of kernels/, an index for each thread.
#pragma once

#include <cuda_runtime_api.h>

#include <cstddef>
#include <cstdint>
#include <span>

#include "engine/backends/cudnn/plan.h"

namespace qbench::cudnn {

// Puts the step on the stream. Any kind of work; `pointers` as `dispatch` takes them, to memory of
// the device. Throws Error (environment).
void launch_step(const Step& step, std::span<std::byte* const> pointers, cudaStream_t stream);

// Numbers that are as good as random, the same for the same `seed`, uniform from `low` to `high`;
// s8 values are whole.
void launch_fill(std::byte* data, DType dtype, std::int64_t elements, float low, float high,
                 std::uint32_t seed, cudaStream_t stream);

}  // namespace qbench::cudnn
