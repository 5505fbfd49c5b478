// Scales, bias and activation of convolution and fully connected layers: the arithmetic between
// integer accumulators and results, as docs/int8.md defines it.
#include <vector>

#include "engine/backends/onednn/kernels.h"
#include "engine/backends/onednn/lower.h"

namespace qbench::onednn {
namespace {

float only_scale(const TensorType& type) {
  return type.quant && !type.quant->dynamic ? type.quant->scales.front() : 1.0F;
}

// The activation on values divided by `scale`, for those that can be computed so.
ActivationSpec in_units_of(ActivationSpec activation, float scale) {
  if (activation.kind == ActivationKind::clip) {
    activation.alpha /= scale;
    activation.beta /= scale;
  }
  return activation;
}

bool commutes_with_scaling(ActivationKind kind) {
  return kind != ActivationKind::sigmoid && kind != ActivationKind::tanh;
}

// Saturation to the result's element type does what some activations do.
bool is_saturation(const ActivationSpec& activation, DType dtype) {
  if (dtype == DType::f32) return false;
  const float low = dtype == DType::u8 ? 0.0F : -128.0F;
  const float high = dtype == DType::u8 ? 255.0F : 127.0F;
  if (activation.kind == ActivationKind::relu) return low == 0;
  return activation.kind == ActivationKind::clip && activation.alpha <= low &&
         activation.beta >= high;
}

// m[o]: what one unit of the accumulator is worth; without the data's scale while that is dynamic.
std::vector<float> accumulator_units(const TensorType& data, const TensorType& weight) {
  std::vector<float> units = weight.quant->scales;
  for (float& unit : units) unit *= only_scale(data);
  return units;
}

// The library adds the bias to the accumulator, so it is given in accumulator units: f32, not
// rounded to integers, which would overflow where weights are tiny.
std::vector<float> bias_in_units(std::span<const float> bias, const std::vector<float>& units) {
  std::vector<float> scaled(bias.begin(), bias.end());
  for (std::size_t o = 0; o < scaled.size(); ++o) scaled[o] /= units[units.size() == 1 ? 0 : o];
  return scaled;
}

View constant_vector(Builder& to, std::span<const float> values) {
  const Desc desc = row_major({static_cast<std::int64_t>(values.size())}, DType::f32);
  return to.constant(desc, values.data());
}

// values / scale, computed in each run: what is constant of the bias, by the data's scale.
View divided(Builder& to, NodeId id, const View& values, const View& scale) {
  const View result = to.temporary(values.desc);
  to.add(id, "own:divide",
         [count = elements(values.desc)](std::span<std::byte* const> at) {
           kernels::divide(reinterpret_cast<const float*>(at[0]),
                           *reinterpret_cast<const float*>(at[1]), count,
                           reinterpret_cast<float*>(at[2]));
         },
         {{DNNL_ARG_SRC, values}, {DNNL_ARG_SRC_1, scale}, {DNNL_ARG_DST, result}});
  return result;
}

// Scales of the epilogue for integer data; `units` as accumulator_units gives them.
void scale_epilogue(Epilogue& epilogue, const std::vector<float>& units, const TensorType& result,
                    const TensorType* residual) {
  const float result_scale = only_scale(result);
  const bool scale_last = !commutes_with_scaling(epilogue.activation.kind);
  const float divisor = scale_last ? 1.0F : result_scale;
  epilogue.scales = units;
  for (float& scale : epilogue.scales) scale /= divisor;
  epilogue.activation = in_units_of(epilogue.activation, divisor);
  if (scale_last) epilogue.activation_scale = 1 / result_scale;
  if (is_saturation(epilogue.activation, result.dtype)) epilogue.activation = {};
  if (residual != nullptr) epilogue.residual_scale = only_scale(*residual) / divisor;
}

}  // namespace

Accumulation accumulation(Builder& to, NodeId id, NodeId bias, NodeId residual,
                          const ActivationSpec& activation) {
  const Graph& graph = to.graph();
  const Node& node = graph[id];
  const TensorType& data = graph[node.inputs[0]].type;
  Accumulation made;
  made.epilogue.activation = activation;
  const TensorType* residual_type = residual >= 0 ? &graph[residual].type : nullptr;
  if (residual_type != nullptr) {
    made.epilogue.residual_scale = 1.0F;
    made.epilogue.residual_dtype = residual_type->dtype;
  }
  std::vector<float> bias_values;
  if (bias >= 0) {
    const auto values = graph.value(bias).data<float>();
    bias_values.assign(values.begin(), values.end());
  }
  if (data.quant) {
    const std::vector<float> units = accumulator_units(data, graph[node.inputs[1]].type);
    if (bias >= 0) bias_values = bias_in_units(bias_values, units);
    scale_epilogue(made.epilogue, units, node.type, residual_type);
  }
  if (bias >= 0) made.bias = {DNNL_ARG_BIAS, constant_vector(to, bias_values)};
  if (data.quant && data.quant->dynamic) {
    const Dims ones(node.type.shape.rank(), 1);
    const View scale{.buffer = to.view(node.inputs[0]).scale, .desc = row_major(ones, DType::f32)};
    made.epilogue.data_scale = true;
    made.data_scale = {kDataScale, scale};
    if (made.bias) made.bias->view = divided(to, id, made.bias->view, scale);
  }
  return made;
}

}  // namespace qbench::onednn
