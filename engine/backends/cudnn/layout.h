// How a value lies in the GPU's memory.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "engine/core/dtype.h"
#include "engine/core/shape.h"

namespace qbench::cudnn {

inline constexpr std::size_t kMaxRank = 6;

// channels_last: NHWC, every pixel `channels` elements long, of which the first shape[1] are
// values; the rest are finite and mean nothing. Only for rank 4.
enum class Layout : std::uint8_t { row_major, channels_last };

struct Desc {
  DType dtype = DType::f32;  // f32, f16, s8, s32
  Shape shape{};             // logical: [N,C,H,W] whatever the layout
  Layout layout = Layout::row_major;
  std::int64_t channels = 0;  // channels_last only: a multiple of channel_block(dtype)

  bool operator==(const Desc&) const = default;
};

// Elements that a pixel's channels are padded to, so that every pixel begins at 16 bytes and
// cuDNN's tensor-core kernels accept it: 16 for s8, 8 for f16, 4 for f32 and s32.
std::int64_t channel_block(DType dtype);

Desc row_major(const Shape& shape, DType dtype);
Desc channels_last(const Shape& shape, DType dtype);

// Elements from one index to the next along each logical dimension.
std::array<std::int64_t, kMaxRank> strides_of(const Desc& desc);
// Padding included.
std::int64_t elements_of(const Desc& desc);
std::size_t bytes_of(const Desc& desc);

}  // namespace qbench::cudnn
