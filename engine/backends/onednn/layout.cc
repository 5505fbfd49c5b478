#include "engine/backends/onednn/layout.h"

#include <vector>

namespace qbench::onednn {
namespace {

using Tag = dnnl::memory::format_tag;

struct PhysicalAxis {
  std::int64_t size;
  std::int64_t stride;
  bool operator==(const PhysicalAxis&) const = default;
};

// The axes that one logical dimension is spread over, outermost first, as few as possible.
std::vector<PhysicalAxis> physical_axes(const Blocking& blocking, std::size_t dim) {
  std::int64_t inner_stride = 1;
  std::vector<PhysicalAxis> axes;
  std::int64_t size = 1;
  for (std::size_t i = blocking.blocks.size(); i-- > 0;) {
    const Blocking::Block& block = blocking.blocks[i];
    if (block.dim == static_cast<int>(dim)) {
      axes.insert(axes.begin(), {block.size, inner_stride});
      size *= block.size;
    }
    inner_stride *= block.size;
  }
  axes.insert(axes.begin(), {blocking.padded[dim] / size, blocking.strides[dim]});

  std::vector<PhysicalAxis> merged;
  for (const PhysicalAxis& axis : axes) {
    if (axis.size == 1) continue;
    if (!merged.empty() && merged.back().stride == axis.size * axis.stride) {
      merged.back() = {merged.back().size * axis.size, axis.stride};
    } else {
      merged.push_back(axis);
    }
  }
  return merged;
}

bool have_same_strides(const Desc& a, const Desc& b) {
  if (dims_of(a) != dims_of(b)) return false;
  const auto one = blocking_of(a);
  const auto other = blocking_of(b);
  if (!one || !other || one->padded != other->padded) return false;
  for (std::size_t dim = 0; dim < one->padded.size(); ++dim) {
    if (physical_axes(*one, dim) != physical_axes(*other, dim)) return false;
  }
  return true;
}

}  // namespace

Dims to_dims(const Shape& shape) { return shape.rank() == 0 ? Dims{1} : shape.dims(); }

Desc row_major(const Dims& dims, DType dtype) {
  Dims strides(dims.size());
  std::int64_t stride = 1;
  for (std::size_t i = dims.size(); i-- > 0;) {
    strides[i] = stride;
    stride *= dims[i];
  }
  return {dims, to_dnnl(dtype), strides};
}

Desc channels_last(const Dims& dims, DType dtype) {
  return dims.size() == 4 ? Desc(dims, to_dnnl(dtype), Tag::nhwc) : row_major(dims, dtype);
}

Desc blocked(const Dims& dims, DType dtype) { return {dims, to_dnnl(dtype), Tag::nChw16c}; }

Desc axis_innermost(const Dims& dims, std::int64_t axis) {
  const auto last = static_cast<std::size_t>(axis);
  Dims strides(dims.size());
  std::int64_t stride = dims[last];
  for (std::size_t i = dims.size(); i-- > 0;) {
    if (i == last) continue;
    strides[i] = stride;
    stride *= dims[i];
  }
  strides[last] = 1;
  return {dims, to_dnnl(DType::f32), strides};
}

bool interchangeable(const Desc& a, const Desc& b) {
  return a == b || (dtype_of(a) == dtype_of(b) && have_same_strides(a, b));
}

bool in_same_order(const Desc& a, const Desc& b) {
  return is_dense(a) && is_dense(b) && have_same_strides(a, b);
}

Desc with_dtype(const Desc& desc, DType dtype) {
  const auto blocking = blocking_of(desc);
  if (!blocking || !blocking->blocks.empty()) return channels_last(dims_of(desc), dtype);
  return {dims_of(desc), to_dnnl(dtype), blocking->strides};
}

std::int64_t elements(const Desc& desc) {
  std::int64_t count = 1;
  for (std::int64_t dim : dims_of(desc)) count *= dim;
  return count;
}

bool is_dense(const Desc& desc) {
  return static_cast<std::size_t>(elements(desc)) * size_of(dtype_of(desc)) == desc.get_size();
}

std::optional<ChannelLayout> channel_layout(const Desc& desc) {
  const Dims dims = dims_of(desc);
  if (dims.size() < 2) return std::nullopt;
  ChannelLayout layout{.outer = dims[0], .groups = dims[1]};
  for (std::size_t i = 2; i < dims.size(); ++i) layout.inner *= dims[i];
  const DType dtype = dtype_of(desc);
  if (interchangeable(desc, row_major(dims, dtype))) return layout;
  if (interchangeable(desc, channels_last(dims, dtype))) {
    layout.block = dims[1];
    layout.groups = 1;
    return layout;
  }
  if (dims.size() == 4 && interchangeable(desc, blocked(dims, dtype))) {
    layout.block = kChannelBlock;
    layout.groups = (dims[1] + kChannelBlock - 1) / kChannelBlock;
    return layout;
  }
  return std::nullopt;
}

}  // namespace qbench::onednn
