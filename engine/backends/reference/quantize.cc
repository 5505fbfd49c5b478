// From f32 to integers and back.
#include <algorithm>

#include "engine/backends/reference/element.h"
#include "engine/backends/reference/kernels.h"

namespace qbench::reference {
namespace {

Range range_of(std::span<const float> values) {
  Range range;
  if (!values.empty()) range = {values[0], values[0]};
  for (float v : values) {
    range.min = std::min(range.min, v);
    range.max = std::max(range.max, v);
  }
  return range;
}

}  // namespace

void evaluate(const Quantize&, Operands in, const Result& out, Scratch&) {
  const std::size_t inner = image_elements(out.type.shape);
  const std::span<const float> real = in[0].data.data<float>();
  for (std::size_t n = 0; n < images(out.type.shape); ++n) {
    if (out.type.quant->dynamic) {
      out.scales[n] = scale_for(range_of(real.subspan(n * inner, inner)), out.type.dtype);
    }
    const float inverse = 1.0F / out.scales[n];
    for (std::size_t i = n * inner; i < (n + 1) * inner; ++i) {
      store(out.data, i, real[i] * inverse);
    }
  }
}

void evaluate(const Dequantize&, Operands in, const Result& out, Scratch&) {
  const QuantParams& params = *in[0].type.quant;
  const bool per_channel = params.axis >= 0;
  const std::span<const float> scales = per_channel ? params.scales : in[0].scales;
  const Shape& shape = out.type.shape;
  const auto axis = static_cast<std::size_t>(std::max(params.axis, 0));
  const auto inner = static_cast<std::size_t>(shape.elements(axis + 1));
  const std::size_t dim = shape.rank() == 0 ? 1 : static_cast<std::size_t>(shape[axis]);
  for (std::size_t i = 0; i < out.data.elements(); ++i) {
    store(out.data, i, scales[i / inner % dim] * load(in[0].data, i));
  }
}

}  // namespace qbench::reference
