#include "engine/backends/onednn/exact_convolution.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "engine/backends/onednn/exact_sums.h"
#include "engine/backends/onednn/kernels.h"
#include "engine/backends/onednn/parallel.h"
#include "engine/backends/onednn/store.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace qbench::onednn::kernels {
namespace {

bool is_depthwise(const ExactConvolution& c) {
  return c.groups == c.channels && c.groups == c.outputs && c.groups > 1;
}

// The widened image: zeros around it, and a channel more in groups of an odd number.
struct Widened {
  std::int64_t h, w, group_channels, row;  // of a row's elements
  explicit Widened(const ExactConvolution& c)
      : h(c.in_h + c.padding.top + c.padding.bottom),
        w(c.in_w + c.padding.left + c.padding.right),
        group_channels((c.channels / c.groups + 1) / 2 * 2),
        row(w * c.groups * group_channels) {}
};

std::int64_t blocks_of_group(const ExactConvolution& c) {
  return (c.outputs / c.groups + kExactOutputs - 1) / kExactOutputs;
}

std::int64_t block_bytes(const ExactConvolution& c) {
  return c.kernel.h * c.kernel.w * Widened(c).group_channels * kExactOutputs;
}

template <class T>
QBENCH_ALWAYS_INLINE void widen_loop(const T* from, std::int64_t count, std::int16_t* to) {
  for (std::int64_t i = 0; i < count; ++i) to[i] = static_cast<std::int16_t>(+from[i]);
}

template <class T>
void widen(const ExactConvolution& c, const T* image, std::int16_t* to) {
  const Widened wide(c);
  const std::int64_t channels = c.channels / c.groups;
  const std::int64_t left = c.padding.left * c.groups * wide.group_channels;
  parallel_for(wide.h, [&](std::int64_t row) {
    std::int16_t* out = to + row * wide.row;
    const std::int64_t h = row - c.padding.top;
    const bool inside = h >= 0 && h < c.in_h;
    if (!inside || left > 0 || c.padding.right > 0 || channels != wide.group_channels)
      std::fill_n(out, wide.row, std::int16_t{0});
    if (!inside) return;
    const T* in = image + h * c.in_w * c.channels;
    if (channels == wide.group_channels) {
      per_isa<widen_loop<T>>(in, c.in_w * c.channels, out + left);
      return;
    }
    for (std::int64_t i = 0; i < c.in_w * c.groups; ++i)
      std::copy_n(in + i * channels, channels, out + left + i * wide.group_channels);
  });
}

// --- from sums to results

struct Finish {
  float data_scale, residual_scale, low, high, slope;
};

// Activations that are a slope and limits; the others go element by element.
bool is_curved(const ActivationSpec& activation) {
  return activation.kind == ActivationKind::sigmoid || activation.kind == ActivationKind::tanh;
}

Finish finish_of(const ExactConvolution& c, float data_scale) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  Finish finish{data_scale, c.residual_scale, -kInfinity, kInfinity, 1};
  switch (c.activation.kind) {
    case ActivationKind::relu:
      finish.low = 0;
      break;
    case ActivationKind::clip:
      finish.low = c.activation.alpha;
      finish.high = c.activation.beta;
      break;
    case ActivationKind::leaky:
      finish.slope = c.activation.alpha;
      break;
    default:
      break;
  }
  return finish;
}

struct None {};  // of no residual

template <class To, class Residual>
QBENCH_ALWAYS_INLINE void finish_loop(const std::int32_t* sums, const float* scales,
                                      const float* biases, std::int64_t count, Finish f,
                                      const Residual* residual, To* out) {
  QBENCH_INDEPENDENT_ITERATIONS
  for (std::int64_t i = 0; i < count; ++i) {
    float x = (static_cast<float>(sums[i]) + biases[i]) * scales[i] * f.data_scale;
    if constexpr (!std::is_same_v<Residual, None>)
      x = std::fma(static_cast<float>(residual[i]), f.residual_scale, x);
    x = x < 0 ? x * f.slope : x;
    x = x < f.low ? f.low : x;
    out[i] = store<To>(x > f.high ? f.high : x);
  }
}

#if defined(__x86_64__)

#define QBENCH_AVX2 [[gnu::target("avx2,fma")]]

template <class T>
QBENCH_AVX2 inline __m256 eight(const T* from) {
  if constexpr (std::is_same_v<T, float>) {
    return _mm256_loadu_ps(from);
  } else {
    const __m128i bytes = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(from));
    return _mm256_cvtepi32_ps(std::is_signed_v<T> ? _mm256_cvtepi8_epi32(bytes)
                                                  : _mm256_cvtepu8_epi32(bytes));
  }
}

