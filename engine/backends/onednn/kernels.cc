// Element-wise loops, compiled once for each generation of vector instructions.
#include "engine/backends/onednn/kernels.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

#include "engine/backends/onednn/parallel.h"
#include "engine/backends/onednn/per_isa.h"
#include "engine/backends/onednn/store.h"
#include "engine/core/quant_params.h"

namespace qbench::onednn::kernels {
namespace {

using Lanes [[gnu::vector_size(64)]] = float;
constexpr std::int64_t kLanes = sizeof(Lanes) / sizeof(float);

template <class From, class To>
QBENCH_ALWAYS_INLINE void convert_loop(const From* from, float ratio, std::int64_t count, To* to) {
  for (std::int64_t i = 0; i < count; ++i) to[i] = store<To>(static_cast<float>(from[i]) * ratio);
}

template <class To>
QBENCH_ALWAYS_INLINE void planes_loop(const float* planes, std::int64_t channels,
                                      std::int64_t plane, std::int64_t begin, std::int64_t end,
                                      float ratio, To* to) {
  if (channels == 3) {  // images
    for (std::int64_t i = begin; i < end; ++i) {
      to[3 * i] = store<To>(planes[i] * ratio);
      to[3 * i + 1] = store<To>(planes[plane + i] * ratio);
      to[3 * i + 2] = store<To>(planes[2 * plane + i] * ratio);
    }
    return;
  }
  for (std::int64_t i = begin; i < end; ++i) {
    for (std::int64_t c = 0; c < channels; ++c)
      to[channels * i + c] = store<To>(planes[c * plane + i] * ratio);
  }
}

template <class A, class B, class To>
QBENCH_ALWAYS_INLINE void add_loop(const A* a, float ratio_a, const B* b, float ratio_b, float low,
                                   float high, float slope, std::int64_t count, To* to) {
  for (std::int64_t i = 0; i < count; ++i) {
    float sum = static_cast<float>(a[i]) * ratio_a + static_cast<float>(b[i]) * ratio_b;
    sum = sum < 0 ? sum * slope : sum;
    sum = sum < low ? low : sum;
    to[i] = store<To>(sum > high ? high : sum);
  }
}

QBENCH_ALWAYS_INLINE std::uint32_t largest_magnitude_bits(const float* values, std::int64_t count) {
  // Bits of non-negative floats are ordered as the floats are, and integers have a vector maximum
  // that the compiler may reorder.
  std::uint32_t largest = 0;
  for (std::int64_t i = 0; i < count; ++i) {
    const std::uint32_t bits = std::bit_cast<std::uint32_t>(values[i]) & 0x7fffffffU;
    largest = bits > largest ? bits : largest;
  }
  return largest;
}

// Calls function with a pointer of the C++ type of `dtype`.
template <class Byte, class Function>
void with_type(DType dtype, Byte* data, Function&& function) {
  constexpr bool is_const = std::is_const_v<Byte>;
  const auto as = [&]<class T>(T) {
    using Element = std::conditional_t<is_const, const T, T>;
    function(reinterpret_cast<Element*>(data));
  };
  if (dtype == DType::s8) return as(std::int8_t{});
  if (dtype == DType::u8) return as(std::uint8_t{});
  as(float{});
}

// Enough streams to keep memory busy.
constexpr std::int64_t kRowsTogether = 8;
QBENCH_ALWAYS_INLINE void dot_rows(const float* rows, std::int64_t stride, const float* x,
                                   std::int64_t count, float* sums) {
  Lanes sum[kRowsTogether] = {};
  std::int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes) {
    Lanes of_x;
    std::memcpy(&of_x, x + i, sizeof(Lanes));
    for (std::int64_t r = 0; r < kRowsTogether; ++r) {
      Lanes of_row;
      std::memcpy(&of_row, rows + r * stride + i, sizeof(Lanes));
      sum[r] += of_x * of_row;
    }
  }
  for (std::int64_t r = 0; r < kRowsTogether; ++r) {
    sums[r] = 0;
    for (std::int64_t l = 0; l < kLanes; ++l) sums[r] += sum[r][l];
    for (std::int64_t rest = i; rest < count; ++rest) sums[r] += rows[r * stride + rest] * x[rest];
  }
}

}  // namespace

