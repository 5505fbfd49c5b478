#include "engine/zoo/random_weights.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numeric>
#include <span>

namespace qbench {
namespace {

// Of max(x, 0) for normal x of variance 1.
constexpr double kRectifiedMean = 0.39894;
constexpr double kRectifiedVariance = 0.34085;

// Power that reaches a filter over all of its inputs.
double power_read(const Signal& input, std::size_t window) {
  double sum = 0;
  for (std::size_t i = 0; i < input.power.size(); i += input.paired ? 2 : 1) sum += input.power[i];
  return sum * static_cast<double>(window);
}

// One filter: normal weights, those of a pair's second channel opposite to those of its first.
void draw_filter(std::span<float> filter, std::size_t window, bool paired_input, double scale,
                 RandomStream& random) {
  for (std::size_t i = 0; i < filter.size() / window; ++i) {
    for (std::size_t k = 0; k < window; ++k) {
      const std::size_t at = i * window + k;
      filter[at] = paired_input && i % 2 == 1 ? -filter[at - window]
                                              : static_cast<float>(random.normal() * scale);
    }
  }
}

// Shifts a kernel's taps so that the square of their sum is the sum of their squares: then the
// variance of what it gives is the same for inputs that are alike around a pixel and for
// independent ones. Otherwise single channels of smooth images are several times larger than the
// others, as no trained network has it.
void balance(std::span<float> kernel) {
  const auto n = static_cast<double>(kernel.size());
  if (n < 2) return;
  const double mean = std::accumulate(kernel.begin(), kernel.end(), 0.0) / n;
  double squares = 0;
  for (const float tap : kernel) squares += (tap - mean) * (tap - mean);
  const double shift = std::copysign(std::sqrt(squares / (n * n - n)), mean) - mean;
  for (float& tap : kernel) tap = static_cast<float>(tap + shift);
}

}  // namespace

RandomStream::RandomStream(std::uint64_t seed, std::string_view name) : state_(seed) {
  constexpr std::uint64_t kFnvPrime = 0x100000001B3;
  std::uint64_t hash = 0xCBF29CE484222325;
  for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * kFnvPrime;
  state_ ^= hash;
}

std::uint64_t RandomStream::bits() {
  std::uint64_t z = state_ += 0x9E3779B97F4A7C15;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
  return z ^ (z >> 31);
}

double RandomStream::uniform(double low, double high) {
  return low + (high - low) * static_cast<double>(bits() >> 40) * 0x1p-24;
}

double RandomStream::normal() {
  const std::uint64_t b = bits();
  const std::uint64_t sum = (b & 0xFFFF) + ((b >> 16) & 0xFFFF) + ((b >> 32) & 0xFFFF) + (b >> 48);
  return (static_cast<double>(sum) - 2.0 * 65535.0) * (1.7320508075688772 / 65536.0);
}

DrawnWeights draw_dense(const Shape& shape, const Signal& input, double gain, bool pairs,
                        RandomStream random) {
  DrawnWeights drawn{Tensor(DType::f32, shape), {}};
  const auto outputs = static_cast<std::size_t>(shape[0]);
  const auto window = static_cast<std::size_t>(shape.elements(2));
  const std::size_t length = drawn.weight.elements() / outputs;
  const double read = power_read(input, window);
  const std::span<float> weight = drawn.weight.data<float>();
  drawn.output.paired = pairs;
  double deviation = 0;
  for (std::size_t o = 0; o < outputs; ++o) {
    const std::span<float> filter = weight.subspan(o * length, length);
    if (pairs && o % 2 == 1) {
      for (std::size_t i = 0; i < length; ++i) filter[i] = -weight[(o - 1) * length + i];
    } else {
      deviation = gain * random.uniform(0.5, 1.5);
      draw_filter(filter, window, input.paired, deviation / std::sqrt(read), random);
    }
    drawn.output.mean.push_back(0);
    drawn.output.power.push_back(deviation * deviation);
  }
  return drawn;
}

DrawnWeights draw_depthwise(const Shape& shape, const Signal& input, RandomStream random) {
  DrawnWeights drawn{Tensor(DType::f32, shape), input};
  const auto window = static_cast<std::size_t>(shape.elements(2));
  const std::span<float> weight = drawn.weight.data<float>();
  for (std::size_t c = 0; c < input.power.size(); ++c) {
    const std::span<float> kernel = weight.subspan(c * window, window);
    if (input.paired && c % 2 == 1) {
      std::ranges::copy(weight.subspan((c - 1) * window, window), kernel.begin());
    } else {
      for (float& tap : kernel) tap = static_cast<float>(random.normal());
      balance(kernel);
    }
    double sum = 0;
    double squares = 0;
    for (const double tap : kernel) {
      sum += tap;
      squares += tap * tap;
    }
    drawn.output.mean[c] = sum * kRectifiedMean * std::sqrt(input.power[c]);
    drawn.output.power[c] = squares * kRectifiedVariance * input.power[c];
  }
  return drawn;
}

std::vector<double> draw_vector(const Signal& signal, double low, double high,
                                RandomStream random) {
  std::vector<double> values;
  for (std::size_t c = 0; c < signal.power.size(); ++c) {
    const bool repeats = signal.paired && c % 2 == 1;
    values.push_back(repeats ? values.back() : random.uniform(low, high));
  }
  return values;
}

}  // namespace qbench