template <class To, class Residual>
QBENCH_AVX2 inline __m256 finish_eight(const std::int32_t* sums, const float* scales,
                                       const float* biases, const Finish& f,
                                       const Residual* residual) {
  const __m256i sum = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(sums));
  __m256 x = _mm256_add_ps(_mm256_cvtepi32_ps(sum), _mm256_loadu_ps(biases));
  x = _mm256_mul_ps(_mm256_mul_ps(x, _mm256_loadu_ps(scales)), _mm256_set1_ps(f.data_scale));
  if constexpr (!std::is_same_v<Residual, None>)
    x = _mm256_fmadd_ps(eight(residual), _mm256_set1_ps(f.residual_scale), x);
  const __m256 is_negative = _mm256_cmp_ps(x, _mm256_setzero_ps(), _CMP_LT_OQ);
  x = _mm256_blendv_ps(x, _mm256_mul_ps(x, _mm256_set1_ps(f.slope)), is_negative);
  x = _mm256_min_ps(_mm256_set1_ps(f.high), _mm256_max_ps(_mm256_set1_ps(f.low), x));
  if constexpr (std::is_integral_v<To>) {
    x = _mm256_max_ps(_mm256_set1_ps(std::numeric_limits<To>::min()), x);
    x = _mm256_min_ps(_mm256_set1_ps(std::numeric_limits<To>::max()), x);
  }
  return x;
}

// As finish_loop, which the compiler takes apart where there are 16.
template <class To, class Residual>
QBENCH_AVX2 void finish_sixteen(const std::int32_t* sums, const float* scales, const float* biases,
                                Finish f, const Residual* residual, To* out) {
  const __m256 low = finish_eight<To>(sums, scales, biases, f, residual);
  const __m256 high = finish_eight<To>(sums + 8, scales + 8, biases + 8, f, residual + 8);
  if constexpr (std::is_same_v<To, float>) {
    _mm256_storeu_ps(out, low);
    _mm256_storeu_ps(out + 8, high);
  } else {
    const __m256i in_lanes = _mm256_packs_epi32(_mm256_cvtps_epi32(low), _mm256_cvtps_epi32(high));
    const __m256i all = _mm256_permute4x64_epi64(in_lanes, 0xD8);
    const __m128i first = _mm256_castsi256_si128(all);
    const __m128i second = _mm256_extracti128_si256(all, 1);
    const __m128i bytes =
        std::is_signed_v<To> ? _mm_packs_epi16(first, second) : _mm_packus_epi16(first, second);
    _mm_storeu_si128(reinterpret_cast<__m128i*>(out), bytes);
  }
}

#endif

// Results of neighbouring outputs, from `first` on, of one pixel.
class Finisher {
 public:
  Finisher(const ExactConvolution& c, const ExactOperands& operands)
      : c_(c), operands_(operands), finish_(finish_of(c, operands.data_scale)) {}

  void operator()(const std::int32_t* sums, std::int64_t pixel, std::int64_t first,
                  std::int64_t count) const {
    with_type(c_.result, [&]<class To>(To) {
      if (!c_.residual) return finish<To, None>(sums, pixel, first, count);
      with_type(*c_.residual,
                [&]<class Residual>(Residual) { finish<To, Residual>(sums, pixel, first, count); });
    });
  }

 private:
  template <class Function>
  static void with_type(DType dtype, Function&& function) {
    if (dtype == DType::u8) return function(std::uint8_t{});
    if (dtype == DType::s8) return function(std::int8_t{});
    function(float{});
  }

  template <class To, class Residual>
  void finish(const std::int32_t* sums, std::int64_t pixel, std::int64_t first,
              std::int64_t count) const {
    const std::int64_t at = pixel * c_.outputs + first;
    const auto* residual = reinterpret_cast<const Residual*>(operands_.residual);
    if constexpr (!std::is_same_v<Residual, None>) residual += at;
    auto* out = reinterpret_cast<To*>(operands_.out) + at;
    const float* scales = operands_.scales + first;
    const float* biases = operands_.biases + first;
#if defined(__x86_64__)
    if (!is_curved(c_.activation) && has_avx2_ && count % 16 == 0) {
      for (std::int64_t i = 0; i < count; i += 16)
        finish_sixteen(sums + i, scales + i, biases + i, finish_, residual + i, out + i);
      return;
    }
#endif
    if (!is_curved(c_.activation)) {
      per_isa<finish_loop<To, Residual>>(sums, scales, biases, count, finish_, residual, out);
      return;
    }
    for (std::int64_t i = 0; i < count; ++i) {
      float x = (static_cast<float>(sums[i]) + biases[i]) * scales[i] * finish_.data_scale;
      if constexpr (!std::is_same_v<Residual, None>)
        x = std::fma(static_cast<float>(residual[i]), finish_.residual_scale, x);
      out[i] = store<To>(activate(c_.activation, x, 1) * c_.activation_scale);
    }
  }

