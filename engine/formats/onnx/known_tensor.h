// Moving values about that are known when the file is read, whatever their element type and rank.
// Each throws Error where the result would fill more than 2 GiB.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/formats/onnx/model.h"

namespace qbench::onnx {

inline constexpr std::size_t kMostKnownBytes = std::size_t{1} << 31;

// `axis` counted from the front. Throws Error where there is no such axis.
std::size_t axis_of(std::int64_t axis, std::size_t rank);

// The same values in another shape. Throws Error where the numbers of elements differ.
TensorPtr reshaped(const TensorPtr& tensor, const Shape& shape);
// Result axis i is axis permutation[i]. Throws Error where it is no permutation.
TensorPtr transposed(const Tensor& tensor, std::span<const std::int64_t> permutation);
// One after another along `axis`. Throws Error where types or the other dimensions differ.
TensorPtr joined(std::span<const TensorPtr> parts, std::size_t axis);
// The slices along `axis` that `indices` name; negative ones count from the end. The shape of the
// indices takes the place of the axis. Throws Error where there is no such slice.
TensorPtr gathered(const Tensor& tensor, const Tensor& indices, std::size_t axis);

// Along one axis from `start` on, before `end` is reached. Negative positions count from the end,
// those beyond either end mean that end.
struct SliceRange {
  std::size_t axis = 0;
  std::int64_t start = 0;
  std::int64_t end = 0;
  std::int64_t step = 1;  // not 0
};
TensorPtr sliced(const Tensor& tensor, std::span<const SliceRange> ranges);

// The shape that both broadcast to, as numpy does it. Throws Error where they do not fit.
Shape broadcast_shape(const Shape& a, const Shape& b);
TensorPtr broadcast(const Tensor& tensor, const Shape& shape);

// All s32, s64 or u8 values. Throws Error where they are something else.
std::vector<std::int64_t> all_integers(const Tensor& tensor);
// s32 or s64. Throws Error where a value does not fit the type.
TensorPtr from_integers(DType dtype, const Shape& shape, std::span<const std::int64_t> values);

}  // namespace qbench::onnx
