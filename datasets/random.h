// Random numbers that are the same on every machine: unlike std:: distributions, whose results are
// left to the library, and unlike <cmath> functions, whose last digit is left to the processor.
#pragma once

#include <cstdint>

namespace qbench {

// splitmix64: every 64-bit seed starts a good stream of its own.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}

  std::uint64_t bits() {
    state_ += 0x9E3779B97F4A7C15U;
    return mix(state_);
  }

  static constexpr std::uint64_t mix(std::uint64_t z) {
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
    return z ^ (z >> 31);
  }

  float uniform() { return static_cast<float>(bits() >> 40) * 0x1p-24F; }  // [0, 1)
  float uniform(float low, float high) { return low + (high - low) * uniform(); }
  bool chance(float probability) { return uniform() < probability; }

  // 0..n-1, n >= 1. The bias, n / 2^32, is of no concern here.
  std::uint32_t below(std::uint32_t n) {
    return static_cast<std::uint32_t>(((bits() >> 32) * n) >> 32);
  }

  // Nearly normal, mean 0 and variance 1: the sum of four uniform 16-bit numbers. Within +-3.46.
  float normal() {
    const std::uint64_t b = bits();
    const auto sum =
        static_cast<float>((b & 0xFFFF) + ((b >> 16) & 0xFFFF) + ((b >> 32) & 0xFFFF) + (b >> 48));
    return (sum - 2.0F * 65535.0F) * (1.7320508F / 65536.0F);
  }

 private:
  std::uint64_t state_;
};

}  // namespace qbench
