// Whether a kernel of the library computes what our own does: a kernel is used only then.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "engine/backends/cudnn/device/memory.h"
#include "engine/backends/cudnn/plan.h"

namespace qbench::cudnn {

// The values (not the padding channels) of the first image, copied from the device, as f32.
std::vector<float> read_first_image(const Stream& stream, const Desc& desc, const std::byte* data);

// What our own kernel computes for the first image of the convolution, whatever lies in the result,
// which is left alone.
std::vector<float> first_image_by_own_kernel(const Stream& stream, const Step& step,
                                             std::span<std::byte* const> pointers);

// Quantized results: the same but for ties, which may go either way: one step off, and few of them.
// Real ones: within what the arithmetic's rounding explains, of the largest value.
bool agree(Arithmetic arithmetic, DType result, std::span<const float> found,
           std::span<const float> expected);

}  // namespace qbench::cudnn
