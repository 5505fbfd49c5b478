#include "engine/formats/onnx/known_tensor.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstring>
#include <numeric>
#include <utility>

#include "engine/core/error.h"

namespace qbench::onnx {
namespace {

std::shared_ptr<Tensor> made(DType dtype, Shape shape) {
  if (static_cast<std::size_t>(shape.elements()) > kMostKnownBytes / size_of(dtype))
    throw Error(fmt::format("a value of shape {} fills more than 2 GiB", to_string(shape)));
  return std::make_shared<Tensor>(dtype, std::move(shape));
}

// By how many elements each axis advances; nothing moves where there is none.
std::vector<std::int64_t> steps_of(const Shape& shape) {
  if (shape.elements() == 0) return std::vector<std::int64_t>(shape.rank(), 0);
  std::vector<std::int64_t> steps(shape.rank(), 1);
  for (std::size_t axis = shape.rank(); axis-- > 1;) steps[axis - 1] = steps[axis] * shape[axis];
  return steps;
}

// Element [i,j,...] of the result is element first + i * steps[0] + j * steps[1] + ... of `from`.
TensorPtr strided(const Tensor& from, const Shape& shape, std::int64_t first,
                  const std::vector<std::int64_t>& steps) {
  auto result = made(from.dtype(), shape);
  const auto size = static_cast<std::int64_t>(size_of(from.dtype()));
  const std::byte* source = from.bytes().data();
  std::byte* to = result->bytes().data();
  std::vector<std::int64_t> at(shape.rank(), 0);
  std::int64_t position = first;
  for (std::size_t i = 0; i < result->elements(); ++i, to += size) {
    std::memcpy(to, source + position * size, static_cast<std::size_t>(size));
    for (std::size_t axis = shape.rank(); axis-- > 0;) {
      position += steps[axis];
      if (++at[axis] < shape[axis]) break;
      position -= steps[axis] * shape[axis];
      at[axis] = 0;
    }
  }
  return result;
}

// `count` elements from `first` on in steps, as a range comes out on an axis of `size`.
struct Taken {
  std::int64_t first = 0;
  std::int64_t count = 0;
};

Taken taken(const SliceRange& range, std::int64_t size) {
  if (range.step == 0) throw Error("a step of 0");
  if (size == 0) return {};
  const auto from_front = [size](std::int64_t i) { return i < 0 ? i + size : i; };
  const std::int64_t step = std::clamp(range.step, -size - 1, size + 1);
  if (step > 0) {
    const std::int64_t first = std::clamp<std::int64_t>(from_front(range.start), 0, size);
    const std::int64_t end = std::clamp<std::int64_t>(from_front(range.end), 0, size);
    return {first, end > first ? (end - first + step - 1) / step : 0};
  }
  const std::int64_t first = std::clamp<std::int64_t>(from_front(range.start), 0, size - 1);
  const std::int64_t end = std::clamp<std::int64_t>(from_front(range.end), -1, size - 1);
  return {first, first > end ? (first - end - step - 1) / -step : 0};
}

std::size_t bytes_from(const Tensor& tensor, std::size_t axis) {
  return static_cast<std::size_t>(tensor.shape().elements(axis)) * size_of(tensor.dtype());
}

}  // namespace

std::size_t axis_of(std::int64_t axis, std::size_t rank) {
  const auto count = static_cast<std::int64_t>(rank);
  if (axis < -count || axis >= count)
    throw Error(fmt::format("axis {} does not exist in rank {}", axis, rank));
  return static_cast<std::size_t>(axis < 0 ? axis + count : axis);
}

TensorPtr reshaped(const TensorPtr& tensor, const Shape& shape) {
  if (tensor->shape() == shape) return tensor;
  if (std::cmp_not_equal(shape.elements(), tensor->elements())) {
    throw Error(
        fmt::format("{} does not reshape to {}", to_string(tensor->shape()), to_string(shape)));
  }
  auto result = made(tensor->dtype(), shape);
  std::ranges::copy(tensor->bytes(), result->bytes().begin());
  return result;
}

TensorPtr transposed(const Tensor& tensor, std::span<const std::int64_t> permutation) {
  std::vector<std::int64_t> axes(tensor.shape().rank());
  std::iota(axes.begin(), axes.end(), 0);
  if (!std::ranges::is_permutation(permutation, axes)) {
    throw Error(fmt::format("[{}] is no permutation of the axes of {}", fmt::join(permutation, ","),
                            to_string(tensor.shape())));
  }
  const std::vector<std::int64_t> from = steps_of(tensor.shape());
  std::vector<std::int64_t> dims;
  std::vector<std::int64_t> steps;
  for (std::int64_t axis : permutation) {
    dims.push_back(tensor.shape()[static_cast<std::size_t>(axis)]);
    steps.push_back(from[static_cast<std::size_t>(axis)]);
  }
  return strided(tensor, Shape(std::move(dims)), 0, steps);
}

TensorPtr joined(std::span<const TensorPtr> parts, std::size_t axis) {
  const Tensor& first = *parts.front();
  Shape shape = first.shape();
  for (const TensorPtr& part : parts.subspan(1)) {
    Shape rest = part->shape();
    if (rest.rank() == shape.rank()) rest[axis] = shape[axis];
    if (rest != shape || part->dtype() != first.dtype()) {
      throw Error(fmt::format("{} {} joined to {} {} along axis {}", to_string(part->dtype()),
                              to_string(part->shape()), to_string(first.dtype()), to_string(shape),
                              axis));
    }
    shape[axis] += part->shape()[axis];
  }
  auto result = made(first.dtype(), shape);
  std::byte* to = result->bytes().data();
  const std::size_t row = bytes_from(*result, axis);
  const std::size_t rows = row == 0 ? 0 : result->size_bytes() / row;
  for (std::size_t i = 0; i < rows; ++i) {
    for (const TensorPtr& part : parts) {
      const std::size_t bytes = bytes_from(*part, axis);
      std::memcpy(to, part->bytes().data() + i * bytes, bytes);
      to += bytes;
    }
  }
  return result;
}

TensorPtr gathered(const Tensor& tensor, const Tensor& indices, std::size_t axis) {
  const std::vector<std::int64_t>& from = tensor.shape().dims();
  const auto position = from.begin() + static_cast<std::ptrdiff_t>(axis);
  std::vector<std::int64_t> dims(from.begin(), position);
  dims.insert(dims.end(), indices.shape().dims().begin(), indices.shape().dims().end());
  dims.insert(dims.end(), position + 1, from.end());
  auto result = made(tensor.dtype(), Shape(std::move(dims)));

  const std::int64_t size = from[axis];
  std::vector<std::int64_t> slices = all_integers(indices);
  for (std::int64_t& index : slices) {
    if (index < -size || index >= size)
      throw Error(fmt::format("index {} into {} slices along axis {}", index, size, axis));
    index += index < 0 ? size : 0;
  }
  if (result->elements() == 0) return result;
  const std::size_t row = bytes_from(tensor, axis);
  const std::size_t slice = bytes_from(tensor, axis + 1);
  std::byte* to = result->bytes().data();
  for (std::size_t begin = 0; begin < tensor.size_bytes(); begin += row) {
    for (std::int64_t index : slices) {
      std::memcpy(to, tensor.bytes().data() + begin + static_cast<std::size_t>(index) * slice,
                  slice);
      to += slice;
    }
  }
  return result;
}

TensorPtr sliced(const Tensor& tensor, std::span<const SliceRange> ranges) {
  Shape shape = tensor.shape();
  std::vector<std::int64_t> steps = steps_of(shape);
  std::int64_t first = 0;
  for (const SliceRange& range : ranges) {
    const auto [start, count] = taken(range, tensor.shape()[range.axis]);
    first += start * steps[range.axis];
    shape[range.axis] = count;
    // One element or none: no step is taken, and the product could overflow.
    if (count > 1) steps[range.axis] *= range.step;
  }
  return strided(tensor, shape, first, steps);
}

Shape broadcast_shape(const Shape& a, const Shape& b) {
  std::vector<std::int64_t> dims(std::max(a.rank(), b.rank()));
  for (std::size_t i = 1; i <= dims.size(); ++i) {
    const std::int64_t da = i <= a.rank() ? a[a.rank() - i] : 1;
    const std::int64_t db = i <= b.rank() ? b[b.rank() - i] : 1;
    if (da != db && da != 1 && db != 1)
      throw Error(fmt::format("{} and {} do not broadcast", to_string(a), to_string(b)));
    dims[dims.size() - i] = da == 1 ? db : da;
  }
  return Shape(std::move(dims));
}

TensorPtr broadcast(const Tensor& tensor, const Shape& shape) {
  const std::vector<std::int64_t> from = steps_of(tensor.shape());
  const std::size_t added = shape.rank() - tensor.shape().rank();
  std::vector<std::int64_t> steps(shape.rank(), 0);
  for (std::size_t axis = 0; axis < from.size(); ++axis) {
    if (tensor.shape()[axis] != 1) steps[added + axis] = from[axis];
  }
  return strided(tensor, shape, 0, steps);
}

std::vector<std::int64_t> all_integers(const Tensor& tensor) {
  const auto copied = [](const auto& values) {
    return std::vector<std::int64_t>(values.begin(), values.end());
  };
  if (tensor.dtype() == DType::s64) return copied(tensor.data<std::int64_t>());
  if (tensor.dtype() == DType::s32) return copied(tensor.data<std::int32_t>());
  if (tensor.dtype() == DType::u8) return copied(tensor.data<std::uint8_t>());
  throw Error(fmt::format("values are {}, expected integers", to_string(tensor.dtype())));
}

TensorPtr from_integers(DType dtype, const Shape& shape, std::span<const std::int64_t> values) {
  if (dtype == DType::s64)
    return std::make_shared<const Tensor>(Tensor::of<std::int64_t>(shape, values));
  std::vector<std::int32_t> narrow;
  narrow.reserve(values.size());
  for (std::int64_t value : values) {
    if (!std::in_range<std::int32_t>(value))
      throw Error(fmt::format("{} does not fit 32 bits", value));
    narrow.push_back(static_cast<std::int32_t>(value));
  }
  return std::make_shared<const Tensor>(
      Tensor::of<std::int32_t>(shape, std::span<const std::int32_t>(narrow)));
}

}  // namespace qbench::onnx
