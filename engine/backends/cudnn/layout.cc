#include "engine/backends/cudnn/layout.h"

#include <fmt/format.h>

#include "engine/core/error.h"

namespace qbench::cudnn {

std::int64_t channel_block(DType dtype) {
  switch (dtype) {
    case DType::s8:
      return 16;
    case DType::f16:
      return 8;
    default:
      return 4;
  }
}

Desc row_major(const Shape& shape, DType dtype) { return {.dtype = dtype, .shape = shape}; }

Desc channels_last(const Shape& shape, DType dtype) {
  if (shape.rank() != 4)
    throw Error(fmt::format("channels last of shape {}, expected rank 4", to_string(shape)));
  const std::int64_t block = channel_block(dtype);
  return {.dtype = dtype,
          .shape = shape,
          .layout = Layout::channels_last,
          .channels = (shape[1] + block - 1) / block * block};
}

std::array<std::int64_t, kMaxRank> strides_of(const Desc& desc) {
  std::array<std::int64_t, kMaxRank> strides{};
  const Shape& shape = desc.shape;
  if (desc.layout == Layout::channels_last) {
    return {shape[2] * shape[3] * desc.channels, 1, shape[3] * desc.channels, desc.channels};
  }
  if (shape.rank() > kMaxRank)
    throw Error(fmt::format("shape {}, expected at most rank {}", to_string(shape), kMaxRank));
  for (std::size_t axis = 0; axis < shape.rank(); ++axis) strides[axis] = shape.elements(axis + 1);
  return strides;
}

std::int64_t elements_of(const Desc& desc) {
  if (desc.layout == Layout::row_major) return desc.shape.elements();
  return desc.shape[0] * desc.shape[2] * desc.shape[3] * desc.channels;
}

std::size_t bytes_of(const Desc& desc) {
  return static_cast<std::size_t>(elements_of(desc)) * size_of(desc.dtype);
}

}  // namespace qbench::cudnn
