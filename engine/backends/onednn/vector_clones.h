// Functions compiled once for each generation of vector instructions; what they call is inlined
// into each. Clones cannot be templates.
#pragma once

#include <cmath>
#include <cstdint>
#include <limits>
#include <type_traits>

#define QBENCH_VECTOR_CLONES \
  __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#define QBENCH_ALWAYS_INLINE __attribute__((always_inline)) inline

namespace qbench::onednn::kernels {

// As quantize_value, in a form that the compiler turns into vector instructions: the limits are
// integers, so clamping before rounding gives the same.
template <class T>
QBENCH_ALWAYS_INLINE T store(float x) {
  if constexpr (std::is_same_v<T, float>) {
    return x;
  } else {
    constexpr auto low = static_cast<float>(std::numeric_limits<T>::min());
    constexpr auto high = static_cast<float>(std::numeric_limits<T>::max());
    x = x < low ? low : x;
    x = x > high ? high : x;
    return static_cast<T>(static_cast<std::int32_t>(std::nearbyint(x)));
  }
}

}  // namespace qbench::onednn::kernels
