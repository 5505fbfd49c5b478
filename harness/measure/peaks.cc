#include "harness/measure/peaks.h"

#include <algorithm>
#include <atomic>
#include <barrier>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <functional>
#include <numeric>
#include <thread>
#include <vector>

#include "engine/core/isa.h"
#include "engine/core/threads.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace qbench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr double kMebi = 1 << 20;
constexpr int kRounds = 1 << 16;  // of a compute loop between two looks at the clock
constexpr int kChains = 12;       // independent sums: more than latency times throughput

// A loop of kRounds rounds, and how many operations one round does.
struct ComputeLoop {
  const char* instruction = "";
  double operations = 0;
  void (*run)(float* sink) = nullptr;
};

#if defined(__x86_64__)

// An empty statement that the compiler must believe to change `x`: keeps loops from being merged.
[[gnu::always_inline, gnu::target("avx512f")]] inline void touch(__m512& x) {
  asm volatile("" : "+v"(x));
}
[[gnu::always_inline, gnu::target("avx512f")]] inline void touch(__m512i& x) {
  asm volatile("" : "+v"(x));
}
[[gnu::always_inline, gnu::target("avx2")]] inline void touch(__m256& x) {
  asm volatile("" : "+x"(x));
}
[[gnu::always_inline, gnu::target("avx2")]] inline void touch(__m256i& x) {
  asm volatile("" : "+x"(x));
}

[[gnu::target("avx512f")]] void fma_512(float* sink) {
  __m512 sum[kChains] = {};
  for (__m512& s : sum) touch(s);  // else all are one
  __m512 a = _mm512_set1_ps(1e-3F);
  for (int round = 0; round < kRounds; ++round) {
    touch(a);
#pragma GCC unroll 12
    for (__m512& s : sum) s = _mm512_fmadd_ps(a, a, s);
  }
  for (const __m512& s : sum) *sink += _mm512_cvtss_f32(s);
}

[[gnu::target("avx2,fma")]] void fma_256(float* sink) {
  __m256 sum[kChains] = {};
  for (__m256& s : sum) touch(s);  // else all are one
  __m256 a = _mm256_set1_ps(1e-3F);
  for (int round = 0; round < kRounds; ++round) {
    touch(a);
#pragma GCC unroll 12
    for (__m256& s : sum) s = _mm256_fmadd_ps(a, a, s);
  }
  for (const __m256& s : sum) *sink += _mm256_cvtss_f32(s);
}

[[gnu::target("avx512f,avx512vnni")]] void dot_512(float* sink) {
  __m512i sum[kChains] = {};
  for (__m512i& s : sum) touch(s);  // else all are one
  __m512i a = _mm512_set1_epi8(1);
  for (int round = 0; round < kRounds; ++round) {
    touch(a);
#pragma GCC unroll 12
    for (__m512i& s : sum) s = _mm512_dpbusd_epi32(s, a, a);
  }
  for (const __m512i& s : sum) *sink += static_cast<float>(_mm512_cvtsi512_si32(s));
}

// Without VNNI exact products of bytes are those of pairs of 16-bit integers.
[[gnu::target("avx2")]] void dot_256(float* sink) {
  __m256i sum[kChains] = {};
  for (__m256i& s : sum) touch(s);  // else all are one
  __m256i a = _mm256_set1_epi16(1);
  for (int round = 0; round < kRounds; ++round) {
    touch(a);
#pragma GCC unroll 12
    for (__m256i& s : sum) {
      s = _mm256_add_epi32(s, _mm256_madd_epi16(a, a));
      touch(s);
    }
  }
  for (const __m256i& s : sum) *sink += static_cast<float>(_mm256_cvtsi256_si32(s));
}

// The sizes measured are multiples of its step.
[[gnu::target("avx2")]] std::uint64_t sum_256(const std::vector<std::uint64_t>& values) {
  __m256i sums[4] = {};
  for (std::size_t i = 0; i + 16 <= values.size(); i += 16) {
#pragma GCC unroll 4
    for (std::size_t k = 0; k < 4; ++k) {
      const void* at = values.data() + i + k * 4;
      sums[k] = _mm256_add_epi64(sums[k], _mm256_loadu_si256(static_cast<const __m256i*>(at)));
    }
  }
  const __m256i sum =
      _mm256_add_epi64(_mm256_add_epi64(sums[0], sums[1]), _mm256_add_epi64(sums[2], sums[3]));
  return static_cast<std::uint64_t>(_mm256_extract_epi64(sum, 0) + _mm256_extract_epi64(sum, 1) +
                                    _mm256_extract_epi64(sum, 2) + _mm256_extract_epi64(sum, 3));
}

