#include "engine/backends/onednn/depthwise.h"

#include <algorithm>
#include <array>

#include "engine/backends/onednn/parallel.h"
#include "engine/core/isa.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace qbench::onednn::kernels {
namespace {

constexpr std::int64_t kTaps = 3;  // in each direction

// The three input rows of one output row; rows outside are zero.
template <class T>
struct Rows {
  std::array<const T*, kTaps> row;
  Rows(const Depthwise& d, const T* image, const T* zeros, std::int64_t out_row) {
    for (std::int64_t r = 0; r < kTaps; ++r) {
      const std::int64_t h = out_row * d.stride - d.pad_top + r;
      row[static_cast<std::size_t>(r)] =
          h >= 0 && h < d.in_h ? image + h * d.in_w * d.channels : zeros;
    }
  }
};

}  // namespace

std::vector<std::int8_t> pack_depthwise_u8(const std::int8_t* weights, std::int64_t channels) {
  // For each block of channels, kernel row and alignment (the first or the second of two
  // neighbouring results): four taps of each channel, side by side.
  std::vector<std::int8_t> packed;
  packed.reserve(static_cast<std::size_t>(channels * kTaps * 2 * 4));
  for (std::int64_t block = 0; block < channels; block += kDepthwiseBlock) {
    for (std::int64_t r = 0; r < kTaps; ++r) {
      for (std::int64_t shift = 0; shift < 2; ++shift) {
        for (std::int64_t c = block; c < block + kDepthwiseBlock; ++c) {
          for (std::int64_t tap = 0; tap < 4; ++tap) {
            const std::int64_t column = tap - shift;
            const bool inside = column >= 0 && column < kTaps;
            packed.push_back(inside ? weights[(c * kTaps + r) * kTaps + column] : std::int8_t{0});
          }
        }
      }
    }
  }
  return packed;
}

#if defined(__x86_64__)

// On each function, not on the file: the rest of the program must not be compiled for it.
#define QBENCH_AVX512 [[gnu::target("avx512f")]]
#define QBENCH_VNNI [[gnu::target("avx512f,avx512bw,avx512vl,avx512vbmi,avx512vnni")]]

bool has_depthwise_f32() { return isa() >= Isa::avx512; }
bool has_depthwise_u8() {
  return isa() >= Isa::avx512_vnni && __builtin_cpu_supports("avx512vbmi") != 0;
}

