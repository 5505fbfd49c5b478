// Single elements: reading, writing, rounding, activations. Compiled for the host and the GPU
// alike, so nothing of the standard library but <cmath>'s functions on float.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "engine/core/dtype.h"
#include "engine/graph/op.h"

#ifdef __CUDACC__
#include <cuda_fp16.h>
#define QBENCH_HD __host__ __device__
#else
#define QBENCH_HD
#endif

namespace qbench::cudnn::kernels {

struct Half {  // IEEE binary16
  std::uint16_t bits;
};

QBENCH_HD inline float to_float(Half half) {
#ifdef __CUDA_ARCH__
  return __half2float(__ushort_as_half(half.bits));
#else
  const std::uint32_t sign = (half.bits & 0x8000U) << 16;
  const std::uint32_t magnitude = half.bits & 0x7FFFU;
  if (magnitude < 0x0400U) {  // zero and subnormals: multiples of 2^-24
    const float value = static_cast<float>(magnitude) * 0x1p-24F;
    return sign == 0 ? value : -value;
  }
  const std::uint32_t exponent_shift = magnitude < 0x7C00U ? 127U - 15U : 255U - 31U;
  const std::uint32_t bits = sign | ((magnitude << 13) + (exponent_shift << 23));
  float value = 0;
  std::memcpy(&value, &bits, sizeof value);
  return value;
#endif
}

// Rounds to nearest, ties to even; to infinity from 65520 on.
QBENCH_HD inline Half to_half(float value) {
#ifdef __CUDA_ARCH__
  return {__half_as_ushort(__float2half_rn(value))};
#else
  std::uint32_t bits = 0;
  std::memcpy(&bits, &value, sizeof bits);
  const std::uint32_t sign = (bits >> 16) & 0x8000U;
  bits &= 0x7FFFFFFFU;
  if (bits >= 0x47800000U)  // 65536
    return {static_cast<std::uint16_t>(sign | (bits > 0x7F800000U ? 0x7E00U : 0x7C00U))};
  if (bits < 0x38800000U) {  // 2^-14: counts of 2^-24
    const auto count = static_cast<std::uint32_t>(rintf(fabsf(value) * 0x1p24F));
    return {static_cast<std::uint16_t>(sign | count)};
  }
  const std::uint32_t odd = (bits >> 13) & 1U;
  bits += 0x0FFFU + odd - ((127U - 15U) << 23);
  return {static_cast<std::uint16_t>(sign | (bits >> 13))};
#endif
}

QBENCH_HD inline float to_float(float value) { return value; }
QBENCH_HD inline float to_float(std::int8_t value) { return static_cast<float>(value); }
QBENCH_HD inline float to_float(std::int32_t value) { return static_cast<float>(value); }

// Rounds to nearest, ties to even, and saturates; NaN becomes 0. As quantize_value of
// engine/core/quant_params.h.
QBENCH_HD inline std::int8_t to_s8(float value) {
  const float rounded = rintf(value);
  if (!(rounded > -128.0F)) return rounded != rounded ? std::int8_t{0} : std::int8_t{-128};
  return rounded >= 127.0F ? std::int8_t{127} : static_cast<std::int8_t>(rounded);
}

template <class T>
QBENCH_HD T from_float(float value);
template <>
QBENCH_HD inline float from_float<float>(float value) {
  return value;
}
template <>
QBENCH_HD inline Half from_float<Half>(float value) {
  return to_half(value);
}
template <>
QBENCH_HD inline std::int8_t from_float<std::int8_t>(float value) {
  return to_s8(value);
}

// W neighbours that are read and written together, 16 bytes at a time where they fill them.
template <class T, int W>
struct alignas(sizeof(T) * W < 16 ? sizeof(T) * W : 16) Pack {
  T lane[W];
};

template <int W, class T>
QBENCH_HD void load_pack(const std::byte* data, std::int64_t at, float* values) {
  const Pack<T, W> pack = *reinterpret_cast<const Pack<T, W>*>(data + at * std::int64_t{sizeof(T)});
  for (int k = 0; k < W; ++k) values[k] = to_float(pack.lane[k]);
}
template <int W, class T>
QBENCH_HD void store_pack(std::byte* data, std::int64_t at, const float* values) {
  Pack<T, W> pack;
  for (int k = 0; k < W; ++k) pack.lane[k] = from_float<T>(values[k]);
  *reinterpret_cast<Pack<T, W>*>(data + at * std::int64_t{sizeof(T)}) = pack;
}

// W elements from element `at` on, which is a multiple of W. Integers without their scale.
template <int W>
QBENCH_HD void load(const std::byte* data, DType dtype, std::int64_t at, float* values) {
  switch (dtype) {
    case DType::s8:
      return load_pack<W, std::int8_t>(data, at, values);
    case DType::f16:
      return load_pack<W, Half>(data, at, values);
    case DType::s32:
      return load_pack<W, std::int32_t>(data, at, values);
    default:
      return load_pack<W, float>(data, at, values);
  }
}

template <int W>
QBENCH_HD void store(std::byte* data, DType dtype, std::int64_t at, const float* values) {
  switch (dtype) {
    case DType::s8:
      return store_pack<W, std::int8_t>(data, at, values);
    case DType::f16:
      return store_pack<W, Half>(data, at, values);
    default:
      return store_pack<W, float>(data, at, values);
  }
}

QBENCH_HD inline float load(const std::byte* data, DType dtype, std::int64_t at) {
  float value = 0;
  load<1>(data, dtype, at, &value);
  return value;
}
QBENCH_HD inline void store(std::byte* data, DType dtype, std::int64_t at, float value) {
  store<1>(data, dtype, at, &value);
}

// The activation of x, where x counts in steps of `unit`, as the result does.
QBENCH_HD inline float activate(const ActivationSpec& spec, float x, float unit) {
  switch (spec.kind) {
    case ActivationKind::none:
      return x;
    case ActivationKind::relu:
      return x < 0 ? 0 : x;
    case ActivationKind::clip: {
      const float low = spec.alpha / unit;
      const float high = spec.beta / unit;
      const float above = x < low ? low : x;
      return high < above ? high : above;
    }
    case ActivationKind::leaky:
      return x < 0 ? spec.alpha * x : x;
    case ActivationKind::sigmoid:
      return 1 / (1 + expf(-x * unit)) / unit;
    case ActivationKind::tanh:
      return tanhf(x * unit) / unit;
  }
  return x;
}

}  // namespace qbench::cudnn::kernels
