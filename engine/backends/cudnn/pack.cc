#include "engine/backends/cudnn/pack.h"

#include <fmt/format.h>

#include <vector>

#include "engine/backends/cudnn/kernels/element.h"
#include "engine/core/error.h"

namespace qbench::cudnn {
namespace {

// Copies element `from` of the weights to element `to` of what is packed.
class Copier {
 public:
  Copier(const Tensor& from, Tensor& to) : from_(from), to_(to) {
    const bool integers = from.dtype() == DType::s8;
    const bool fits =
        integers ? to.dtype() == DType::s8 : to.dtype() == DType::f32 || to.dtype() == DType::f16;
    if (!fits || (!integers && from.dtype() != DType::f32))
      throw Error(fmt::format("weights of {} packed as {}, expected f32 as f32 or f16, s8 as s8",
                              to_string(from.dtype()), to_string(to.dtype())));
  }
  void operator()(std::int64_t from, std::int64_t to) {
    const float value = kernels::load(from_.bytes().data(), from_.dtype(), from);
    kernels::store(to_.bytes().data(), to_.dtype(), to, value);
  }

 private:
  const Tensor& from_;
  Tensor& to_;
};

}  // namespace

Tensor pack_channels_last(const Tensor& weights, const PackedShape& shape) {
  const Shape& from = weights.shape();
  Tensor packed(shape.dtype, {shape.outputs, from[2], from[3], shape.inputs});
  Copier copy(weights, packed);
  const std::int64_t taps = from[2] * from[3];
  for (std::int64_t k = 0; k < from[0]; ++k) {
    for (std::int64_t c = 0; c < from[1]; ++c) {
      for (std::int64_t tap = 0; tap < taps; ++tap) {
        copy((k * from[1] + c) * taps + tap, (k * taps + tap) * shape.inputs + c);
      }
    }
  }
  return packed;
}

Tensor pack_row_major(const Tensor& weights, DType dtype) {
  Tensor packed(dtype, weights.shape());
  Copier copy(weights, packed);
  for (std::int64_t i = 0; i < weights.shape().elements(); ++i) copy(i, i);
  return packed;
}

Tensor pack_depthwise(const Tensor& weights, const PackedShape& shape) {
  const Shape& from = weights.shape();
  Tensor packed(shape.dtype, {from[2], from[3], shape.outputs});
  Copier copy(weights, packed);
  const std::int64_t taps = from[2] * from[3];
  for (std::int64_t k = 0; k < from[0]; ++k) {
    for (std::int64_t tap = 0; tap < taps; ++tap) copy(k * taps + tap, tap * shape.outputs + k);
  }
  return packed;
}

std::vector<float> padded(std::vector<float> values, std::int64_t count) {
  values.resize(static_cast<std::size_t>(count), 0.0F);
  return values;
}

}  // namespace qbench::cudnn