void matrix_times_vector(const float* weights, const float* x, const float* bias,
                         std::int64_t outputs, std::int64_t inputs,
                         const ActivationSpec& activation, float* out) {
  const std::int64_t groups = (outputs + kRowsTogether - 1) / kRowsTogether;
  parallel_for(groups, [&](std::int64_t group) {
    // The last group reaches back over rows of the one before, and leaves their results to that.
    const std::int64_t own = group * kRowsTogether;
    const std::int64_t first = std::max<std::int64_t>(0, std::min(own, outputs - kRowsTogether));
    const std::int64_t stride = outputs < kRowsTogether ? 0 : inputs;
    float sums[kRowsTogether];
    for (std::int64_t row = 0; row < (stride == 0 ? outputs : 1); ++row) {
      per_isa<dot_rows>(weights + (first + row) * inputs, stride, x, inputs, sums);
      for (std::int64_t r = 0; r < (stride == 0 ? 1 : kRowsTogether); ++r) {
        const std::int64_t o = first + row + r;
        if (o < own) continue;
        out[o] = activate(activation, sums[r] + (bias == nullptr ? 0 : bias[o]), 1);
      }
    }
  });
}

void divide(const float* values, float divisor, std::int64_t count, float* out) {
  for (std::int64_t i = 0; i < count; ++i) out[i] = values[i] / divisor;
}

float max_abs(const float* values, std::int64_t count) {
  return std::bit_cast<float>(per_isa<largest_magnitude_bits>(values, count));
}

void convert(const std::byte* from, DType from_dtype, float ratio, std::int64_t count,
             std::byte* to, DType to_dtype) {
  with_type(from_dtype, from, [&](const auto* source) {
    with_type(to_dtype, to, [&](auto* target) {
      using From = std::remove_cvref_t<decltype(*source)>;
      using To = std::remove_pointer_t<decltype(target)>;
      parallel_ranges(count, [&](std::int64_t begin, std::int64_t end) {
        per_isa<convert_loop<From, To>>(source + begin, ratio, end - begin, target + begin);
      });
    });
  });
}

void interleave_planes(const float* planes, std::int64_t channels, std::int64_t count, float ratio,
                       std::byte* to, DType to_dtype) {
  with_type(to_dtype, to, [&](auto* target) {
    using To = std::remove_pointer_t<decltype(target)>;
    parallel_ranges(count, [&](std::int64_t begin, std::int64_t end) {
      per_isa<planes_loop<To>>(planes, channels, count, begin, end, ratio, target);
    });
  });
}

float activate(const ActivationSpec& activation, float x, float unit) {
  switch (activation.kind) {
    case ActivationKind::none:
      return x;
    case ActivationKind::relu:
      return std::max(x, 0.0F);
    case ActivationKind::clip:
      return std::min(std::max(x, activation.alpha / unit), activation.beta / unit);
    case ActivationKind::leaky:
      return x < 0 ? activation.alpha * x : x;
    case ActivationKind::sigmoid:
      return 1 / (1 + std::exp(-x * unit)) / unit;
    case ActivationKind::tanh:
      return std::tanh(x * unit) / unit;
  }
  return x;
}

void add(const std::byte* a, SumTerm term_a, const std::byte* b, SumTerm term_b,
         const ActivationSpec& activation, float unit, std::int64_t count, std::byte* out,
         DType out_dtype) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  const ActivationKind kind = activation.kind;
  const bool curved = kind == ActivationKind::sigmoid || kind == ActivationKind::tanh;
  float low = -kInfinity;
  float high = kInfinity;
  if (kind == ActivationKind::relu) low = 0;
  if (kind == ActivationKind::clip) {
    low = activation.alpha / unit;
    high = activation.beta / unit;
  }
  const float slope = kind == ActivationKind::leaky ? activation.alpha : 1.0F;
  with_type(out_dtype, out, [&](auto* target) {
    using To = std::remove_pointer_t<decltype(target)>;
    with_type(term_a.dtype, a, [&](const auto* first) {
      with_type(term_b.dtype, b, [&](const auto* second) {
        using A = std::remove_cvref_t<decltype(*first)>;
        using B = std::remove_cvref_t<decltype(*second)>;
        if constexpr (!std::is_same_v<A, float> && !std::is_same_v<B, float>) {
          parallel_ranges(count, [&](std::int64_t begin, std::int64_t end) {
            if (!curved) {
              per_isa<add_loop<A, B, To>>(first + begin, term_a.ratio, second + begin, term_b.ratio,
                                          low, high, slope, end - begin, target + begin);
              return;
            }
            for (std::int64_t i = begin; i < end; ++i) {
              const float sum = static_cast<float>(first[i]) * term_a.ratio +
                                static_cast<float>(second[i]) * term_b.ratio;
              target[i] = store<To>(activate(activation, sum, unit));
            }
          });
        }
      });
    });
  });
}

void look_up(const std::byte* from, std::span<const std::byte, 256> table, std::int64_t count,
             std::byte* to) {
  parallel_ranges(count, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) to[i] = table[static_cast<std::size_t>(from[i])];
  });
}

}  // namespace qbench::onednn::kernels
