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

// The largest or the sum so far, of W neighbours.
template <int W>
struct Pooled {
  bool is_max;
  float total[W];

  QBENCH_HD explicit Pooled(PoolKind kind) : is_max(kind == PoolKind::max) {
    for (int k = 0; k < W; ++k) total[k] = is_max ? -FLT_MAX : 0;
  }
  QBENCH_HD void add(const std::byte* data, DType dtype, std::int64_t offset) {
    float v[W];
    load<W>(data, dtype, offset, v);
    for (int k = 0; k < W; ++k) {
      total[k] = is_max ? (total[k] < v[k] ? v[k] : total[k]) : total[k] + v[k];
    }
  }
};

struct PoolGeometry {
  Planes in;
  Planes out;
  PoolWork work;

  QBENCH_HD Reach rows(std::int64_t y) const {
    return reach(y * work.stride.h - work.padding.top, work.kernel.h, in.h, work.padding.bottom);
  }
  QBENCH_HD Reach columns(std::int64_t x) const {
    return reach(x * work.stride.w - work.padding.left, work.kernel.w, in.w, work.padding.right);
  }
  // What the sum is divided by; 1 for a maximum.
  QBENCH_HD float divisor(const Reach& rows, const Reach& columns) const {
    if (work.kind == PoolKind::max) return 1;
    const std::int64_t count = work.count_include_pad
                                   ? rows.padded_length * columns.padded_length
                                   : (rows.last - rows.first) * (columns.last - columns.first);
    return static_cast<float>(count);
  }
};

template <int W>
QBENCH_HD void write_pooled(Pooled<W>& pooled, float divisor, float ratio, std::byte* result,
                            DType dtype, std::int64_t offset) {
  for (int k = 0; k < W; ++k) pooled.total[k] = pooled.total[k] / divisor * ratio;
  store<W>(result, dtype, offset, pooled.total);
}

template <int W>
struct PoolWindows {
  const std::byte* data;
  std::byte* result;
  DType dtype;  // of both
  PoolGeometry geometry;

  QBENCH_HD void operator()(std::int64_t i) const {
    const Planes::At at = geometry.out.at(i);
    const Reach rows = geometry.rows(at.y);
    const Reach columns = geometry.columns(at.x);
    Pooled<W> pooled(geometry.work.kind);
    for (std::int64_t y = rows.first; y < rows.last; ++y) {
      for (std::int64_t x = columns.first; x < columns.last; ++x) {
        pooled.add(data, dtype, geometry.in.offset(at.n, at.c, y, x));
      }
    }
    write_pooled(pooled, geometry.divisor(rows, columns), geometry.work.ratio, result, dtype,
                 geometry.out.offset(at.n, at.c, at.y, at.x));
  }
};

// Large windows in two stages, so that no thread reads all of one: along the rows of the input ...
template <int W>
struct PoolRows {
  const std::byte* data;
  DType dtype;
  PoolGeometry geometry;
  Planes between;  // the rows of the input, the columns of the result
  float* partial;  // laid out as `between`

  QBENCH_HD void operator()(std::int64_t i) const {
    const Planes::At at = between.at(i);
    const Reach columns = geometry.columns(at.x);
    Pooled<W> pooled(geometry.work.kind);
    for (std::int64_t x = columns.first; x < columns.last; ++x) {
      pooled.add(data, dtype, geometry.in.offset(at.n, at.c, at.y, x));
    }
    store<W>(reinterpret_cast<std::byte*>(partial), DType::f32,
             between.offset(at.n, at.c, at.y, at.x), pooled.total);
  }
};

// ... then down its columns.
template <int W>
struct PoolColumns {
  const float* partial;
  std::byte* result;
  DType dtype;
  PoolGeometry geometry;
  Planes between;

  QBENCH_HD void operator()(std::int64_t i) const {
    const Planes::At at = geometry.out.at(i);
    const Reach rows = geometry.rows(at.y);
    Pooled<W> pooled(geometry.work.kind);
    for (std::int64_t y = rows.first; y < rows.last; ++y) {
      pooled.add(reinterpret_cast<const std::byte*>(partial), DType::f32,
                 between.offset(at.n, at.c, y, at.x));
    }
    write_pooled(pooled, geometry.divisor(rows, geometry.columns(at.x)), geometry.work.ratio,
                 result, dtype, geometry.out.offset(at.n, at.c, at.y, at.x));
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