namespace {

// --- f32: two vectors of 16 channels at a time, so that their sums hide each other's latency.

struct Block {
  __m512 a;
  __m512 b;
};

QBENCH_AVX512 inline Block load(const float* from) {
  return {_mm512_loadu_ps(from), _mm512_loadu_ps(from + 16)};
}
QBENCH_AVX512 inline Block multiply_add(const Block& x, const Block& w, const Block& sum) {
  return {_mm512_fmadd_ps(x.a, w.a, sum.a), _mm512_fmadd_ps(x.b, w.b, sum.b)};
}

struct Limits {
  __m512 low;
  __m512 high;
};
QBENCH_AVX512 inline void store(const Block& sum, const Limits& limits, float* to) {
  _mm512_storeu_ps(to, _mm512_min_ps(_mm512_max_ps(sum.a, limits.low), limits.high));
  _mm512_storeu_ps(to + 16, _mm512_min_ps(_mm512_max_ps(sum.b, limits.low), limits.high));
}

// One output row of one block of channels, stride 1: every column is read once and added to the
// three results it belongs to.
QBENCH_AVX512 void f32_row_stride1(const Depthwise& d, const Rows<float>& rows, std::int64_t c,
                                   const float* weights, const float* bias, float* out) {
  Block w[kTaps][kTaps];
#pragma GCC unroll 3
  for (std::int64_t r = 0; r < kTaps; ++r) {
#pragma GCC unroll 3
    for (std::int64_t k = 0; k < kTaps; ++k) w[r][k] = load(weights + (r * kTaps + k) * d.channels);
  }
  const Limits limits{_mm512_set1_ps(d.low), _mm512_set1_ps(d.high)};
  const Block start = load(bias);
  // Sums of the result before the column's own, of its own and of the one after.
  Block before = start;
  Block own = start;
  Block after = start;
  const std::int64_t last = std::min(d.in_w, d.out_w - d.pad_left + 2);
  for (std::int64_t x = 0; x < last; ++x) {
#pragma GCC unroll 3
    for (std::size_t r = 0; r < kTaps; ++r) {
      const Block v = load(rows.row[r] + x * d.channels + c);
      before = multiply_add(v, w[r][2], before);
      own = multiply_add(v, w[r][1], own);
      after = multiply_add(v, w[r][0], after);
    }
    // The result whose last column this was.
    const std::int64_t done = x - 2 + d.pad_left;
    if (done >= 0 && done < d.out_w) store(before, limits, out + done * d.channels);
    before = own;
    own = after;
    after = start;
  }
  for (std::int64_t done = last - 2 + d.pad_left; done < d.out_w; ++done) {
    if (done >= 0) store(before, limits, out + done * d.channels);
    before = own;
    own = start;
  }
}

QBENCH_AVX512 void f32_row_stride2(const Depthwise& d, const Rows<float>& rows, std::int64_t c,
                                   const float* weights, const float* bias, float* out) {
  Block w[kTaps][kTaps];
#pragma GCC unroll 3
  for (std::int64_t r = 0; r < kTaps; ++r) {
#pragma GCC unroll 3
    for (std::int64_t k = 0; k < kTaps; ++k) w[r][k] = load(weights + (r * kTaps + k) * d.channels);
  }
  const Limits limits{_mm512_set1_ps(d.low), _mm512_set1_ps(d.high)};
  const Block start = load(bias);
  const Block zero{_mm512_setzero_ps(), _mm512_setzero_ps()};
  for (std::int64_t x = 0; x < d.out_w; ++x) {
    Block sums[kTaps] = {start, zero, zero};  // one for each kernel row: short chains
    const std::int64_t first = x * 2 - d.pad_left;
    for (std::int64_t k = 0; k < kTaps; ++k) {
      const std::int64_t column = first + k;
      if (column < 0 || column >= d.in_w) continue;
#pragma GCC unroll 3
      for (std::size_t r = 0; r < kTaps; ++r) {
        sums[r] = multiply_add(load(rows.row[r] + column * d.channels + c), w[r][k], sums[r]);
      }
    }
    const Block sum{_mm512_add_ps(_mm512_add_ps(sums[0].a, sums[1].a), sums[2].a),
                    _mm512_add_ps(_mm512_add_ps(sums[0].b, sums[1].b), sums[2].b)};
    store(sum, limits, out + x * d.channels);
  }
}

// --- u8: a 32-bit lane holds four neighbouring pixels of one channel, for four products at once.

struct Sums {
  __m512i a;  // channels 0..15 of the block
  __m512i b;  // channels 16..31
};

struct Interleave {
  __m512i a;
  __m512i b;
};
// Byte 4 * channel + pixel comes from vector pixel / 2, byte pixel % 2 * 32 + channel.
QBENCH_VNNI inline Interleave interleave() {
  alignas(64) std::array<std::uint8_t, 128> index;
  for (std::size_t channel = 0; channel < 32; ++channel) {
    for (std::size_t pixel = 0; pixel < 4; ++pixel) {
      index[4 * channel + pixel] =
          static_cast<std::uint8_t>(pixel / 2 * 64 + pixel % 2 * 32 + channel);
    }
  }
  return {_mm512_load_si512(index.data()), _mm512_load_si512(index.data() + 64)};
}

QBENCH_VNNI inline __m512i join(const std::uint8_t* low, const std::uint8_t* high) {
  const __m256i a = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(low));
  const __m256i b = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(high));
  return _mm512_inserti64x4(_mm512_castsi256_si512(a), b, 1);
}

