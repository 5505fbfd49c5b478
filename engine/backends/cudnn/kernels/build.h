// From descriptions to walks: host code that prepares functors.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "engine/backends/cudnn/kernels/walk.h"
#include "engine/backends/cudnn/plan.h"

namespace qbench::cudnn::kernels {

using AxisNumbers = std::array<std::int64_t, kMaxRank>;

// A tensor, and how it is stepped through by the axes of the result.
struct TensorRef {
  std::byte* data = nullptr;
  DType dtype = DType::f32;
  AxisNumbers strides{};
  // Indices that may be read along each axis, padding channels included.
  AxisNumbers stored{};
};

// The axes of a result: `extents` are stepped through, of which the first `real` have values.
struct Axes {
  std::size_t rank = 1;
  AxisNumbers real{};
  AxisNumbers extents{};
  bool channels_last = false;
};

inline Axes axes_of(const Desc& desc) {
  Axes axes;
  axes.real.fill(1);
  for (std::size_t i = 0; i < desc.shape.rank(); ++i) axes.real[i] = desc.shape[i];
  axes.extents = axes.real;
  axes.rank = std::max<std::size_t>(desc.shape.rank(), 1);
  axes.channels_last = desc.layout == Layout::channels_last;
  if (axes.channels_last) axes.extents[1] = desc.channels;
  return axes;
}

inline TensorRef tensor_ref(const View& view, std::byte* data) {
  return {data, view.desc.dtype, strides_of(view.desc), axes_of(view.desc).extents};
}

// As numpy broadcasts it to `rank` axes.
inline TensorRef broadcast_ref(const View& view, std::byte* data, std::size_t rank) {
  const TensorRef own = tensor_ref(view, data);
  const Shape& shape = view.desc.shape;
  TensorRef wide{data, view.desc.dtype, {}, {}};
  for (std::size_t i = 1; i <= shape.rank(); ++i) {
    if (shape[shape.rank() - i] == 1) continue;
    wide.strides[rank - i] = own.strides[shape.rank() - i];
    wide.stored[rank - i] = own.stored[shape.rank() - i];
  }
  return wide;
}

struct Needs {  // what a functor asks of its walk beside offsets
  bool image = false;
  bool channel = false;
};

template <int Tensors>
struct Walking {
  Walk<Tensors> walk{};
  Target target{};
  bool covered[Tensors]{};  // whether padding lanes may be read
};

// The walk over `axes`, in the memory order of tensors[0], the result. Axes that nobody asks for by
// name are merged where every tensor allows it.
template <int Tensors>
class WalkMaker {
 public:
  WalkMaker(const Axes& axes, const std::array<TensorRef, Tensors>& tensors, Needs needs)
      : axes_(axes), tensors_(tensors) {
    constexpr std::array<std::size_t, kMaxRank> kPixels{0, 2, 3, 1};
    const bool padded = axes.extents[1] != axes.real[1];
    made_.walk.width = 1;
    made_.walk.image_axis = made_.walk.channel_axis = -1;
    std::fill(std::begin(made_.covered), std::end(made_.covered), true);
    for (std::size_t place = 0; place < axes.rank; ++place) {
      const std::size_t axis = axes.channels_last ? kPixels[place] : place;
      add(axis, needs.image && axis == 0, (needs.channel || padded) && axis == 1);
    }
    Walk<Tensors>& walk = made_.walk;
    if (walk.rank == 0) walk.extents[walk.rank++] = 1;
    const bool lanes = walk.channel_axis >= 0 && walk.channel_axis == walk.rank - 1;
    made_.target = {tensors[0].data, tensors[0].dtype, lanes, axes.real[1]};
  }

  const Walking<Tensors>& made() const { return made_; }

 private:
  bool merges(std::size_t axis) const {
    const Walk<Tensors>& walk = made_.walk;
    const std::int32_t last = walk.rank - 1;
    if (last < 0 || last == walk.image_axis || last == walk.channel_axis) return false;
    for (std::size_t t = 0; t < Tensors; ++t) {
      if (walk.strides[t][last] != tensors_[t].strides[axis] * axes_.extents[axis]) return false;
    }
    return true;
  }

  void add(std::size_t axis, bool is_image, bool is_channel) {
    Walk<Tensors>& walk = made_.walk;
    const bool named = is_image || is_channel;
    if (axes_.extents[axis] == 1 && !named) return;
    const bool merged = !named && merges(axis);
    if (!merged) walk.extents[walk.rank++] = 1;
    const std::int32_t last = walk.rank - 1;
    walk.extents[last] *= axes_.extents[axis];
    if (is_image) walk.image_axis = last;
    if (is_channel) walk.channel_axis = last;
    for (std::size_t t = 0; t < Tensors; ++t) {
      const TensorRef& tensor = tensors_[t];
      walk.strides[t][last] = tensor.strides[axis];
      if (is_channel) {
        made_.covered[t] = tensor.strides[axis] == 0 || tensor.stored[axis] >= axes_.extents[axis];
      }
    }
  }

  const Axes& axes_;
  const std::array<TensorRef, Tensors>& tensors_;
  Walking<Tensors> made_;
};

template <std::size_t Tensors>
Walking<static_cast<int>(Tensors)> make_walk(const Axes& axes,
                                             const std::array<TensorRef, Tensors>& tensors,
                                             Needs needs) {
  return WalkMaker<static_cast<int>(Tensors)>(axes, tensors, needs).made();
}

// Whether `width` elements of tensor t lie side by side at every step, aligned.
template <int Tensors>
bool lies_packed(const Walk<Tensors>& walk, int t, const TensorRef& tensor, int width) {
  const std::size_t bytes = static_cast<std::size_t>(width) * size_of(tensor.dtype);
  const std::size_t alignment = std::min<std::size_t>(bytes, 16);
  if (reinterpret_cast<std::uintptr_t>(tensor.data) % alignment != 0) return false;
  for (std::int32_t axis = 0; axis + 1 < walk.rank; ++axis) {
    if (walk.extents[axis] > 1 && walk.strides[t][axis] % width != 0) return false;
  }
  return walk.strides[t][walk.rank - 1] == 1;
}

// The widest step of 16 bytes of the result or less, and takes it: 1, 4, 8 or 16 elements.
template <int Tensors>
int widen(Walking<Tensors>& walking, const TensorRef& result) {
  Walk<Tensors>& walk = walking.walk;
  std::int64_t& innermost = walk.extents[walk.rank - 1];
  if (walk.image_axis == walk.rank - 1) return 1;
  for (int width = static_cast<int>(16 / size_of(result.dtype)); width >= 4; width /= 2) {
    if (innermost % width != 0 || !lies_packed(walk, 0, result, width)) continue;
    walk.width = width;
    innermost /= width;
    return width;
  }
  return 1;
}

// To be called after widening.
template <int Tensors>
Source make_source(const Walking<Tensors>& walking, int t, const TensorRef& tensor) {
  const Walk<Tensors>& walk = walking.walk;
  const bool packed =
      walking.covered[t] && (walk.width == 1 || lies_packed(walk, t, tensor, walk.width));
  return {tensor.data, tensor.dtype, packed, walk.strides[t][walk.rank - 1]};
}

}  // namespace qbench::cudnn::kernels
