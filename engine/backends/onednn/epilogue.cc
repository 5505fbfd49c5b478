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

Operand bias_operand(Builder& to, std::span<const float> values) {
  const Desc desc = row_major({static_cast<std::int64_t>(values.size())}, DType::f32);
  return {DNNL_ARG_BIAS, to.constant(desc, values.data())};
}

}  // namespace

Accumulation accumulation(Builder& to, NodeId id, NodeId bias, NodeId residual,
                          const ActivationSpec& activation) {
  const Graph& graph = to.graph();
  const Node& node = graph[id];
  const TensorType& data = graph[node.inputs[0]].type;
  const TensorType& weight = graph[node.inputs[1]].type;
  Accumulation made;
  Epilogue& epilogue = made.epilogue;
  epilogue.activation = activation;

  std::vector<float> bias_values;
  if (bias >= 0) {
    const auto values = graph.value(bias).data<float>();
    bias_values.assign(values.begin(), values.end());
  }
  if (data.quant) {
    const std::vector<float> units = accumulator_units(data, weight);
    if (bias >= 0) bias_values = bias_in_units(bias_values, units);
    const float result_scale = only_scale(node.type);
    const bool scale_last = !commutes_with_scaling(activation.kind);
    const float divisor = scale_last ? 1.0F : result_scale;
    epilogue.scales = units;
    for (float& scale : epilogue.scales) scale /= divisor;
    epilogue.activation = in_units_of(activation, divisor);
    if (scale_last) epilogue.activation_scale = 1 / result_scale;
    if (is_saturation(epilogue.activation, node.type.dtype)) epilogue.activation = {};
    if (residual >= 0) epilogue.residual_scale = only_scale(graph[residual].type) / divisor;
    if (data.quant->dynamic) {
      epilogue.data_scale = true;
      made.data_scale = {kDataScale, {.buffer = to.view(node.inputs[0]).scale}};
    }
  } else if (residual >= 0) {
    epilogue.residual_scale = 1.0F;
  }
  if (residual >= 0) epilogue.residual_dtype = graph[residual].type.dtype;
  if (bias >= 0) made.bias = bias_operand(to, bias_values);
  if (made.data_scale) {
    const Dims ones(node.type.shape.rank(), 1);
    made.data_scale->view.desc = row_major(ones, DType::f32);
    if (made.bias) {
      const View units = made.bias->view;
      const View scaled = to.temporary(units.desc);
      const std::int64_t count = elements(units.desc);
      to.add(
          id, "own:divide",
          [count](std::span<std::byte* const> operands) {
            kernels::divide(reinterpret_cast<const float*>(operands[0]),
                            *reinterpret_cast<const float*>(operands[1]), count,
                            reinterpret_cast<float*>(operands[2]));
          },
          {{DNNL_ARG_SRC, units}, {DNNL_ARG_SRC_1, made.data_scale->view}, {DNNL_ARG_DST, scaled}});
      made.bias->view = scaled;
    }
  }
  return made;
}

}  // namespace qbench::onednn
