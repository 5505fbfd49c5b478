// Convolution of channels-last 8-bit values by the backend's own loops: 1x1 layers with a residual
// sum, strided ones and first layers with three channels, where the library's kernels stay at 66 to
// 88 % of the INT8 peak.
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
//   result = clip(scale[o] * (sum + bias[o]) + residual_scale * residual)
// rounded and saturated where it is an integer.
struct Int8Convolution {
  std::int64_t images = 1, channels = 1, in_h = 1, in_w = 1;
  std::int64_t outputs = 1, out_h = 1, out_w = 1;
  Extent2d kernel{};
  Extent2d stride{};
  Extent2d dilation{};
  Padding2d padding{};
  DType data = DType::u8;           // u8 or s8
  DType result = DType::u8;         // u8, s8 or f32
  std::optional<DType> residual{};  // of a u8 result u8 or s8, of an f32 one f32
  float residual_scale = 1;
  bool clips = false;  // to low and high; without, no result may be beyond 2^31
  float low = 0;
  float high = 0;
  bool operator==(const Int8Convolution&) const = default;
};

// Whether isa() has the instructions.
bool has_int8_convolution();

// Weights [outputs][channels][kernel.h][kernel.w] with scales and biases [outputs], in the order
// that int8_convolution reads.
std::vector<std::byte> pack_int8_convolution(const Int8Convolution& shape,
                                             std::span<const std::int8_t> weights,
                                             std::span<const float> scales,
                                             std::span<const float> biases);

// Bytes for a padded copy of one image; 0 where the data is read in its place.
std::size_t int8_convolution_scratch(const Int8Convolution& shape);

// `packed` and `scratch` aligned to 64 bytes. `out` may be the residual's memory.
void int8_convolution(const Int8Convolution& shape, const std::byte* in, const std::byte* packed,
                      const std::byte* residual, std::byte* scratch, std::byte* out);

}  // namespace qbench::onednn::kernels