  const ExactConvolution& c_;
  const ExactOperands& operands_;
  Finish finish_;
  bool has_avx2_ = isa() >= Isa::avx2;
};

// --- groups of several channels

// As many pixels at a time as keep their data close while one block of weights after the other
// passes.
constexpr std::int64_t kTogether = 8 * kExactPixels;

void run_blocks(const ExactConvolution& c, const ExactOperands& operands, const Finisher& finish,
                std::int64_t first_pixel, std::int64_t pixels, std::int64_t first_block,
                std::int64_t blocks) {
  const Widened wide(c);
  const ExactTaps taps{.rows = c.kernel.h,
                       .columns = c.kernel.w,
                       .row_step = c.dilation.h * wide.row,
                       .column_step = c.dilation.w * c.groups * wide.group_channels,
                       .channels = wide.group_channels};
  const ExactSums sum = exact_sums();
  const auto* image = reinterpret_cast<const std::int16_t*>(operands.scratch);
  const std::int64_t outputs = c.outputs / c.groups;
  for (std::int64_t block = first_block; block < first_block + blocks; ++block) {
    const std::int64_t group = block / blocks_of_group(c);
    const std::int64_t first = block % blocks_of_group(c) * kExactOutputs;
    for (std::int64_t done = 0; done < pixels; done += kExactPixels) {
      const std::int64_t count = std::min(kExactPixels, pixels - done);
      std::array<const std::int16_t*, kExactPixels> data;
      for (std::int64_t p = 0; p < count; ++p) {
        const std::int64_t pixel = first_pixel + done + p;
        data[static_cast<std::size_t>(p)] =
            image + pixel / c.out_w * c.stride.h * wide.row +
            (pixel % c.out_w * c.stride.w * c.groups + group) * wide.group_channels;
      }
      alignas(64) std::array<std::int32_t, kExactPixels * kExactOutputs> sums;
      sum(taps, operands.packed + block * block_bytes(c), data.data(), count, sums.data());
      for (std::int64_t p = 0; p < count; ++p) {
        finish(sums.data() + p * kExactOutputs, first_pixel + done + p, group * outputs + first,
               std::min(kExactOutputs, outputs - first));
      }
    }
  }
}

void run_image(const ExactConvolution& c, const ExactOperands& operands) {
  auto* wide = reinterpret_cast<std::int16_t*>(operands.scratch);
  if (c.data == DType::u8) {
    widen(c, reinterpret_cast<const std::uint8_t*>(operands.in), wide);
  } else {
    widen(c, reinterpret_cast<const std::int8_t*>(operands.in), wide);
  }
  const Finisher finish(c, operands);
  const std::int64_t pixels = c.out_h * c.out_w;
  const std::int64_t blocks = c.groups * blocks_of_group(c);
  const std::int64_t threads = std::max(omp_get_max_threads(), 1);
  const std::int64_t stretches = (pixels + kTogether - 1) / kTogether;
  // Few pixels: threads share the outputs too.
  const std::int64_t parts = std::min(blocks, std::max<std::int64_t>(threads / stretches, 1));
  parallel_for(stretches * parts, [&](std::int64_t i) {
    const std::int64_t first = i / parts * kTogether;
    const std::int64_t part = i % parts;
    const std::int64_t begin = blocks * part / parts;
    run_blocks(c, operands, finish, first, std::min(kTogether, pixels - first), begin,
               blocks * (part + 1) / parts - begin);
  });
}

// --- one channel in each group

// Taps [first, last) of a window that begins at `start` lie on the data.
struct Reach {
  std::int64_t first, last;
  Reach(std::int64_t start, std::int64_t kernel, std::int64_t dilation, std::int64_t size)
      : first(start >= 0 ? 0 : (-start + dilation - 1) / dilation),
        last(start >= size ? 0 : std::min(kernel, (size - 1 - start) / dilation + 1)) {}
  std::int64_t size() const { return std::max<std::int64_t>(last - first, 0); }
};

