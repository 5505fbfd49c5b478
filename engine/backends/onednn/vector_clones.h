// Functions compiled once for each generation of vector instructions; what they call is inlined
// into each. Clones cannot be templates.
#pragma once

#include <bit>
#include <cstdint>
#include <limits>
#include <type_traits>

#if defined(__SANITIZE_THREAD__)
// The function that picks a clone would run before the sanitizer is ready for any.
#define QBENCH_VECTOR_CLONES
#else
#define QBENCH_VECTOR_CLONES \
  __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#endif
// Before a loop whose iterations do not read what others write, which the compiler cannot see.
#ifdef __clang__
#define QBENCH_INDEPENDENT_ITERATIONS _Pragma("clang loop vectorize(assume_safety)")
#else
#define QBENCH_INDEPENDENT_ITERATIONS _Pragma("GCC ivdep")
#endif
#define QBENCH_ALWAYS_INLINE __attribute__((always_inline)) inline

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
