#include "engine/backends/onednn/exact_sums.h"

#include <array>
#include <cstddef>
#include <cstring>
#include <type_traits>

#include "engine/backends/onednn/per_isa.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace qbench::onednn::kernels {
namespace {

using Bytes [[gnu::vector_size(16)]] = std::int8_t;
using UnsignedBytes [[gnu::vector_size(16)]] = std::uint8_t;
using Shorts [[gnu::vector_size(32)]] = std::int16_t;
using Sums [[gnu::vector_size(64)]] = std::int32_t;
constexpr std::int64_t kWidth = sizeof(Bytes);
static_assert(kWidth == kExactOutputs);

// A product of two bytes fits into 16 bits, even 255 * -128.
QBENCH_ALWAYS_INLINE void add_products(const Shorts& data, const std::int8_t* weights, Sums& sums) {
  Bytes bytes;
  std::memcpy(&bytes, weights, sizeof(bytes));
  const Shorts products = data * __builtin_convertvector(bytes, Shorts);
  sums += __builtin_convertvector(products, Sums);
}

QBENCH_ALWAYS_INLINE void sums_by_channel(const ExactTaps& taps, const std::int8_t* weights,
                                          const std::int16_t* const* pixels, std::int64_t count,
                                          std::int32_t* sums) {
  for (std::int64_t p = 0; p < count; ++p) {
    Sums total{};
    const std::int8_t* at = weights;
    for (std::int64_t row = 0; row < taps.rows; ++row) {
      for (std::int64_t column = 0; column < taps.columns; ++column) {
        const std::int16_t* data = pixels[p] + row * taps.row_step + column * taps.column_step;
        for (std::int64_t c = 0; c < taps.channels; ++c, at += kWidth)
          add_products(data[c] + Shorts{}, at, total);
      }
    }
    std::memcpy(sums + p * kWidth, &total, sizeof(total));
  }
}

void exact_sums_by_channel(const ExactTaps& taps, const std::int8_t* weights,
                           const std::int16_t* const* pixels, std::int64_t count,
                           std::int32_t* sums) {
  sums_by_channel(taps, weights, pixels, count, sums);
}

template <class Vector, class T>
QBENCH_ALWAYS_INLINE void depthwise_loop(const DepthwiseWindow& window, const T* data,
                                         const std::int8_t* weights, std::int64_t width,
                                         std::int32_t* sums) {
  std::int64_t c = 0;
  for (; c + kWidth <= width; c += kWidth) {
    Sums total{};
    for (std::int64_t row = 0; row < window.rows; ++row) {
      for (std::int64_t column = 0; column < window.columns; ++column) {
        Vector bytes;
        std::memcpy(&bytes, data + row * window.row_step + column * window.column_step + c,
                    sizeof(bytes));
        add_products(
            __builtin_convertvector(bytes, Shorts),
            weights + row * window.weight_row_step + column * window.weight_column_step + c, total);
      }
    }
    std::memcpy(sums + c, &total, sizeof(total));
  }
  for (; c < width; ++c) {
    sums[c] = 0;
    for (std::int64_t row = 0; row < window.rows; ++row) {
      for (std::int64_t column = 0; column < window.columns; ++column) {
        sums[c] += data[row * window.row_step + column * window.column_step + c] *
                   weights[row * window.weight_row_step + column * window.weight_column_step + c];
      }
    }
  }
}

#if defined(__x86_64__)

[[gnu::target("avx2")]] inline __m256i load(const std::int8_t* from) {
  return _mm256_cvtepi8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(from)));
}

