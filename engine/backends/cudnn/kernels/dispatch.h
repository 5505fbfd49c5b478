// From a step to the functors that compute it.
#pragma once

#include <cstddef>
#include <span>
#include <type_traits>
#include <utility>
#include <variant>

#include "engine/backends/cudnn/kernels/build.h"
#include "engine/backends/cudnn/kernels/convolution.h"
#include "engine/backends/cudnn/kernels/detection.h"
#include "engine/backends/cudnn/kernels/pointwise.h"
#include "engine/backends/cudnn/kernels/reduce.h"
#include "engine/backends/cudnn/kernels/window.h"
#include "engine/backends/cudnn/plan.h"

namespace qbench::cudnn {
namespace kernels {

// The operands of a step by position, and where they lie.
struct Operands {
  const Step& step;
  std::span<std::byte* const> pointers;

  const View& view(std::size_t i) const { return step.operands[i]; }
  std::byte* data(std::size_t i) const { return i < pointers.size() ? pointers[i] : nullptr; }
  float* floats(std::size_t i) const { return reinterpret_cast<float*>(data(i)); }
  TensorRef ref(std::size_t i) const { return tensor_ref(view(i), data(i)); }
};

template <class F>
void with_width(int width, F&& f) {
  switch (width) {
    case 16:
      return f(std::integral_constant<int, 16>());
    case 8:
      return f(std::integral_constant<int, 8>());
    case 4:
      return f(std::integral_constant<int, 4>());
    default:
      return f(std::integral_constant<int, 1>());
  }
}

template <class Launch>
void run(const ConvertWork& work, const Operands& in, Launch& launch) {
  TensorRef result = in.ref(1);
  const TensorRef own = in.ref(0);
  const Desc& from = in.view(0).desc;
  const auto axis = static_cast<std::size_t>(work.axis);
  Axes axes = axes_of(in.view(1).desc);
  TensorRef data{own.data, own.dtype, {}, {}};
  for (std::size_t i = 0; i < from.shape.rank(); ++i) {
    const auto source = static_cast<std::size_t>(work.axes[i]);
    data.strides[i] = own.strides[source];
    data.stored[i] = own.stored[source];
  }
  if (from.shape.rank() > 0) {  // the slice; the last one along the channels pads them too
    const std::int64_t length = from.shape[static_cast<std::size_t>(work.axes[axis])];
    const bool to_the_end = work.offset + length == axes.real[axis];
    axes.extents[axis] = to_the_end ? axes.extents[axis] - work.offset : length;
    axes.real[axis] = length;
    result.data +=
        work.offset * result.strides[axis] * static_cast<std::int64_t>(size_of(result.dtype));
  }
  const bool scaled = in.data(2) != in.data(3);
  const bool own_unit = in.data(3) != nullptr;
  auto walking = make_walk(axes, std::array{result, data}, {scaled || own_unit, false});
  with_width(widen(walking, result), [&](auto w) {
    launch(walking.walk.count(),
           Convert<w()>{walking.walk, walking.target, make_source(walking, 1, data), in.floats(2),
                        in.floats(3), work.ratio, work.unit, work.activation});
  });
}

template <class Launch>
void run(const ChannelWork&, const Operands& in, Launch& launch) {
  const TensorRef data = in.ref(0);
  const TensorRef result = in.ref(1);
  auto walking = make_walk(axes_of(in.view(1).desc), std::array{result, data}, {false, true});
  with_width(widen(walking, result), [&](auto w) {
    launch(walking.walk.count(),
           PerChannel<w()>{walking.walk, walking.target, make_source(walking, 1, data),
                           in.floats(2), in.floats(3), in.floats(4)});
  });
}

template <class Launch>
void run(const BinaryWork& work, const Operands& in, Launch& launch) {
  const TensorRef result = in.ref(2);
  const Axes axes = axes_of(in.view(2).desc);
  const TensorRef a = broadcast_ref(in.view(0), in.data(0), axes.rank);
  const TensorRef b = broadcast_ref(in.view(1), in.data(1), axes.rank);
  auto walking = make_walk(axes, std::array{result, a, b}, {});
  with_width(widen(walking, result), [&](auto w) {
    launch(walking.walk.count(),
           Binary<w()>{walking.walk, walking.target, make_source(walking, 1, a),
                       make_source(walking, 2, b), work.kind, work.ratio_a, work.ratio_b, work.unit,
                       work.activation});
  });
}

template <class Launch>
void run(const EpilogueWork& work, const Operands& in, Launch& launch) {
  const TensorRef result = in.ref(1);
  auto walking = make_walk(axes_of(in.view(1).desc), std::array{result}, {true, true});
  const Epilogue end{in.floats(2),        in.floats(3), in.floats(5),
                     work.residual_ratio, work.unit,    work.activation};
  with_width(widen(walking, result), [&](auto w) {
    launch(walking.walk.count(), Finish<w()>{walking.walk, walking.target, in.data(0),
                                             in.view(0).desc.dtype, in.data(4), result.dtype, end});
  });
}

inline Strides4d strides_4d(const Desc& desc) {
  const auto strides = strides_of(desc);
  return {strides[0], strides[1], strides[2], strides[3]};
}

template <class T>
DirectConvolution<T> direct(const ConvolutionWork& work, const Operands& in, const Epilogue& end) {
  const ConvolutionGeometry& g = work.geometry;
  const Desc& result = in.view(2).desc;
  const bool last = result.layout == Layout::channels_last;
  const std::int64_t inputs = g.in_channels / g.groups;
  const std::int64_t taps = g.kernel.h * g.kernel.w;
  const Strides4d weights = last ? Strides4d{taps * inputs, 1, g.kernel.w * inputs, inputs}
                                 : Strides4d{taps * inputs, taps, g.kernel.w, 1};
  return {.data = reinterpret_cast<const T*>(in.data(0)),
          .weight = reinterpret_cast<const T*>(in.data(1)),
          .result = in.data(2),
          .residual = in.data(5),
          .dtype = result.dtype,
          .channels_last = last,
          .in = strides_4d(in.view(0).desc),
          .weights = weights,
          .out = strides_4d(result),
          .window = {g.in, g.kernel, g.stride, g.dilation, g.padding},
          .extent = g.out,
          .stored_channels = last ? result.channels : result.shape[1],
          .group_inputs = inputs,
          .group_outputs = g.out_channels / g.groups,
          .real_channels = g.out_channels,
          .end = end};
}

template <class T, int W>
Depthwise<T, W> depthwise(const ConvolutionWork& work, const Operands& in, const Epilogue& end) {
  const ConvolutionGeometry& g = work.geometry;
  return {.data = reinterpret_cast<const T*>(in.data(0)),
          .weight = reinterpret_cast<const T*>(in.data(1)),
          .result = in.data(2),
          .residual = in.data(5),
          .dtype = in.view(2).desc.dtype,
          .channels = g.in_channels,
          .out = g.out,
          .window = {g.in, g.kernel, g.stride, g.dilation, g.padding},
          .end = end};
}

template <class T, int W, class Launch>
void convolve(const ConvolutionWork& work, const Operands& in, Launch& launch) {
  const Epilogue end{in.floats(3),        in.floats(4), in.floats(6),
                     work.residual_ratio, work.unit,    work.activation};
  const Desc& result = in.view(2).desc;
  if (result.layout == Layout::channels_last && is_depthwise(work.geometry)) {
    launch(elements_of(result) / W, depthwise<T, W>(work, in, end));
  } else {
    launch(elements_of(result), direct<T>(work, in, end));
  }
}

template <class Launch>
void run(const ConvolutionWork& work, const Operands& in, Launch& launch) {
  switch (work.arithmetic) {
    case Arithmetic::s8:
      return convolve<std::int8_t, 8>(work, in, launch);
    case Arithmetic::f16:
      return convolve<Half, 8>(work, in, launch);
    case Arithmetic::f32:
    case Arithmetic::tf32:
      return convolve<float, 4>(work, in, launch);
  }
}

// Padding channels are computed like the others.
inline Planes planes(const Desc& desc) {
  const bool last = desc.layout == Layout::channels_last;
  const std::int32_t width = last ? static_cast<std::int32_t>(16 / size_of(desc.dtype)) : 1;
  return {last, width, last ? desc.channels : desc.shape[1], desc.shape[2], desc.shape[3]};
}

template <class Launch>
void run(const PoolWork& work, const Operands& in, Launch& launch) {
  const PoolGeometry geometry{planes(in.view(0).desc), planes(in.view(1).desc), work};
  const DType dtype = in.view(0).desc.dtype;
  float* partial = in.floats(2);
  Planes between = geometry.out;
  between.h = geometry.in.h;
  const std::int64_t images = in.view(1).desc.shape[0];
  const std::int64_t rows = images * between.channels * between.h * between.w;
  with_width(between.width, [&](auto w) {
    const std::int64_t count = elements_of(in.view(1).desc) / w();
    if (partial == nullptr) {
      return launch(count, PoolWindows<w()>{in.data(0), in.data(1), dtype, geometry});
    }
    launch(rows / w(), PoolRows<w()>{in.data(0), dtype, geometry, between, partial});
    launch(count, PoolColumns<w()>{partial, in.data(1), dtype, geometry, between});
  });
}

template <class Launch>
void run(const PadWork& work, const Operands& in, Launch& launch) {
  const Planes from = planes(in.view(0).desc);
  const Planes to = planes(in.view(1).desc);
  with_width(to.width, [&](auto w) {
    launch(elements_of(in.view(1).desc) / w(),
           PadPlanes<w()>{in.data(0), in.data(1), in.view(0).desc.dtype, from, to, in.floats(2),
                          work});
  });
}

template <class Launch>
void run(const RangeWork& work, const Operands& in, Launch& launch) {
  const Desc& desc = in.view(0).desc;
  const TensorRef data = in.ref(0);
  const auto walking = make_walk(axes_of(desc), std::array{data}, {});
  const std::int64_t images = desc.shape[0];
  float* maxima = in.floats(2);
  float* groups = maxima + images * work.first;
  launch(images * work.first,
         PartialMaximum{walking.walk, data.data, data.dtype, elements_of(desc) / images,
                        walking.target.channels, work.first, maxima});
  launch(images * work.second, GroupMaximum{maxima, work.first, work.second, groups, false});
  launch(images, GroupMaximum{groups, work.second, 1, in.floats(1), true});
}

template <class Launch>
void run(const NormalizeWork& work, const Operands& in, Launch& launch) {
  const TensorRef data = in.ref(0);
  const TensorRef result = in.ref(1);
  Axes kept = axes_of(in.view(1).desc);
  kept.extents = kept.real;
  Axes reduced = kept;
  for (std::size_t axis = 0; axis < kept.rank; ++axis) {
    const bool is_reduced = (work.reduced >> axis & 1U) != 0;
    Axes& other = is_reduced ? kept : reduced;
    other.extents[axis] = other.real[axis] = 1;
  }
  const std::array both{data, result};
  const Reduction reduction{.kept = make_walk(kept, both, {}).walk,
                            .reduced = make_walk(reduced, both, {}).walk,
                            .length = make_walk(reduced, both, {}).walk.count(),
                            .parts = work.parts,
                            .data = data.data,
                            .dtype = data.dtype,
                            .kind = work.kind,
                            .partial = in.floats(2)};
  const std::int64_t groups = reduction.kept.count();
  launch(groups * work.parts, PartialSum{reduction});
  launch(groups * reduction.length, Normalized{reduction, result.data, result.dtype, work.epsilon});
}

template <class Launch>
void run(const LrnWork& work, const Operands& in, Launch& launch) {
  const TensorRef data = in.ref(0);
  const TensorRef result = in.ref(1);
  const Axes axes = axes_of(in.view(1).desc);
  const auto walking = make_walk(axes, std::array{result, data}, {false, true});
  launch(walking.walk.count(),
         LocalResponse{walking.walk, walking.target, make_source(walking, 1, data), axes.real[1],
                       data.strides[1], work});
}

template <class Launch>
void run(const DetectionWork& work, const Operands& in, Launch& launch) {
  const DetectionMemory memory(work, in.data(4));
  const DetectionSizes& sizes = memory.sizes;
  const std::int64_t boxes = sizes.images * sizes.anchors;
  DecodeBoxes decode{memory, in.floats(0), in.floats(1), in.floats(2), {}};
  std::copy(work.variances.begin(), work.variances.end(), std::begin(decode.variances));
  launch(boxes, decode);
  launch(boxes * kRankParts, CountBetter{memory});
  launch(boxes, PutInOrder{memory});
  launch(sizes.images * sizes.limit * sizes.mask_words, CompareBoxes{memory});
  launch(sizes.images, Suppress{memory});
  launch(boxes, WriteRows{memory, in.floats(3)});
}

}  // namespace kernels

// Builds the functors of the step and calls launch(std::int64_t count, functor) for each, in the
// order they must run: functor(i) for every i of 0 .. count - 1 in any order, all of them before
// the next launch; count may be 0. `pointers`: where each operand begins, its offset included; null
// where it is absent. Functors are trivially copyable and need no memory but the operands'. Serves
// every kind of work; convolutions by a plain loop, fast only where depthwise.
template <class Launch>
void dispatch(const Step& step, std::span<std::byte* const> pointers, Launch&& launch) {
  const kernels::Operands operands{step, pointers};
  std::visit([&](const auto& work) { kernels::run(work, operands, launch); }, step.work);
}

}  // namespace qbench::cudnn