ComputeLoop f32_loop() {
  if (isa() >= Isa::avx512) return {"vfmadd, 512 bit", 2.0 * 16 * kChains, fma_512};
  if (isa() >= Isa::avx2) return {"vfmadd, 256 bit", 2.0 * 8 * kChains, fma_256};
  return {};
}

ComputeLoop int8_loop() {
  if (isa() >= Isa::avx512_vnni) return {"vpdpbusd, 512 bit", 2.0 * 64 * kChains, dot_512};
  if (isa() >= Isa::avx2) return {"vpmaddwd, 256 bit", 2.0 * 16 * kChains, dot_256};
  return {};
}

#else

ComputeLoop f32_loop() { return {}; }
ComputeLoop int8_loop() { return {}; }

#endif

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

// Units per second that all threads together do of `work(thread)`, which does `units` at a time:
// the best of several stretches, since noise only takes away.
double rate(int threads, double units, double seconds, const std::function<void(int)>& work) {
  constexpr int kStretches = 5;
  double best = 0;
  for (int stretch = 0; stretch < kStretches; ++stretch) {
    std::vector<double> rates(static_cast<std::size_t>(threads));
    std::barrier start(threads);
    const auto measure = [&](int t) {
      work(t);  // warm
      start.arrive_and_wait();
      const Clock::time_point begin = Clock::now();
      double elapsed = 0;
      double count = 0;
      for (; elapsed < seconds / kStretches; ++count) {
        work(t);
        elapsed = seconds_since(begin);
      }
      rates[static_cast<std::size_t>(t)] = count * units / elapsed;
    };
    std::vector<std::jthread> workers;
    try {
      for (int t = 0; t < threads; ++t) workers.emplace_back(measure, t);
    } catch (const std::system_error& refusal) {
      for (int t = static_cast<int>(workers.size()); t < threads; ++t)
        start.arrive_and_drop();  // those that run wait for all
      throw refused_thread(threads, refusal);
    }
    workers.clear();
    best = std::max(best, std::accumulate(rates.begin(), rates.end(), 0.0));
  }
  return best;
}

double compute_rate(const ComputeLoop& loop, int threads, double seconds) {
  if (loop.run == nullptr) return 0;
  std::vector<float> sinks(static_cast<std::size_t>(threads) * 16);
  return rate(threads, loop.operations * kRounds, seconds,
              [&](int t) { loop.run(&sinks[static_cast<std::size_t>(t) * 16]); });
}

std::uint64_t sum_of(const std::vector<std::uint64_t>& values) {
#if defined(__x86_64__)
  if (isa() >= Isa::avx2) return sum_256(values);
#endif
  return std::accumulate(values.begin(), values.end(), std::uint64_t{0});
}

// `bytes` of each thread: read whole, or one half copied to the other.
Bandwidth bandwidth(int threads, std::size_t bytes, double seconds) {
  const std::size_t words = bytes / sizeof(std::uint64_t);
  std::vector<std::vector<std::uint64_t>> arrays(static_cast<std::size_t>(threads));
  for (std::vector<std::uint64_t>& array : arrays) array.assign(words, 1);
  std::atomic<std::uint64_t> sink{0};
  const auto array_of = [&](int t) -> std::vector<std::uint64_t>& {
    return arrays[static_cast<std::size_t>(t)];
  };
  Bandwidth result{.bytes = bytes};
  result.read = rate(threads, static_cast<double>(bytes), seconds,
                     [&](int t) { sink += sum_of(array_of(t)); });
  result.copy = rate(threads, static_cast<double>(bytes), seconds, [&](int t) {
    std::vector<std::uint64_t>& array = array_of(t);
    std::memcpy(array.data() + words / 2, array.data(), bytes / 2);
    sink += array.back();
  });
  return result;
}

}  // namespace

Peaks measure_peaks(int threads, double seconds) {
  const ComputeLoop f32 = f32_loop();
  const ComputeLoop int8 = int8_loop();
  constexpr int kMeasurements = 8;
  const double each = seconds / kMeasurements;
  Peaks peaks{.threads = threads,
              .f32 = compute_rate(f32, threads, each),
              .int8 = compute_rate(int8, threads, each),
              .f32_instruction = f32.instruction,
              .int8_instruction = int8.instruction,
              .memory = {}};
  for (const double mebi : {0.25, 4.0, 128.0}) {
    peaks.memory.push_back(bandwidth(threads, static_cast<std::size_t>(mebi * kMebi), each));
  }
  return peaks;
}

}  // namespace qbench