template <class T>
void run_depthwise_row(const ExactConvolution& c, const ExactOperands& operands,
                       const Finisher& finish, std::int64_t out_row) {
  constexpr std::int64_t kTile = 256;  // channels summed together
  const auto* image = reinterpret_cast<const T*>(operands.in);
  const std::int64_t top = out_row * c.stride.h - c.padding.top;
  const Reach rows(top, c.kernel.h, c.dilation.h, c.in_h);
  for (std::int64_t w = 0; w < c.out_w; ++w) {
    const std::int64_t left = w * c.stride.w - c.padding.left;
    const Reach columns(left, c.kernel.w, c.dilation.w, c.in_w);
    const DepthwiseWindow window{.rows = rows.size(),
                                 .columns = columns.size(),
                                 .row_step = c.dilation.h * c.in_w * c.channels,
                                 .column_step = c.dilation.w * c.channels,
                                 .weight_row_step = c.kernel.w * c.channels,
                                 .weight_column_step = c.channels};
    const bool any = window.rows > 0 && window.columns > 0;
    const std::int64_t first =
        any ? ((top + rows.first * c.dilation.h) * c.in_w + left + columns.first * c.dilation.w) *
                  c.channels
            : 0;
    const std::int64_t tap = any ? rows.first * c.kernel.w + columns.first : 0;
    alignas(64) std::array<std::int32_t, kTile> sums;
    for (std::int64_t channel = 0; channel < c.channels; channel += kTile) {
      const std::int64_t width = std::min(kTile, c.channels - channel);
      depthwise_sums(window, image + first + channel, operands.packed + tap * c.channels + channel,
                     width, sums.data());
      finish(sums.data(), out_row * c.out_w + w, channel, width);
    }
  }
}

void run_depthwise(const ExactConvolution& c, const ExactOperands& operands) {
  const Finisher finish(c, operands);
  const auto run =
      c.data == DType::u8 ? run_depthwise_row<std::uint8_t> : run_depthwise_row<std::int8_t>;
  parallel_for(c.out_h, [&](std::int64_t row) { run(c, operands, finish, row); });
}

}  // namespace

std::vector<std::int8_t> pack_exact_convolution(const ExactConvolution& c,
                                                std::span<const std::int8_t> weights) {
  const std::int64_t area = c.kernel.h * c.kernel.w;
  const std::int64_t channels = c.channels / c.groups;
  const auto weight = [&](std::int64_t o, std::int64_t channel, std::int64_t tap) {
    return weights[static_cast<std::size_t>((o * channels + channel) * area + tap)];
  };
  std::vector<std::int8_t> packed;
  if (is_depthwise(c)) {
    for (std::int64_t tap = 0; tap < area; ++tap) {
      for (std::int64_t o = 0; o < c.outputs; ++o) packed.push_back(weight(o, 0, tap));
    }
    return packed;
  }
  const std::int64_t outputs = c.outputs / c.groups;
  const std::int64_t padded_channels = Widened(c).group_channels;
  packed.reserve(static_cast<std::size_t>(c.groups * blocks_of_group(c) * block_bytes(c)));
  for (std::int64_t block = 0; block < c.groups * blocks_of_group(c); ++block) {
    const std::int64_t group = block / blocks_of_group(c);
    const std::int64_t first = block % blocks_of_group(c) * kExactOutputs;
    for (std::int64_t i = 0; i < area * padded_channels * kExactOutputs; ++i) {
      const std::int64_t of_two = i % (2 * kExactOutputs);
      const std::int64_t pair = i / (2 * kExactOutputs);
      const std::int64_t o = first + (pairs_weights() ? of_two / 2 : of_two % kExactOutputs);
      const std::int64_t channel = pair % (padded_channels / 2) * 2 +
                                   (pairs_weights() ? of_two % 2 : of_two / kExactOutputs);
      const bool real = o < outputs && channel < channels;
      packed.push_back(real ? weight(group * outputs + o, channel, pair / (padded_channels / 2))
                            : std::int8_t{0});
    }
  }
  return packed;
}

std::size_t exact_convolution_scratch(const ExactConvolution& c) {
  if (is_depthwise(c)) return 0;
  const Widened wide(c);
  return static_cast<std::size_t>(wide.h * wide.row) * sizeof(std::int16_t);
}

void exact_convolution(const ExactConvolution& c, const ExactOperands& operands) {
  const std::int64_t results =
      c.out_h * c.out_w * c.outputs * static_cast<std::int64_t>(size_of(c.result));
  for (std::int64_t i = 0; i < c.images; ++i) {
    ExactOperands image = operands;
    image.in += i * c.in_h * c.in_w * c.channels;
    image.out += i * results;
    if (c.residual) {
      image.residual +=
          i * c.out_h * c.out_w * c.outputs * static_cast<std::int64_t>(size_of(*c.residual));
    }
    is_depthwise(c) ? run_depthwise(c, image) : run_image(c, image);
  }
}

}  // namespace qbench::onednn::kernels