// Four columns from `first` on, zeros where they lie outside the row. `row` is at the block's first
// channel.
QBENCH_VNNI inline Sums load(const Depthwise& d, const std::uint8_t* row, const std::uint8_t* zeros,
                             std::int64_t first, const Interleave& order) {
  const std::uint8_t* at = row + first * d.channels;
  __m512i low;
  __m512i high;
  if (first >= 0 && first + 4 <= d.in_w) [[likely]] {
    low = join(at, at + d.channels);
    high = join(at + 2 * d.channels, at + 3 * d.channels);
  } else {
    const std::uint8_t* pixels[4];
    for (std::int64_t k = 0; k < 4; ++k)
      pixels[k] = first + k >= 0 && first + k < d.in_w ? at + k * d.channels : zeros;
    low = join(pixels[0], pixels[1]);
    high = join(pixels[2], pixels[3]);
  }
  return {_mm512_permutex2var_epi8(low, order.a, high),
          _mm512_permutex2var_epi8(low, order.b, high)};
}

QBENCH_VNNI inline void add_products(const Sums& data, const Sums& weights, Sums& sums) {
  sums.a = _mm512_dpbusd_epi32(sums.a, data.a, weights.a);
  sums.b = _mm512_dpbusd_epi32(sums.b, data.b, weights.b);
}

struct Epilogue {
  __m512 scale[2];
  __m512 bias[2];
  __m512 low;
  __m512 high;
};

template <bool clips_low>
QBENCH_VNNI inline __m512i finished(__m512i sum, const Epilogue& e, int half) {
  // As every other way to compute a convolution rounds.
  __m512 value = _mm512_mul_ps(_mm512_add_ps(_mm512_cvtepi32_ps(sum), e.bias[half]), e.scale[half]);
  value = _mm512_min_ps(value, e.high);  // beyond the 32-bit integers a conversion means nothing
  if (clips_low) value = _mm512_max_ps(value, e.low);
  return _mm512_cvtps_epi32(value);
}

// Both results of 32 channels as bytes, first and second one after the other.
template <bool is_unsigned, bool clips_low>
QBENCH_VNNI inline __m512i narrow(const Sums& first, const Sums& second, const Epilogue& e) {
  // Packing works in 128-bit lanes: 32-bit groups come out as a0 b0 a'0 b'0 a1 b1 ...
  const __m512i halves =
      _mm512_packs_epi32(finished<clips_low>(first.a, e, 0), finished<clips_low>(first.b, e, 1));
  const __m512i others =
      _mm512_packs_epi32(finished<clips_low>(second.a, e, 0), finished<clips_low>(second.b, e, 1));
  const __m512i bytes =
      is_unsigned ? _mm512_packus_epi16(halves, others) : _mm512_packs_epi16(halves, others);
  const __m512i order = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
  return _mm512_permutexvar_epi32(order, bytes);
}

using RowFunction = void (*)(const Depthwise&, const Rows<std::uint8_t>&, const std::uint8_t* zeros,
                             std::int64_t c, const std::int8_t* weights, const Epilogue&,
                             std::byte* out);

