// How values lie in memory: helpers around the library's memory descriptors.
#pragma once

#include <cstdint>
#include <optional>

#include "engine/backends/onednn/library/library.h"
#include "engine/core/shape.h"

namespace qbench::onednn {

Dims to_dims(const Shape& shape);  // rank 0 becomes {1}

Desc row_major(const Dims& dims, DType dtype);
// Rank 4 as NHWC, rank 2 and others row-major: where quantized values live.
Desc channels_last(const Dims& dims, DType dtype);
// Rank 4 as nChw16c.
Desc blocked(const Dims& dims, DType dtype);
inline constexpr std::int64_t kChannelBlock = 16;
// f32, row-major but for one axis, whose elements lie side by side.
Desc axis_innermost(const Dims& dims, std::int64_t axis);

// The same dimensions with the same element at every address, however the strides are spelled.
bool interchangeable(const Desc& a, const Desc& b);
// Whether elements follow each other in the same order without gaps, whatever their types.
bool in_same_order(const Desc& a, const Desc& b);
// Another element type in the same order if strides can say it, else channels last.
Desc with_dtype(const Desc& desc, DType dtype);
// Every byte belongs to an element of the value: no gaps and no padding.
bool is_dense(const Desc& desc);
std::int64_t elements(const Desc& desc);  // without padding

// A layout seen as [outer][groups][inner][block], channel (axis 1) = group * block + position.
// True of row-major, channels-last and blocked layouts alike.
struct ChannelLayout {
  std::int64_t outer = 1;
  std::int64_t groups = 1;
  std::int64_t inner = 1;
  std::int64_t block = 1;
};
std::optional<ChannelLayout> channel_layout(const Desc& desc);

}  // namespace qbench::onednn
