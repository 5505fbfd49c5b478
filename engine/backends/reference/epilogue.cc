// f32: everything in double, rounded once. INT8: the formulae of docs/int8.md, in f32.
#include "engine/backends/reference/epilogue.h"

#include <cmath>

#include "engine/backends/reference/element.h"

namespace qbench::reference {
namespace {

float weight_scale(const Operand& weight, std::size_t o) {
  const QuantParams& params = *weight.type.quant;
  return params.scales[params.axis == 0 ? o : 0];
}

}  // namespace

void Epilogue::operator()(std::size_t, std::size_t o, std::size_t first,
                          std::span<const double> accumulators) const {
  const double b = bias == nullptr ? 0 : load(bias->data, o);
  for (std::size_t i = 0; i < accumulators.size(); ++i) {
    const double r = residual == nullptr ? 0 : load(residual->data, first + i);
    const double y = activate(activation, accumulators[i] + b + r);
    store(out.data, first + i, static_cast<float>(y));
  }
}

void Epilogue::operator()(std::size_t n, std::size_t o, std::size_t first,
                          std::span<const std::int64_t> accumulators) const {
  const float m = data.scales[n] * weight_scale(weight, o);
  const float b = bias == nullptr ? 0 : load(bias->data, o) / m;
  const float unit = is_quantized(out.type) ? out.scales[n] : 1.0F;
  const float r = residual == nullptr ? 0 : ratio(*residual, out);
  for (std::size_t i = 0; i < accumulators.size(); ++i) {
    float y = m / unit * (static_cast<float>(accumulators[i]) + b);
    if (residual != nullptr) y = std::fma(r, load(residual->data, first + i), y);
    store(out.data, first + i, activate(activation, y, unit));
  }
}

}  // namespace qbench::reference
