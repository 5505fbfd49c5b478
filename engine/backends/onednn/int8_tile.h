// The innermost loops of int8_convolution: a tile of up to kTilePixels results by 16 * V outputs is
// kept in registers while the products of all taps are added up, then scaled, added to the
// residual, narrowed and stored.
#pragma once

#include <immintrin.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "engine/core/dtype.h"

namespace qbench::onednn::kernels {

inline constexpr std::int64_t kLanes = 16;      // outputs of one vector
inline constexpr std::int64_t kTilePixels = 6;  // with four vectors each, 24 of 32 registers
inline constexpr std::int64_t kBlockVectors = 4;

// What becomes of sums.
enum class Addend : std::uint8_t { none, u8, s8, f32 };
struct Ending {
  DType result = DType::u8;  // u8, s8 or f32
  Addend residual = Addend::none;
};

struct TileWork {
  std::int64_t rows, columns;            // of taps
  std::int64_t row_bytes, column_bytes;  // from one tap to the next
  std::int64_t tap_bytes;                // a multiple of 4
  std::int64_t pitch;                    // bytes from one result, or residual, to the next
  float residual_scale;
  bool clips;  // to low and high, where saturation is not enough
  float low;
  float high;
};

// A block of V vectors of outputs.
struct TileBlock {
  const std::byte* packed;  // weights [rows][columns][tap_bytes / 4][V][16][4]
  const std::byte* tail;    // [V][16] each: where sums start, s32; biases, scales, f32
  std::int64_t outputs;     // at most 16 * V
};

#define QBENCH_TILE_ISA "avx512f,avx512bw,avx512vl,avx512vnni"
#define QBENCH_TILE [[gnu::target(QBENCH_TILE_ISA), gnu::always_inline]] inline

struct Row {  // sums of one pixel; the first V vectors count
  __m512i a, b, c, d;
};

// As _mm512_dpbusd_epi32, around which GCC 12 copies every sum to the stack and back.
QBENCH_TILE __m512i dot(__m512i sum, __m512i data, __m512i weights) {
  asm("vpdpbusd %2, %1, %0" : "+v"(sum) : "v"(data), "v"(weights));
  return sum;
}

template <int V>
QBENCH_TILE Row load_row(const std::byte* at) {
  const __m512i none = _mm512_setzero_si512();
  return {_mm512_load_si512(at), V > 1 ? _mm512_load_si512(at + 64) : none,
          V > 2 ? _mm512_load_si512(at + 128) : none, V > 3 ? _mm512_load_si512(at + 192) : none};
}

template <int V>
QBENCH_TILE void add_products(Row& sums, const std::uint8_t* four, const Row& weights) {
  std::int32_t bits;
  std::memcpy(&bits, four, sizeof(bits));
  const __m512i data = _mm512_set1_epi32(bits);
  sums.a = dot(sums.a, data, weights.a);
  if constexpr (V > 1) sums.b = dot(sums.b, data, weights.b);
  if constexpr (V > 2) sums.c = dot(sums.c, data, weights.c);
  if constexpr (V > 3) sums.d = dot(sums.d, data, weights.d);
}

// Byte results are packed within 128-bit lanes, without shuffles across them: element 4 * lane + i
// of vector v is output 4 * V * lane + 4 * v + i of the block.
constexpr std::int64_t lane_output(int vectors, std::int64_t vector, std::int64_t element) {
  return 4 * vectors * (element / 4) + 4 * vector + element % 4;
}
// The 32-bit groups of a packed vector that hold the V * 16 outputs.
template <int V>
constexpr std::uint16_t kGroups = static_cast<std::uint16_t>(0x1111 * ((1 << V) - 1));

// Byte i of group v of each lane to the top (signed) or the bottom of the lane's element i.
struct alignas(64) Spread {
  std::array<std::uint8_t, 64> index{};
  constexpr Spread(int vector, bool is_signed) {
    for (std::size_t i = 0; i < index.size(); ++i) {
      const std::size_t group = static_cast<std::size_t>(4 * vector) + i % 16 / 4;
      index[i] = static_cast<std::uint8_t>(i % 4 == (is_signed ? 3 : 0) ? group : 0x80);
    }
  }
};
template <bool is_signed>
inline constexpr std::array<Spread, kBlockVectors> kSpreads{
    {{0, is_signed}, {1, is_signed}, {2, is_signed}, {3, is_signed}}};

template <Addend from>
QBENCH_TILE __m512 widened(__m512i bytes, std::size_t vector) {
  constexpr bool is_signed = from == Addend::s8;
  const __m512i index = _mm512_load_si512(kSpreads<is_signed>[vector].index.data());
  const __m512i values = _mm512_shuffle_epi8(bytes, index);
  return _mm512_cvtepi32_ps(is_signed ? _mm512_srai_epi32(values, 24) : values);
}

// The value of one vector's results, in units of the result's scale.
template <int V>
QBENCH_TILE __m512 scaled(__m512i sums, const TileBlock& block, std::size_t vector) {
  const std::byte* bias = block.tail + (V + vector) * 64;
  const __m512 value = _mm512_add_ps(_mm512_cvtepi32_ps(sums), _mm512_load_ps(bias));
  return _mm512_mul_ps(value, _mm512_load_ps(bias + V * 64));
}

QBENCH_TILE __m512 clipped(__m512 value, const TileWork& work) {
  if (!work.clips) return value;
  return _mm512_max_ps(_mm512_min_ps(value, _mm512_set1_ps(work.high)), _mm512_set1_ps(work.low));
}

template <Ending ending, int V>
QBENCH_TILE __m512i rounded(__m512i sums, const TileWork& work, const TileBlock& block,
                            std::size_t vector, __m512i addends) {
  __m512 value = scaled<V>(sums, block, vector);
  if constexpr (ending.residual != Addend::none) {
    const __m512 by = _mm512_set1_ps(work.residual_scale);
    value = _mm512_fmadd_ps(widened<ending.residual>(addends, vector), by, value);
  }
  return _mm512_cvtps_epi32(clipped(value, work));
}

template <Ending ending, int V>
QBENCH_TILE void store_bytes(const Row& sums, const TileWork& work, const TileBlock& block,
                             const std::byte* residual, std::byte* out) {
  const bool is_full = V == kBlockVectors && block.outputs == kBlockVectors * kLanes;
  const __mmask64 mask = ~__mmask64{0} >> (64 - block.outputs);
  const __m512i none = _mm512_setzero_si512();
  __m512i addends = none;
  if constexpr (ending.residual != Addend::none) {
    addends = is_full
                  ? _mm512_loadu_si512(residual)
                  : _mm512_maskz_expand_epi32(kGroups<V>, _mm512_maskz_loadu_epi8(mask, residual));
  }
  const __m512i a = rounded<ending, V>(sums.a, work, block, 0, addends);
  const __m512i b = V > 1 ? rounded<ending, V>(sums.b, work, block, 1, addends) : none;
  const __m512i c = V > 2 ? rounded<ending, V>(sums.c, work, block, 2, addends) : none;
  const __m512i d = V > 3 ? rounded<ending, V>(sums.d, work, block, 3, addends) : none;
  const __m512i low = _mm512_packs_epi32(a, b);
  const __m512i high = _mm512_packs_epi32(c, d);
  const __m512i bytes =
      ending.result == DType::u8 ? _mm512_packus_epi16(low, high) : _mm512_packs_epi16(low, high);
  if (is_full) {
    _mm512_storeu_si512(out, bytes);
  } else {
    _mm512_mask_storeu_epi8(out, mask, _mm512_maskz_compress_epi32(kGroups<V>, bytes));
  }
}

template <Ending ending, int V>
QBENCH_TILE void store_floats(const Row& sums, const TileWork& work, const TileBlock& block,
                              const std::byte* residual, std::byte* out) {
  const __m512i all[] = {sums.a, sums.b, sums.c, sums.d};
#pragma GCC unroll 4
  for (std::size_t v = 0; v < V; ++v) {
    const std::int64_t left = block.outputs - static_cast<std::int64_t>(v) * kLanes;
    const auto mask = static_cast<__mmask16>(left >= kLanes ? 0xffff : (1 << left) - 1);
    __m512 value = scaled<V>(all[v], block, v);
    if constexpr (ending.residual != Addend::none) {
      const __m512 addend = _mm512_maskz_loadu_ps(mask, residual + v * 64);
      value = _mm512_fmadd_ps(addend, _mm512_set1_ps(work.residual_scale), value);
    }
    _mm512_mask_storeu_ps(out + v * 64, mask, clipped(value, work));
  }
}

template <Ending ending, int V>
QBENCH_TILE void store(const Row& sums, const TileWork& work, const TileBlock& block,
                       const std::byte* residual, std::byte* out) {
  if constexpr (ending.result == DType::f32) {
    store_floats<ending, V>(sums, work, block, residual, out);
  } else {
    store_bytes<ending, V>(sums, work, block, residual, out);
  }
}

// `pixels` point at the first tap of each of P results.
template <Ending ending, int V, int P>
QBENCH_TILE void tile(const TileWork& work, const TileBlock& block,
                      const std::uint8_t* const* pixels, const std::byte* residual,
                      std::byte* out) {
  const auto pixel = [&](int i) { return i < P ? pixels[i] : nullptr; };
  const std::uint8_t* const p[] = {pixel(0), pixel(1), pixel(2), pixel(3), pixel(4), pixel(5)};
  Row r0 = load_row<V>(block.tail);
  Row r1 = r0, r2 = r0, r3 = r0, r4 = r0, r5 = r0;
  const std::byte* packed = block.packed;
  for (std::int64_t row = 0; row < work.rows; ++row) {
    for (std::int64_t column = 0; column < work.columns; ++column) {
      const std::int64_t begin = row * work.row_bytes + column * work.column_bytes;
      for (std::int64_t at = begin; at < begin + work.tap_bytes; at += 4, packed += V * 64) {
        const Row weights = load_row<V>(packed);
        add_products<V>(r0, p[0] + at, weights);
        if constexpr (P > 1) add_products<V>(r1, p[1] + at, weights);
        if constexpr (P > 2) add_products<V>(r2, p[2] + at, weights);
        if constexpr (P > 3) add_products<V>(r3, p[3] + at, weights);
        if constexpr (P > 4) add_products<V>(r4, p[4] + at, weights);
        if constexpr (P > 5) add_products<V>(r5, p[5] + at, weights);
      }
    }
  }
  const std::int64_t next = work.pitch;
  store<ending, V>(r0, work, block, residual, out);
  if constexpr (P > 1) store<ending, V>(r1, work, block, residual + next, out + next);
  if constexpr (P > 2) store<ending, V>(r2, work, block, residual + 2 * next, out + 2 * next);
  if constexpr (P > 3) store<ending, V>(r3, work, block, residual + 3 * next, out + 3 * next);
  if constexpr (P > 4) store<ending, V>(r4, work, block, residual + 4 * next, out + 4 * next);
  if constexpr (P > 5) store<ending, V>(r5, work, block, residual + 5 * next, out + 5 * next);
}

// One block of outputs of `count` pixels, in tiles as equal as they can be.
template <Ending ending, int V>
[[gnu::target(QBENCH_TILE_ISA)]] void tiles(const TileWork& work, const TileBlock& block,
                                            const std::uint8_t* const* pixels, std::int64_t count,
                                            const std::byte* residual, std::byte* out) {
  const std::int64_t parts = (count + kTilePixels - 1) / kTilePixels;
  std::int64_t begin = 0;
  for (std::int64_t part = 1; part <= parts; ++part) {
    const std::int64_t end = count * part / parts;
    const std::uint8_t* const* p = pixels + begin;
    const std::byte* addend = residual + begin * work.pitch;
    std::byte* to = out + begin * work.pitch;
    switch (end - begin) {
      case 6:
        tile<ending, V, 6>(work, block, p, addend, to);
        break;
      case 5:
        tile<ending, V, 5>(work, block, p, addend, to);
        break;
      case 4:
        tile<ending, V, 4>(work, block, p, addend, to);
        break;
      case 3:
        tile<ending, V, 3>(work, block, p, addend, to);
        break;
      case 2:
        tile<ending, V, 2>(work, block, p, addend, to);
        break;
      default:
        tile<ending, V, 1>(work, block, p, addend, to);
    }
    begin = end;
  }
}

#undef QBENCH_TILE
#undef QBENCH_TILE_ISA

}  // namespace qbench::onednn::kernels
