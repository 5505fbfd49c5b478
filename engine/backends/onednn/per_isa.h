// Loops compiled once for each generation of vector instructions, and called as isa() says.
#pragma once

#include "engine/core/isa.h"

#define QBENCH_ALWAYS_INLINE __attribute__((always_inline)) inline
// Before a loop whose iterations do not read what others write, which the compiler cannot see.
#ifdef __clang__
#define QBENCH_INDEPENDENT_ITERATIONS _Pragma("clang loop vectorize(assume_safety)")
#else
#define QBENCH_INDEPENDENT_ITERATIONS _Pragma("GCC ivdep")
#endif

namespace qbench::onednn::kernels {

#if defined(__x86_64__)
#define QBENCH_TARGET_AVX512 [[gnu::target("avx512f,avx512bw,avx512cd,avx512dq,avx512vl,avx2,fma")]]
#define QBENCH_TARGET_AVX2 [[gnu::target("avx2,fma")]]
#else
#define QBENCH_TARGET_AVX512
#define QBENCH_TARGET_AVX2
#endif

template <auto function>
struct PerIsa;
template <class Result, class... Parameters, Result (*function)(Parameters...)>
struct PerIsa<function> {
  QBENCH_TARGET_AVX512 static Result with_avx512(Parameters... p) { return function(p...); }
  QBENCH_TARGET_AVX2 static Result with_avx2(Parameters... p) { return function(p...); }
  static Result with_baseline(Parameters... p) { return function(p...); }

  static Result run(Parameters... p) {
    static const auto kChosen = isa() >= Isa::avx512 ? with_avx512
                                : isa() >= Isa::avx2 ? with_avx2
                                                     : with_baseline;
    return kChosen(p...);
  }
};

// The function, which is to be QBENCH_ALWAYS_INLINE and call nothing but such, as isa() says.
template <auto function>
inline constexpr auto per_isa = PerIsa<function>::run;

}  // namespace qbench::onednn::kernels
