// Reading the attributes of MXNet's layers, for plain and for fused nodes.
#pragma once

#include <string_view>

#include "engine/formats/attributes.h"
#include "engine/graph/op.h"

namespace qbench {

// A tuple of two; `fallback` twice where it is missing or empty.
Extent2d extent_from(const Attributes& attributes, std::string_view key, std::int64_t fallback = 1);

// Stride, dilation, padding and groups. Throws Error (unsupported) unless the kernel is 2-D.
Convolution convolution_from(const Attributes& attributes);
// [num_filter, channels / groups, kernel]
Shape convolution_weight_shape(const Attributes& attributes, std::int64_t channels);

// For the operators Activation, LeakyReLU, clip, relu, sigmoid, tanh. Throws Error (unsupported)
// for another function, also for one with parameters (prelu).
ActivationSpec activation_from(std::string_view op, const Attributes& attributes);

// "(h, w)", or "(top, left, bottom, right)" where the sides differ.
Padding2d padding_from(const Attributes& attributes);
// Pad's pad_width of H and W. Throws Error (unsupported) for other axes.
Padding2d pad_width_from(const Attributes& attributes);

}  // namespace qbench
