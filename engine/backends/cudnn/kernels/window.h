// Pooling and padding of rank 4 values; data and result have the same layout.
#pragma once

#include <cfloat>

#include "engine/backends/cudnn/kernels/walk.h"
#include "engine/backends/cudnn/work.h"

namespace qbench::cudnn::kernels {

// A rank 4 value, `width` elements at a time: of neighbouring channels where they lie so.
struct Planes {
  bool channels_last;
  std::int32_t width;
  std::int64_t channels;  // stored
  std::int64_t h, w;

  struct At {
    std::int64_t n, c, y, x;
  };
  QBENCH_HD At at(std::int64_t i) const {
    At place{};
    std::int64_t rest = i;
    if (channels_last) place.c = split(rest, channels / width) * width;
    place.x = split(rest, w);
    place.y = split(rest, h);
    if (!channels_last) place.c = split(rest, channels);
    place.n = rest;
    return place;
  }
  QBENCH_HD std::int64_t offset(std::int64_t n, std::int64_t c, std::int64_t y,
                                std::int64_t x) const {
    return channels_last ? ((n * h + y) * w + x) * channels + c
                         : ((n * channels + c) * h + y) * w + x;
  }
};

// The part of a window that lies on the input, and how long the window is with padding.
struct Reach {
  std::int64_t first, last, padded_length;
};
QBENCH_HD inline Reach reach(std::int64_t start, std::int64_t kernel, std::int64_t in,
                             std::int64_t padding_after) {
  const std::int64_t end = start + kernel;
  const std::int64_t padded_end = end < in + padding_after ? end : in + padding_after;
  return {start < 0 ? 0 : start, end < in ? end : in, padded_end - start};
}

template <int W>
struct PoolWindows {
  const std::byte* data;
  std::byte* result;
  DType dtype;  // of both
  Planes in;
  Planes out;
  PoolWork work;

  QBENCH_HD void operator()(std::int64_t i) const {
    const Planes::At at = out.at(i);
    const Reach rows =
        reach(at.y * work.stride.h - work.padding.top, work.kernel.h, in.h, work.padding.bottom);
    const Reach columns =
        reach(at.x * work.stride.w - work.padding.left, work.kernel.w, in.w, work.padding.right);
    const bool is_max = work.kind == PoolKind::max;
    float total[W];
    for (int k = 0; k < W; ++k) total[k] = is_max ? -FLT_MAX : 0;
    for (std::int64_t y = rows.first; y < rows.last; ++y) {
      for (std::int64_t x = columns.first; x < columns.last; ++x) {
        float v[W];
        load<W>(data, dtype, in.offset(at.n, at.c, y, x), v);
        for (int k = 0; k < W; ++k) {
          total[k] = is_max ? (total[k] < v[k] ? v[k] : total[k]) : total[k] + v[k];
        }
      }
    }
    if (!is_max) divide(total, rows, columns);
    for (int k = 0; k < W; ++k) total[k] *= work.ratio;
    store<W>(result, dtype, out.offset(at.n, at.c, at.y, at.x), total);
  }

  QBENCH_HD void divide(float* total, const Reach& rows, const Reach& columns) const {
    const std::int64_t count = work.count_include_pad
                                   ? rows.padded_length * columns.padded_length
                                   : (rows.last - rows.first) * (columns.last - columns.first);
    for (int k = 0; k < W; ++k) total[k] /= static_cast<float>(count);
  }
};

template <int W>
struct PadPlanes {
  const std::byte* data;
  std::byte* result;
  DType dtype;  // of both
  Planes in;
  Planes out;
  const float* scales;  // or null
  PadWork work;

  QBENCH_HD void operator()(std::int64_t i) const {
    const Planes::At at = out.at(i);
    const std::int64_t y = at.y - work.top;
    const std::int64_t x = at.x - work.left;
    float v[W];
    if (y >= 0 && y < in.h && x >= 0 && x < in.w) {
      load<W>(data, dtype, in.offset(at.n, at.c, y, x), v);
      for (int k = 0; k < W; ++k) v[k] *= work.ratio;
    } else {
      const float value = scales != nullptr ? work.value / scales[at.n] : work.value;
      for (int k = 0; k < W; ++k) v[k] = value;
    }
    store<W>(result, dtype, out.offset(at.n, at.c, at.y, at.x), v);
  }
};

}  // namespace qbench::cudnn::kernels
