// Seeded values of many distributions, the same to the bit as in entropy_oracle.py.
#pragma once

#include <cmath>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace qbench {

inline constexpr std::size_t kOracleValues = 100000;

// splitmix64, the upper 24 bits of number `i` as a float in [0, 1).
inline float uniform(std::uint64_t seed, std::size_t i) {
  std::uint64_t z = seed + (i + 1) * 0x9E3779B97F4A7C15U;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
  z ^= z >> 31;
  return static_cast<float>(z >> 40) * 0x1p-24F;
}

inline float gaussian(std::size_t i) {
  float total = 0;
  for (std::uint64_t k = 0; k < 12; ++k) total += uniform(1 + 1000 * k, i);
  return total - 6;
}

struct Distribution {
  std::string name;
  std::function<float(std::size_t)> value;
  std::size_t size = kOracleValues;

  std::vector<float> values() const {
    std::vector<float> values;
    for (std::size_t i = 0; i < size; ++i) values.push_back(value(i));
    return values;
  }
};

inline std::vector<Distribution> distributions() {
  using Index = std::size_t;
  const auto u = [](Index i) { return uniform(2, i); };
  const auto sign = [](Index i) { return uniform(5, i) < 0.5F ? -1.0F : 1.0F; };
  const auto relu = [](float x) { return std::fmax(x, 0.0F); };
  const auto spike = [](Index i) { return i == kOracleValues / 2 ? 60 : gaussian(i); };
  const auto product = [u](Index i) { return u(i) * uniform(3, i) * uniform(4, i); };
  return {
      {"gaussian", gaussian},
      {"relu", [=](Index i) { return relu(gaussian(i)); }},
      {"relu6", [=](Index i) { return std::fmin(relu(gaussian(i) * 4), 6.0F); }},
      {"negative", [=](Index i) { return -relu(gaussian(i)); }},
      {"leaky", [](Index i) { return gaussian(i) < 0 ? gaussian(i) * 0.1F : gaussian(i); }},
      {"uniform", [=](Index i) { return u(i) * 2 - 1; }},
      {"uniform01", u},
      {"peaked", [=](Index i) { return product(i) * sign(i); }},
      {"peaked01", product},
      {"tail", [=](Index i) { return 1 / (u(i) + 0.01F); }},
      {"two_tails", [=](Index i) { return sign(i) / (u(i) + 0.01F); }},
      {"outlier", spike},
      {"outlier01", [=](Index i) { return relu(spike(i)); }},
      {"bimodal", [=](Index i) { return gaussian(i) * 0.25F + sign(i) * 3; }},
      {"pixels", [=](Index i) { return std::floor(u(i) * 256) - 123; }},
      {"levels", [=](Index i) { return std::floor(u(i) * 40) * 0.25F; }},
      {"few", gaussian, 20},
      {"few01", u, 20},
  };
}

}  // namespace qbench
