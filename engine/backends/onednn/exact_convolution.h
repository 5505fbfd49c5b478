// Convolution of channels-last 8-bit values with sums that are exact on every processor. Without
// instructions that add four byte products into 32 bits the library's kernels add two of them in
// 16, which saturate; these loops widen the bytes first.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "engine/core/dtype.h"
#include "engine/graph/op.h"

namespace qbench::onednn::kernels {

// Data [images][in_h][in_w][channels], result and residual [images][out_h][out_w][outputs].
//   result = activation_scale * activation((sum + bias[o]) * scale[o] * data_scale
//                                          + residual_scale * residual)
// in f32, in this order, the residual's product and sum rounded once; then rounded and saturated
// where the result is an integer. The sums have to fit into 32 bits.
struct ExactConvolution {
  std::int64_t images = 1, channels = 1, in_h = 1, in_w = 1;
  std::int64_t outputs = 1, out_h = 1, out_w = 1;
  std::int64_t groups = 1;
  Extent2d kernel{};
  Extent2d stride{};
  Extent2d dilation{};
  Padding2d padding{};
  DType data = DType::u8;           // u8 or s8
  DType result = DType::u8;         // u8, s8 or f32
  std::optional<DType> residual{};  // u8, s8 or f32
  float residual_scale = 1;
  ActivationSpec activation{};
  float activation_scale = 1;
};

// Weights [outputs][channels / groups][kernel.h][kernel.w] in the order that exact_convolution
// reads.
std::vector<std::int8_t> pack_exact_convolution(const ExactConvolution& shape,
                                                std::span<const std::int8_t> weights);

// Bytes for a widened and padded copy of one image; 0 where the data is read in its place.
std::size_t exact_convolution_scratch(const ExactConvolution& shape);

struct ExactOperands {
  const std::byte* in;
  const std::int8_t* packed;
  const float* scales;  // [outputs]
  const float* biases;  // [outputs]
  float data_scale;
  const std::byte* residual;  // may be `out`; null without
  std::byte* scratch;         // aligned to 64 bytes
  std::byte* out;
};
void exact_convolution(const ExactConvolution& shape, const ExactOperands& operands);

}  // namespace qbench::onednn::kernels
