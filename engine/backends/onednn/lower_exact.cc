// Quantized convolutions and fully connected layers by the own loops whose sums are exact on every
// processor.
#include <algorithm>
#include <utility>
#include <vector>

#include "engine/backends/onednn/exact_convolution.h"
#include "engine/backends/onednn/lower.h"
#include "engine/core/isa.h"

namespace qbench::onednn {
namespace {

using kernels::ExactConvolution;

void set_ending(ExactConvolution& shape, const Graph& graph, NodeId id, const Accumulation& sum) {
  const Node& node = graph[id];
  shape.data = graph[node.inputs[0]].type.dtype;
  shape.result = node.type.dtype;
  shape.activation = sum.epilogue.activation;
  shape.activation_scale = sum.epilogue.activation_scale;
  if (sum.epilogue.residual_scale) {
    shape.residual = sum.epilogue.residual_dtype;
    shape.residual_scale = *sum.epilogue.residual_scale;
  }
}

View per_output(Builder& to, std::vector<float> values, std::int64_t outputs) {
  if (values.empty()) values = {0};
  if (values.size() == 1) values.assign(static_cast<std::size_t>(outputs), values.front());
  return to.constant(row_major({outputs}, DType::f32), values.data());
}

// Operands by position: data, weights, result, scales, biases, then those that are there.
void emit(Builder& to, NodeId id, const ExactConvolution& shape, const Accumulation& sum,
          const View& data, const View& result, std::optional<View> residual) {
  const Graph& graph = to.graph();
  const Tensor& weights = graph.value(graph[id].inputs[1]);
  const std::vector<std::int8_t> packed =
      kernels::pack_exact_convolution(shape, weights.data<std::int8_t>());
  const View packed_view =
      to.constant(row_major({static_cast<std::int64_t>(packed.size())}, DType::s8), packed.data());

  std::vector<Operand> found;  // bias and scale of the data
  add_operands(to, id, sum, found);
  std::vector<Operand> operands = {
      {DNNL_ARG_SRC, data},
      {DNNL_ARG_WEIGHTS, packed_view},
      {DNNL_ARG_DST, result},
      {DNNL_ARG_WEIGHTS_1, per_output(to, sum.epilogue.scales, shape.outputs)}};
  if (sum.bias.empty()) {
    operands.push_back({DNNL_ARG_BIAS, per_output(to, {}, shape.outputs)});
  }
  operands.insert(operands.end(), found.begin(), found.end());
  const auto place_of = [&](bool is_there, int argument, const View& view) -> std::size_t {
    if (!is_there) return 0;
    operands.push_back({argument, view});
    return operands.size() - 1;
  };
  const std::size_t scale_at = sum.epilogue.data_scale ? operands.size() - 1 : 0;
  const std::size_t residual_at =
      place_of(residual.has_value(), DNNL_ARG_SRC_1, residual.value_or(View{}));
  const auto scratch = static_cast<std::int64_t>(kernels::exact_convolution_scratch(shape));
  const std::size_t scratch_at =
      scratch == 0
          ? 0
          : place_of(true, DNNL_ARG_SCRATCHPAD, to.temporary(row_major({scratch}, DType::u8)));
  to.add(
      id, "own:exact",
      [=](std::span<std::byte* const> at) {
        const auto real = [&](std::size_t i) { return reinterpret_cast<const float*>(at[i]); };
        kernels::exact_convolution(shape, {.in = at[0],
                                           .packed = reinterpret_cast<const std::int8_t*>(at[1]),
                                           .scales = real(3),
                                           .biases = real(4),
                                           .data_scale = scale_at == 0 ? 1.0F : *real(scale_at),
                                           .residual = residual_at == 0 ? nullptr : at[residual_at],
                                           .scratch = scratch_at == 0 ? nullptr : at[scratch_at],
                                           .out = at[2]});
      },
      std::move(operands), graph[id].type.shape.elements() * weights.shape().elements(1));
  to.define(id, result);
}

}  // namespace

// The library's polynomials for curved activations depend on the instruction set.
bool needs_exact(const Graph& graph, NodeId id, const ActivationSpec& activation) {
  const bool curved =
      activation.kind == ActivationKind::sigmoid || activation.kind == ActivationKind::tanh;
  return graph[graph[id].inputs[0]].type.quant && (curved || !has_byte_products(isa()));
}

void lower_exact(Builder& to, NodeId id, const Convolution& op, const Accumulation& sum) {
  const Node& node = to.graph()[id];
  const Shape& in = to.graph()[node.inputs[0]].type.shape;
  const Shape& weights = to.graph()[node.inputs[1]].type.shape;
  ExactConvolution shape{.images = in[0],
                         .channels = in[1],
                         .in_h = in[2],
                         .in_w = in[3],
                         .outputs = weights[0],
                         .out_h = node.type.shape[2],
                         .out_w = node.type.shape[3],
                         .groups = op.groups,
                         .kernel = {weights[2], weights[3]},
                         .stride = op.stride,
                         .dilation = op.dilation,
                         .padding = op.padding};
  set_ending(shape, to.graph(), id, sum);
  const View data = to.channels_last_view(node.inputs[0]);
  const Desc desc = channels_last(to_dims(node.type.shape), node.type.dtype);
  if (!op.has_residual) return emit(to, id, shape, sum, data, to.allocate(id, desc), {});
  const View residual = to.channels_last_view(node.inputs.back());
  const bool same_size = size_of(*shape.residual) == size_of(shape.result);
  View result = same_size && residual.buffer != data.buffer ? to.overwrite_or_allocate(id, residual)
                                                            : to.allocate(id, desc);
  result.desc = desc;
  emit(to, id, shape, sum, data, result, residual);
}

// One result for each image: a convolution with the whole image, or images side by side as pixels
// of a convolution of one tap.
void lower_exact(Builder& to, NodeId id, const FullyConnected&, const Accumulation& sum) {
  const Node& node = to.graph()[id];
  const View lies = to.view(node.inputs[0]);
  const Dims dims = dims_of(lies.desc);
  const bool has_area = dims.size() == 4 && dims[2] * dims[3] > 1;
  ExactConvolution shape{.outputs = node.type.shape[1]};
  View data;
  if (has_area) {
    shape.images = dims[0];
    shape.channels = dims[1];
    shape.in_h = shape.kernel.h = dims[2];
    shape.in_w = shape.kernel.w = dims[3];
    data = to.in_layout(node.inputs[0], lies, channels_last(dims, dtype_of(lies.desc)));
  } else {
    shape.in_w = shape.out_w = dims[0];
    shape.channels = elements(lies.desc) / dims[0];
    data = to.in_layout(node.inputs[0], lies, row_major(dims, dtype_of(lies.desc)));
  }
  set_ending(shape, to.graph(), id, sum);
  const View result = to.allocate(id, row_major(node.type.shape.dims(), node.type.dtype));
  emit(to, id, shape, sum, data, result, {});
}

}  // namespace qbench::onednn
