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

Accumulation accumulation(const Graph& graph, NodeId id, NodeId bias, NodeId residual,
                          const ActivationSpec& activation) {
  const Node& node = graph[id];
  const TensorType& data = graph[node.inputs[0]].type;
  Accumulation made;
  made.epilogue.activation = activation;
  const TensorType* residual_type = residual >= 0 ? &graph[residual].type : nullptr;
  if (residual_type != nullptr) {
    made.epilogue.residual_scale = 1.0F;
    made.epilogue.residual_dtype = residual_type->dtype;
  }
  if (bias >= 0) {
    const auto values = graph.value(bias).data<float>();
    made.bias.assign(values.begin(), values.end());
  }
  if (data.quant) {
    const std::vector<float> units = accumulator_units(data, graph[node.inputs[1]].type);
    made.bias = bias_in_units(made.bias, units);
    scale_epilogue(made.epilogue, units, node.type, residual_type);
    made.epilogue.data_scale = data.quant->dynamic;
  }
  return made;
}

void add_operands(Builder& to, NodeId id, const Accumulation& sum, std::vector<Operand>& operands) {
  std::optional<View> scale;
  if (sum.epilogue.data_scale) {
    const Node& node = to.graph()[id];
    const Dims ones(node.type.shape.rank(), 1);
    scale = {.buffer = to.view(node.inputs[0]).scale, .desc = row_major(ones, DType::f32)};
  }
  if (!sum.bias.empty()) {
    View bias = constant_vector(to, sum.bias);
    if (scale) bias = divided(to, id, bias, *scale);
    operands.push_back({DNNL_ARG_BIAS, bias});
  }
  if (scale) operands.push_back({kDataScale, *scale});
}

}  // namespace qbench::onednn
