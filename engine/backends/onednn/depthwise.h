// Depthwise 3x3 convolution of channels-last values: the library's kernels reach a tenth of the
// INT8 peak there, since each product has a partner in its own channel only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "engine/core/dtype.h"

namespace qbench::onednn::kernels {

// Data [images][in_h][in_w][channels], result [images][out_h][out_w][channels]; channels a multiple
// of kDepthwiseBlock, stride 1 or 2, at most one row or column of padding on each side.
struct Depthwise {
  std::int64_t images = 1, channels = 1, in_h = 1, in_w = 1, out_h = 1, out_w = 1;
  std::int64_t stride = 1;
  std::int64_t pad_top = 0, pad_left = 0;
  float low = 0;  // results are clipped to these
  float high = 0;
};
inline constexpr std::int64_t kDepthwiseBlock = 32;

// Whether isa() has the instructions.
bool has_depthwise_f32();
bool has_depthwise_u8();

// `zeros` is a row of in_w * channels zero elements; `weights` [9][channels]; `bias` [channels].
void depthwise_f32(const Depthwise& shape, const float* in, const float* zeros,
                   const float* weights, const float* bias, float* out);

// s8 [channels][9] in the order that depthwise_u8 reads.
std::vector<std::int8_t> pack_depthwise_u8(const std::int8_t* weights, std::int64_t channels);

// out = saturate(round(clip((sum + bias[c]) * scale[c]))), u8 or s8.
void depthwise_u8(const Depthwise& shape, const std::uint8_t* in, const std::uint8_t* zeros,
                  const std::int8_t* packed, const float* scale, const float* bias, std::byte* out,
                  DType out_dtype);

}  // namespace qbench::onednn::kernels
