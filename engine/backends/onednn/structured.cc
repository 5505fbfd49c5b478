// Loops over axes: concatenation, channels, pooling windows, padding, broadcasting.
#include <algorithm>
#include <cmath>
#include <cstring>

#include "engine/backends/onednn/kernels.h"
#include "engine/backends/onednn/parallel.h"
#include "engine/core/quant_params.h"

namespace qbench::onednn::kernels {
namespace {

// Calls function(index of x, channel) for all elements, vector-friendly in the innermost loop.
template <class Function>
void for_each_channel_run(const ChannelLayout& layout, Function&& function) {
  const std::int64_t run = layout.inner * layout.block;
  parallel_for(layout.outer * layout.groups,
               [&](std::int64_t i) { function(i * run, i % layout.groups * layout.block); });
}

}  // namespace

void concatenate(std::span<const JoinedPart> parts, std::span<std::byte* const> sources,
                 std::int64_t rows, std::byte* out, DType out_dtype) {
  const auto size = static_cast<std::int64_t>(size_of(out_dtype));
  std::int64_t width = 0;
  for (const JoinedPart& part : parts) width += part.row;
  parallel_ranges(rows * width, [&](std::int64_t begin, std::int64_t end) {
    const std::int64_t first = begin / width;
    const std::int64_t last = end / width;
    std::int64_t column = 0;
    for (std::size_t p = 0; p < parts.size(); ++p) {
      const JoinedPart& part = parts[p];
      const bool same = part.dtype == out_dtype && part.ratio == 1;
      const auto part_size = static_cast<std::int64_t>(size_of(part.dtype));
      for (std::int64_t row = first; row < last; ++row) {
        const std::byte* from = sources[p] + row * part.row * part_size;
        std::byte* to = out + (row * width + column) * size;
        if (same) {
          std::memcpy(to, from, static_cast<std::size_t>(part.row * size));
        } else {
          convert(from, part.dtype, part.ratio, part.row, to, out_dtype);
        }
      }
      column += part.row;
    }
  });
}

void prelu(const ChannelLayout& layout, const float* x, const float* slope, float* y) {
  for_each_channel_run(layout, [&](std::int64_t start, std::int64_t channel) {
    for (std::int64_t i = 0; i < layout.inner; ++i) {
      for (std::int64_t b = 0; b < layout.block; ++b) {
        const std::int64_t at = start + i * layout.block + b;
        y[at] = x[at] < 0 ? x[at] * slope[channel + b] : x[at];
      }
    }
  });
}

namespace {

// One image: sums of squares over channels for each position, then the quotient.
void l2_over_channels(const ChannelLayout& layout, float epsilon, const float* x, float* y) {
  for (std::int64_t i = 0; i < layout.inner; ++i) {
    double sum = 0;
    const auto for_channels = [&](auto&& function) {
      for (std::int64_t g = 0; g < layout.groups; ++g) {
        for (std::int64_t b = 0; b < layout.block; ++b)
          function((g * layout.inner + i) * layout.block + b);
      }
    };
    for_channels([&](std::int64_t at) { sum += static_cast<double>(x[at]) * x[at]; });
    const auto norm = static_cast<float>(std::sqrt(sum + epsilon));
    for_channels([&](std::int64_t at) { y[at] = x[at] / norm; });
  }
}

void l2_over_positions(const ChannelLayout& layout, float epsilon, const float* x, float* y) {
  for (std::int64_t g = 0; g < layout.groups; ++g) {
    for (std::int64_t b = 0; b < layout.block; ++b) {
      const std::int64_t start = g * layout.inner * layout.block + b;
      double sum = 0;
      for (std::int64_t i = 0; i < layout.inner; ++i) {
        const double v = x[start + i * layout.block];
        sum += v * v;
      }
      const auto norm = static_cast<float>(std::sqrt(sum + epsilon));
      for (std::int64_t i = 0; i < layout.inner; ++i) {
        const std::int64_t at = start + i * layout.block;
        y[at] = x[at] / norm;
      }
    }
  }
}

void l2_over_all(std::int64_t count, float epsilon, const float* x, float* y) {
  double sum = 0;
  for (std::int64_t i = 0; i < count; ++i) sum += static_cast<double>(x[i]) * x[i];
  const auto norm = static_cast<float>(std::sqrt(sum + epsilon));
  for (std::int64_t i = 0; i < count; ++i) y[i] = x[i] / norm;
}

}  // namespace

void l2_normalize(const ChannelLayout& layout, L2Mode mode, float epsilon, const float* x,
                  float* y) {
  const std::int64_t image = layout.groups * layout.inner * layout.block;
  parallel_for(layout.outer, [&](std::int64_t n) {
    const float* from = x + n * image;
    float* to = y + n * image;
    switch (mode) {
      case L2Mode::channel:
        return l2_over_channels(layout, epsilon, from, to);
      case L2Mode::spatial:
        return l2_over_positions(layout, epsilon, from, to);
      case L2Mode::instance:
        return l2_over_all(image, epsilon, from, to);
    }
  });
}

void pad(const Padded& padded, const std::byte* in, const std::byte* value, std::byte* out) {
  const std::int64_t out_h = padded.padding.top + padded.in_h + padded.padding.bottom;
  const std::int64_t out_w = padded.padding.left + padded.in_w + padded.padding.right;
  const auto size = static_cast<std::int64_t>(padded.element);
  parallel_for(padded.planes, [&](std::int64_t p) {
    std::byte* plane = out + p * out_h * out_w * size;
    for (std::int64_t i = 0; i < out_h * out_w; ++i)
      std::memcpy(plane + i * size, value, padded.element);
    for (std::int64_t h = 0; h < padded.in_h; ++h) {
      std::byte* row = plane + ((h + padded.padding.top) * out_w + padded.padding.left) * size;
      std::memcpy(row, in + (p * padded.in_h + h) * padded.in_w * size,
                  static_cast<std::size_t>(padded.in_w * size));
    }
  });
}

void broadcast(const Broadcast& shape, BinaryKind kind, const ActivationSpec& activation,
               const float* a, const float* b, float* out) {
  const std::size_t rank = shape.dims.size();
  const std::int64_t width = shape.dims.back();
  std::int64_t rows = 1;
  for (std::size_t i = 0; i + 1 < rank; ++i) rows *= shape.dims[i];
  parallel_for(rows, [&](std::int64_t row) {
    std::int64_t rest = row;
    const float* from_a = a;
    const float* from_b = b;
    for (std::size_t axis = rank - 1; axis-- > 0;) {
      const std::int64_t position = rest % shape.dims[axis];
      rest /= shape.dims[axis];
      from_a += position * shape.stride_a[axis];
      from_b += position * shape.stride_b[axis];
    }
    for (std::int64_t i = 0; i < width; ++i) {
      const float x = from_a[i * shape.stride_a.back()];
      const float y = from_b[i * shape.stride_b.back()];
      const float z = kind == BinaryKind::add ? x + y : x * y;
      out[row * width + i] = activate(activation, z, 1);
    }
  });
}

}  // namespace qbench::onednn::kernels