// Two products of each output at once; sums of `P` pixels by 16 outputs stay in registers.
template <std::size_t P>
[[gnu::target("avx2")]] void sums_by_pair(const ExactTaps& taps, const std::int8_t* weights,
                                          const std::int16_t* const* pixels, std::int32_t* sums) {
  __m256i low[P];
  __m256i high[P];
#pragma GCC unroll 6
  for (std::size_t p = 0; p < P; ++p) low[p] = high[p] = _mm256_setzero_si256();
  for (std::int64_t row = 0; row < taps.rows; ++row) {
    for (std::int64_t column = 0; column < taps.columns; ++column) {
      const std::int64_t begin = row * taps.row_step + column * taps.column_step;
      for (std::int64_t at = begin; at < begin + taps.channels; at += 2, weights += 32) {
        const __m256i weights_low = load(weights);
        const __m256i weights_high = load(weights + 16);
#pragma GCC unroll 6
        for (std::size_t p = 0; p < P; ++p) {
          std::int32_t two;
          std::memcpy(&two, pixels[p] + at, sizeof(two));
          const __m256i data = _mm256_set1_epi32(two);
          low[p] = _mm256_add_epi32(low[p], _mm256_madd_epi16(data, weights_low));
          high[p] = _mm256_add_epi32(high[p], _mm256_madd_epi16(data, weights_high));
        }
      }
    }
  }
#pragma GCC unroll 6
  for (std::size_t p = 0; p < P; ++p) {
    auto* to = reinterpret_cast<__m256i*>(sums + p * kExactOutputs);
    _mm256_storeu_si256(to, low[p]);
    _mm256_storeu_si256(to + 1, high[p]);
  }
}

template <class T>
[[gnu::target("avx2")]] void depthwise_avx2(const DepthwiseWindow& window, const T* data,
                                            const std::int8_t* weights, std::int32_t* sums) {
  __m256i low = _mm256_setzero_si256();
  __m256i high = low;
  for (std::int64_t row = 0; row < window.rows; ++row) {
    for (std::int64_t column = 0; column < window.columns; ++column) {
      const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(
          data + row * window.row_step + column * window.column_step));
      const __m256i wide =
          std::is_signed_v<T> ? _mm256_cvtepi8_epi16(bytes) : _mm256_cvtepu8_epi16(bytes);
      const __m256i products = _mm256_mullo_epi16(
          wide, load(weights + row * window.weight_row_step + column * window.weight_column_step));
      low = _mm256_add_epi32(low, _mm256_cvtepi16_epi32(_mm256_castsi256_si128(products)));
      high = _mm256_add_epi32(high, _mm256_cvtepi16_epi32(_mm256_extracti128_si256(products, 1)));
    }
  }
  auto* to = reinterpret_cast<__m256i*>(sums);
  _mm256_storeu_si256(to, low);
  _mm256_storeu_si256(to + 1, high);
}

void exact_sums_by_pair(const ExactTaps& taps, const std::int8_t* weights,
                        const std::int16_t* const* pixels, std::int64_t count, std::int32_t* sums) {
  using Function =
      void (*)(const ExactTaps&, const std::int8_t*, const std::int16_t* const*, std::int32_t*);
  static constexpr std::array<Function, kExactPixels> kByCount{sums_by_pair<1>, sums_by_pair<2>,
                                                               sums_by_pair<3>, sums_by_pair<4>,
                                                               sums_by_pair<5>, sums_by_pair<6>};
  kByCount[static_cast<std::size_t>(count - 1)](taps, weights, pixels, sums);
}

#endif

}  // namespace

#if defined(__x86_64__)
bool pairs_weights() { return isa() >= Isa::avx2; }
ExactSums exact_sums() { return pairs_weights() ? exact_sums_by_pair : exact_sums_by_channel; }
#else
bool pairs_weights() { return false; }
ExactSums exact_sums() { return exact_sums_by_channel; }
#endif

namespace {

template <class Vector, class T>
void depthwise_by_isa(const DepthwiseWindow& window, const T* data, const std::int8_t* weights,
                      std::int64_t width, std::int32_t* sums) {
  std::int64_t c = 0;
#if defined(__x86_64__)
  for (; pairs_weights() && c + kWidth <= width; c += kWidth)
    depthwise_avx2(window, data + c, weights + c, sums + c);
#endif
  depthwise_loop<Vector>(window, data + c, weights + c, width - c, sums + c);
}

}  // namespace

void depthwise_sums(const DepthwiseWindow& window, const std::uint8_t* data,
                    const std::int8_t* weights, std::int64_t width, std::int32_t* sums) {
  depthwise_by_isa<UnsignedBytes>(window, data, weights, width, sums);
}

void depthwise_sums(const DepthwiseWindow& window, const std::int8_t* data,
                    const std::int8_t* weights, std::int64_t width, std::int32_t* sums) {
  depthwise_by_isa<Bytes>(window, data, weights, width, sums);
}

}  // namespace qbench::onednn::kernels
