// From an index to the places of an element in several tensors.
#pragma once

#include "engine/backends/cudnn/kernels/element.h"
#include "engine/backends/cudnn/layout.h"

namespace qbench::cudnn::kernels {

inline constexpr std::int64_t kFits32Bits = 0x7FFFFFFF;  // divisions of 64 bits are slow on a GPU

// Splits off the innermost coordinate: returns rest % extent, leaves rest / extent.
QBENCH_HD inline std::int64_t split(std::int64_t& rest, std::int64_t extent) {
  if (rest <= kFits32Bits && extent <= kFits32Bits) {
    const auto narrow = static_cast<std::uint32_t>(rest);
    const auto divisor = static_cast<std::uint32_t>(extent);
    const std::uint32_t quotient = narrow / divisor;
    rest = quotient;
    return narrow - quotient * divisor;
  }
  const std::int64_t whole = rest;
  rest = whole / extent;
  return whole - rest * extent;
}

template <int Tensors>
struct Place {
  std::int64_t offset[Tensors];  // elements
  std::int64_t image;
  std::int64_t channel;
};

// Steps through axes in the order in which the first tensor's memory has them, `width` elements of
// the innermost axis at a time.
template <int Tensors>
struct Walk {
  std::int32_t rank;
  std::int32_t image_axis;    // -1: nobody asks for it
  std::int32_t channel_axis;  // likewise
  std::int32_t width;
  std::int64_t extents[kMaxRank];  // of the innermost one: in steps of `width`
  std::int64_t strides[Tensors][kMaxRank];

  QBENCH_HD std::int64_t count() const {
    std::int64_t product = 1;
    for (int axis = 0; axis < rank; ++axis) product *= extents[axis];
    return product;
  }

  QBENCH_HD Place<Tensors> at(std::int64_t i) const {
    Place<Tensors> place{};
    for (int axis = rank - 1; axis >= 0; --axis) {
      std::int64_t index = split(i, extents[axis]);
      if (axis == rank - 1) index *= width;
      for (int t = 0; t < Tensors; ++t) place.offset[t] += index * strides[t][axis];
      if (axis == image_axis) place.image = index;
      if (axis == channel_axis) place.channel = index;
    }
    return place;
  }
};

// How the elements of one step are read.
struct Source {
  const std::byte* data;
  DType dtype;
  bool packed;          // side by side and aligned
  std::int64_t stride;  // from one to the next otherwise

  // Of lanes that are not `real`, 0.
  template <int W>
  QBENCH_HD void read(std::int64_t offset, std::int64_t real, float* values) const {
    if (packed) {
      load<W>(data, dtype, offset, values);
    } else {
      for (int k = 0; k < W; ++k) {
        values[k] = k < real ? load(data, dtype, offset + k * stride) : 0;
      }
    }
  }
};

struct Target {
  std::byte* data;
  DType dtype;
  // Lanes step through channels of which there are `channels`; the rest is padding and becomes 0.
  bool lanes_are_channels;
  std::int64_t channels;

  QBENCH_HD std::int64_t real_lanes(std::int64_t channel) const {
    return lanes_are_channels ? channels - channel : kFits32Bits;
  }

  template <int W>
  QBENCH_HD void write(std::int64_t offset, std::int64_t real, float* values) const {
    for (int k = 0; k < W; ++k) {
      if (k >= real) values[k] = 0;
    }
    store<W>(data, dtype, offset, values);
  }
};

}  // namespace qbench::cudnn::kernels