template <bool is_unsigned, bool clips_low>
QBENCH_VNNI void u8_row(const Depthwise& d, const Rows<std::uint8_t>& rows,
                        const std::uint8_t* zeros, std::int64_t c, const std::int8_t* weights,
                        const Epilogue& epilogue, std::byte* out) {
  Sums w[kTaps][2];
#pragma GCC unroll 3
  for (std::size_t r = 0; r < kTaps; ++r) {
#pragma GCC unroll 2
    for (std::size_t shift = 0; shift < 2; ++shift) {
      const std::int8_t* at = weights + (r * 2 + shift) * 4 * kDepthwiseBlock;
      w[r][shift] = {_mm512_loadu_si512(at), _mm512_loadu_si512(at + 64)};
    }
  }
  const Interleave order = interleave();
  const Sums none{_mm512_setzero_si512(), _mm512_setzero_si512()};
  for (std::int64_t x = 0; x < d.out_w; x += 2) {
    const std::int64_t column = x * d.stride - d.pad_left;
    Sums first = none;
    Sums second = none;
#pragma GCC unroll 3
    for (std::size_t r = 0; r < kTaps; ++r) {
      const Sums data = load(d, rows.row[r] + c, zeros, column, order);
      add_products(data, w[r][0], first);
      // With stride 1 the second result reads three of the same four pixels.
      if (d.stride == 1) {
        add_products(data, w[r][1], second);
      } else {
        add_products(load(d, rows.row[r] + c, zeros, column + 2, order), w[r][0], second);
      }
    }
    const __m512i results = narrow<is_unsigned, clips_low>(first, second, epilogue);
    auto* to = reinterpret_cast<__m256i*>(out + x * d.channels);
    _mm256_storeu_si256(to, _mm512_castsi512_si256(results));
    if (x + 1 < d.out_w) {
      to = reinterpret_cast<__m256i*>(out + (x + 1) * d.channels);
      _mm256_storeu_si256(to, _mm512_extracti64x4_epi64(results, 1));
    }
  }
}

QBENCH_VNNI Epilogue epilogue_of(const Depthwise& d, const float* scale, const float* bias,
                                 DType out_dtype) {
  return {.scale = {_mm512_loadu_ps(scale), _mm512_loadu_ps(scale + 16)},
          .bias = {_mm512_loadu_ps(bias), _mm512_loadu_ps(bias + 16)},
          .low = _mm512_set1_ps(d.low),
          .high = _mm512_set1_ps(std::min(d.high, out_dtype == DType::u8 ? 255.0F : 127.0F))};
}

RowFunction row_function(const Depthwise& d, DType out_dtype) {
  if (out_dtype == DType::u8) return d.low > 0 ? u8_row<true, true> : u8_row<true, false>;
  return d.low > -128 ? u8_row<false, true> : u8_row<false, false>;
}

}  // namespace

void depthwise_f32(const Depthwise& d, const float* in, const float* zeros, const float* weights,
                   const float* bias, float* out) {
  const auto row = d.stride == 1 ? f32_row_stride1 : f32_row_stride2;
  parallel_for(d.images * d.out_h, [&](std::int64_t i) {
    const float* image = in + i / d.out_h * d.in_h * d.in_w * d.channels;
    const Rows<float> rows(d, image, zeros, i % d.out_h);
    for (std::int64_t c = 0; c < d.channels; c += kDepthwiseBlock)
      row(d, rows, c, weights + c, bias + c, out + i * d.out_w * d.channels + c);
  });
}

void depthwise_u8(const Depthwise& d, const std::uint8_t* in, const std::uint8_t* zeros,
                  const std::int8_t* packed, const float* scale, const float* bias, std::byte* out,
                  DType out_dtype) {
  const RowFunction row = row_function(d, out_dtype);
  parallel_for(d.images * d.out_h, [&](std::int64_t i) {
    const std::uint8_t* image = in + i / d.out_h * d.in_h * d.in_w * d.channels;
    const Rows<std::uint8_t> rows(d, image, zeros, i % d.out_h);
    for (std::int64_t c = 0; c < d.channels; c += kDepthwiseBlock) {
      row(d, rows, zeros, c, packed + c * kTaps * 2 * 4,
          epilogue_of(d, scale + c, bias + c, out_dtype), out + i * d.out_w * d.channels + c);
    }
  });
}

#else

bool has_depthwise_f32() { return false; }
bool has_depthwise_u8() { return false; }
void depthwise_f32(const Depthwise&, const float*, const float*, const float*, const float*,
                   float*) {}
void depthwise_u8(const Depthwise&, const std::uint8_t*, const std::uint8_t*, const std::int8_t*,
                  const float*, const float*, std::byte*, DType) {}

#endif

}  // namespace qbench::onednn::kernels
