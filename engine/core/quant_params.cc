#include "engine/core/quant_params.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "engine/core/error.h"

namespace qbench {
namespace {

// Below this a scale's reciprocal, or its product with another scale, leaves the normal floats.
constexpr float kSmallestScale = 1e-18F;

float max_abs(std::span<const float> values) {
  float result = 0;
  for (float v : values) result = std::max(result, std::fabs(v));
  return result;
}

template <class T>
void quantize_into(std::span<const float> real, float scale, std::span<T> out) {
  const float inverse = 1.0F / scale;
  for (std::size_t i = 0; i < real.size(); ++i) out[i] = quantize_value<T>(real[i] * inverse);
}

// Rounding each weight on its own leaves a sum of errors, which shifts the output wherever the
// inputs have a mean (after a ReLU they do). The weights that were nearest to a tie are rounded the
// other way until the sum is within half a step: Guo et al., "SQuant", ICLR 2022, section 3.
void balance(std::span<const float> real, float scale, std::span<std::int8_t> q) {
  const float inverse = 1.0F / scale;
  const auto error = [&](std::size_t i) { return static_cast<float>(q[i]) - real[i] * inverse; };
  double sum = 0;
  for (std::size_t i = 0; i < q.size(); ++i) sum += error(i);
  const int step = sum > 0 ? -1 : 1;
  const auto flips = static_cast<std::size_t>(std::fabs(std::nearbyint(sum)));
  if (flips == 0) return;

  std::vector<std::pair<float, std::size_t>> candidates;  // by how little a flip costs
  for (std::size_t i = 0; i < q.size(); ++i) {
    const float against = -static_cast<float>(step) * error(i);
    if (against > 0 && against <= 0.5F && std::abs(q[i] + step) <= 127)
      candidates.emplace_back(-against, i);
  }
  const std::size_t count = std::min(flips, candidates.size());
  std::ranges::partial_sort(candidates, candidates.begin() + static_cast<std::ptrdiff_t>(count));
  for (std::size_t k = 0; k < count; ++k) {
    std::int8_t& value = q[candidates[k].second];
    value = static_cast<std::int8_t>(value + step);
  }
}

// First each kernel of the row (one input channel's weights), then the row as a whole.
void balance_row(std::span<const float> real, float scale, std::size_t kernel,
                 std::span<std::int8_t> q) {
  for (std::size_t at = 0; kernel > 1 && kernel < q.size() && at < q.size(); at += kernel) {
    balance(real.subspan(at, kernel), scale, q.subspan(at, kernel));
  }
  balance(real, scale, q);
}

}  // namespace

float quant_max(DType dtype) {
  switch (dtype) {
    case DType::s8:
      return 127;
    case DType::u8:
      return 255;
    default:
      throw Error("no quantization to " + std::string(to_string(dtype)) + ", expected s8 or u8");
  }
}

float scale_for(Range range, DType dtype) {
  const float magnitude = range.max_abs();
  if (!std::isfinite(magnitude)) throw Error("range is not finite, no scale can be chosen");
  if (magnitude == 0) return 1;
  return std::max(magnitude / quant_max(dtype), kSmallestScale);
}

Tensor quantize(const Tensor& real, DType dtype, float scale) {
  Tensor result(dtype, real.shape());
  if (dtype == DType::s8) {
    quantize_into(real.data<float>(), scale, result.data<std::int8_t>());
  } else if (dtype == DType::u8) {
    quantize_into(real.data<float>(), scale, result.data<std::uint8_t>());
  } else {
    throw Error("no quantization to " + std::string(to_string(dtype)) + ", expected s8 or u8");
  }
  return result;
}

QuantizedWeights quantize_weights(const Tensor& weights, bool per_channel) {
  if (weights.shape().rank() < 2) {
    throw Error("weights of shape " + to_string(weights.shape()) + ", expected at least [O, I]");
  }
  const auto channels = static_cast<std::size_t>(weights.shape()[0]);
  const auto inner = static_cast<std::size_t>(weights.shape().elements(1));
  const auto kernel = static_cast<std::size_t>(weights.shape().elements(2));
  const std::span<const float> real = weights.data<float>();

  QuantizedWeights result{Tensor(DType::s8, weights.shape()), {}};
  const std::span<std::int8_t> values = result.values.data<std::int8_t>();
  const float whole = scale_for({0, max_abs(real)}, DType::s8);
  for (std::size_t o = 0; o < channels; ++o) {
    const std::span<const float> row = real.subspan(o * inner, inner);
    const float scale = per_channel ? scale_for({0, max_abs(row)}, DType::s8) : whole;
    quantize_into(row, scale, values.subspan(o * inner, inner));
    balance_row(row, scale, kernel, values.subspan(o * inner, inner));
    if (per_channel || o == 0) result.params.scales.push_back(scale);
  }
  if (per_channel) result.params.axis = 0;
  return result;
}

}  // namespace qbench
