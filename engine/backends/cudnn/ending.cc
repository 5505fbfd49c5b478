// Scales and bias of convolution and fully connected layers: the arithmetic between sums and
// results, as docs/int8.md defines it.
#include <algorithm>
#include <vector>

#include "engine/backends/cudnn/kernels/element.h"
#include "engine/backends/cudnn/operators.h"
#include "engine/backends/cudnn/pack.h"

namespace qbench::cudnn {
namespace {

// What one unit of each sum is worth in the result's units; without the data's scale while that is
// found at run time.
std::vector<float> multipliers(const TensorType& data, const TensorType& weight,
                               const TensorType& result) {
  std::vector<float> values = weight.quant->scales;
  values.resize(static_cast<std::size_t>(weight.shape[0]), values[0]);
  for (float& value : values) value = unit_of(data) * value / unit_of(result);
  return values;
}

// As f16 has them: parameters are of the values' type.
void round_to_f16(std::vector<float>& values) {
  for (float& value : values) value = kernels::to_float(kernels::to_half(value));
}

Tensor as_f16(const std::vector<float>& values) {
  Tensor made(DType::f16, {static_cast<std::int64_t>(values.size())});
  for (std::size_t i = 0; i < values.size(); ++i)
    kernels::store(made.bytes().data(), DType::f16, static_cast<std::int64_t>(i), values[i]);
  return made;
}

}  // namespace

float unit_of(const TensorType& type) {
  return type.quant && !type.quant->dynamic ? type.quant->scales[0] : 1.0F;
}

float scale_ratio(const TensorType& in, const TensorType& out) {
  return unit_of(in) / unit_of(out);
}

Arithmetic arithmetic_of(FloatMath math, const TensorType& data) {
  if (data.quant) return Arithmetic::s8;
  switch (math) {
    case FloatMath::f32:
      return Arithmetic::f32;
    case FloatMath::tf32:
      return Arithmetic::tf32;
    case FloatMath::f16:
      return Arithmetic::f16;
  }
  return Arithmetic::f32;
}

Ending ending_of(Builder& to, NodeId id, NodeId bias, const View& data, std::int64_t outputs) {
  const Graph& graph = to.graph();
  const Node& node = graph[id];
  const TensorType& data_type = graph[node.inputs[0]].type;
  Ending ending;
  if (data_type.quant) {
    const TensorType& weight = graph[node.inputs[1]].type;
    ending.multiplier = to.constant(padded(multipliers(data_type, weight, node.type), outputs));
    ending.scales = to.scales_of(data);
  }
  if (bias >= 0) {
    const auto values = graph.value(bias).data<float>();
    std::vector<float> scaled(values.begin(), values.end());
    for (float& value : scaled) value /= unit_of(node.type);
    scaled = padded(std::move(scaled), outputs);
    if (data.desc.dtype == DType::f16) {
      round_to_f16(scaled);
      ending.bias_f16 = to.constant(row_major({outputs}, DType::f16), as_f16(scaled));
    }
    ending.bias = to.constant(scaled);
  }
  return ending;
}

}  // namespace qbench::cudnn
