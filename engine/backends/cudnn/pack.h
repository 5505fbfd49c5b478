// Weights in the order and element type in which convolutions read them.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/core/tensor.h"

namespace qbench::cudnn {

// How a weight tensor [K, C, kh, kw] is packed: zeros where K or C are smaller than asked for.
struct PackedShape {
  std::int64_t outputs = 1;  // at least K
  std::int64_t inputs = 1;   // at least C, of one group
  DType dtype = DType::f32;  // f32 or f16 for f32 weights, s8 for s8
};

// [outputs, kh, kw, inputs]
Tensor pack_channels_last(const Tensor& weights, const PackedShape& shape);
// [K, C, kh, kw], another element type.
Tensor pack_row_major(const Tensor& weights, DType dtype);
// [K, 1, kh, kw] to [kh, kw, outputs]
Tensor pack_depthwise(const Tensor& weights, const PackedShape& shape);

// `values`, and zeros up to `count`.
std::vector<float> padded(std::vector<float> values, std::int64_t count);

}  // namespace qbench::cudnn
