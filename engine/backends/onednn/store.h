// From f32 to the element type of a result.
#pragma once

#include <bit>
#include <cstdint>
#include <limits>
#include <type_traits>

#include "engine/backends/onednn/per_isa.h"

namespace qbench::onednn::kernels {

// Of x within the limits of T. Adding 1.5 * 2^23 leaves no bits behind the point, which rounds half
// to even, and the integer in the low bits.
template <class T>
QBENCH_ALWAYS_INLINE T store_clamped(float x) {
  if constexpr (std::is_same_v<T, float>) {
    return x;
  } else {
    return static_cast<T>(std::bit_cast<std::int32_t>(x + 0x1.8p23F));
  }
}

// As quantize_value, in a form that the compiler turns into few vector instructions: the limits are
// integers, so clamping before rounding gives the same.
template <class T>
QBENCH_ALWAYS_INLINE T store(float x) {
  if constexpr (std::is_integral_v<T>) {
    constexpr auto low = static_cast<float>(std::numeric_limits<T>::min());
    constexpr auto high = static_cast<float>(std::numeric_limits<T>::max());
    x = x < low ? low : x;
    x = x > high ? high : x;
  }
  return store_clamped<T>(x);
}

}  // namespace qbench::onednn::kernels
