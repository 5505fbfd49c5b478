// The backend's own loops, for what the library has no fast kernel for. Plain pointers: the plan
// has checked every size. "ratio" is the input's scale over the output's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "engine/backends/onednn/layout.h"
#include "engine/graph/op.h"

namespace qbench::onednn::kernels {

// --- kernels.cc: streams of elements
void divide(const float* values, float divisor, std::int64_t count, float* out);
float max_abs(const float* values, std::int64_t count);
// to = saturate(round(from * ratio)), s8 or u8 or f32 to s8 or u8; or f32 without rounding.
void convert(const std::byte* from, DType from_dtype, float ratio, std::int64_t count,
             std::byte* to, DType to_dtype);
// f32 planes [channels][count] to pixels [count][channels], each value times `ratio`.
void interleave_planes(const float* planes, std::int64_t channels, std::int64_t count, float ratio,
                       std::byte* to, DType to_dtype);
// out = activation(a * ratio_a + b * ratio_b), s8 or u8 to s8, u8 or f32.
struct SumTerm {
  DType dtype = DType::s8;
  float ratio = 1;
};
void add(const std::byte* a, SumTerm term_a, const std::byte* b, SumTerm term_b,
         const ActivationSpec& activation, float unit, std::int64_t count, std::byte* out,
         DType out_dtype);
// One byte for another, by table.
void look_up(const std::byte* from, std::span<const std::byte, 256> table, std::int64_t count,
             std::byte* to);

// out[o] = activation(sum of weights[o][i] * x[i] + bias[o]); without a bias where that is null.
// One row of data: all of the weights stream through once, and nothing else counts.
void matrix_times_vector(const float* weights, const float* x, const float* bias,
                         std::int64_t outputs, std::int64_t inputs,
                         const ActivationSpec& activation, float* out);

// y = activation(x) where y and x count in multiples of `unit`.
float activate(const ActivationSpec& activation, float x, float unit);

// --- structured.cc: loops that know of axes
struct JoinedPart {
  std::int64_t row = 0;  // elements of one row
  DType dtype = DType::f32;
  float ratio = 1;
};
// Rows of all parts side by side: out row = part 0's row, part 1's row, ...
void concatenate(std::span<const JoinedPart> parts, std::span<std::byte* const> sources,
                 std::int64_t rows, std::byte* out, DType out_dtype);

void prelu(const ChannelLayout& layout, const float* x, const float* slope, float* y);
void l2_normalize(const ChannelLayout& layout, L2Mode mode, float epsilon, const float* x,
                  float* y);

// --- scale_shift.cc
// y = clamp(x * scale[channel] + shift[channel], low, high) * ratio, rounded and saturated where
// `out` is integer; both vectors of layout.groups * layout.block elements. y may be x.
struct ScaleShift {
  ChannelLayout layout;
  float low = -std::numeric_limits<float>::infinity();
  float high = std::numeric_limits<float>::infinity();
  float ratio = 1;
  DType out = DType::f32;
};
void scale_and_shift(const ScaleShift& work, const float* x, const float* scale, const float* shift,
                     std::byte* y);

// Windows over channels-last data [images][h][w][channels].
struct Pooling {
  std::int64_t images = 1, channels = 1, in_h = 1, in_w = 1, out_h = 1, out_w = 1;
  Extent2d kernel;
  Extent2d stride;
  Padding2d padding;
  bool count_include_pad = true;
  DType in_dtype = DType::f32;
  DType out_dtype = DType::f32;
  float ratio = 1;
};
// --- average_pool.cc: the windows and scales that the library does not serve. Sums of integers are
// exact.
void average_pool(const Pooling& pool, const std::byte* in, std::byte* out);
// --- max_pool.cc: of bytes, in and out of the same type and scale, where the library takes several
// times as long as memory does.
void max_pool(const Pooling& pool, const std::byte* in, std::byte* out);

// Rows of `row` bytes [images*channels][h] into a larger plane filled with `value`, row-major.
struct Padded {
  std::int64_t planes = 1, in_h = 1, in_w = 1;
  Padding2d padding;
  std::size_t element = 4;
};
void pad(const Padded& padded, const std::byte* in, const std::byte* value, std::byte* out);

// out[i] = a[...] op b[...] with strides of 0 along broadcast axes; row-major out of `dims`.
struct Broadcast {
  Dims dims;
  Dims stride_a;
  Dims stride_b;
};
enum class BinaryKind : std::uint8_t { add, multiply };
void broadcast(const Broadcast& shape, BinaryKind kind, const ActivationSpec& activation,
               const float* a, const float* b, float* out);

}  // namespace qbench::onednn::kernels
