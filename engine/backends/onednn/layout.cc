#include "engine/backends/onednn/layout.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

#include "engine/core/error.h"

namespace qbench::onednn {
namespace {

using DataType = dnnl::memory::data_type;
using Tag = dnnl::memory::format_tag;

struct PhysicalAxis {
  std::int64_t size;
  std::int64_t stride;
  bool operator==(const PhysicalAxis&) const = default;
};

// The axes that one logical dimension is spread over, outermost first, as few as possible.
std::vector<PhysicalAxis> physical_axes(const Desc& desc, int dim) {
  const auto& blocking = desc.data.format_desc.blocking;
  std::int64_t inner_stride = 1;
  std::vector<PhysicalAxis> axes;
  std::int64_t block = 1;
  for (int i = blocking.inner_nblks - 1; i >= 0; --i) {
    if (blocking.inner_idxs[i] == dim) {
      axes.insert(axes.begin(), {blocking.inner_blks[i], inner_stride});
      block *= blocking.inner_blks[i];
    }
    inner_stride *= blocking.inner_blks[i];
  }
  axes.insert(axes.begin(), {desc.data.padded_dims[dim] / block, blocking.strides[dim]});

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

bool is_strided(const Desc& desc) {
  return desc.data.format_kind == dnnl_blocked && desc.data.extra.flags == 0 &&
         desc.data.offset0 == 0;
}

}  // namespace

DataType to_dnnl(DType dtype) {
  switch (dtype) {
    case DType::f32:
      return DataType::f32;
    case DType::s8:
      return DataType::s8;
    case DType::u8:
      return DataType::u8;
    case DType::s32:
      return DataType::s32;
    case DType::f16:
    case DType::f64:
    case DType::s64:
      break;
  }
  throw Error(fmt::format("values of type {}, expected f32, s8 or u8", to_string(dtype)),
              ErrorKind::unsupported);
}

DType dtype_of(const Desc& desc) {
  switch (desc.data_type()) {
    case DataType::s8:
      return DType::s8;
    case DataType::u8:
      return DType::u8;
    case DataType::s32:
      return DType::s32;
    default:
      return DType::f32;
  }
}

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
  if (a == b) return true;
  if (a.dims() != b.dims() || a.data_type() != b.data_type()) return false;
  if (!is_strided(a) || !is_strided(b)) return false;
  for (int dim = 0; dim < a.data.ndims; ++dim) {
    if (a.data.padded_dims[dim] != b.data.padded_dims[dim]) return false;
    if (physical_axes(a, dim) != physical_axes(b, dim)) return false;
  }
  return true;
}

std::int64_t elements(const Desc& desc) {
  std::int64_t count = 1;
  for (std::int64_t dim : desc.dims()) count *= dim;
  return count;
}

bool is_dense(const Desc& desc) {
  return static_cast<std::size_t>(elements(desc)) * size_of(dtype_of(desc)) == desc.get_size();
}

std::optional<ChannelLayout> channel_layout(const Desc& desc) {
  const Dims dims = desc.dims();
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
