// Depthwise 3x3 convolution by the backend's own loops, where they serve; else by the library.
#include <limits>
#include <vector>

#include "engine/backends/onednn/depthwise.h"
#include "engine/backends/onednn/lower.h"

namespace qbench::onednn {
namespace {

bool is_depthwise_3x3(const Graph& graph, NodeId id, const Convolution& op) {
  const Node& node = graph[id];
  const std::int64_t channels = graph[node.inputs[0]].type.shape[1];
  const bool by_one = op.stride == Extent2d{1, 1} || op.stride == Extent2d{2, 2};
  const auto& [top, left, bottom, right] = op.padding;
  return graph[node.inputs[1]].type.shape == Shape{channels, 1, 3, 3} && op.groups == channels &&
         channels % kernels::kDepthwiseBlock == 0 && by_one && op.dilation == Extent2d{1, 1} &&
         top <= 1 && left <= 1 && bottom <= 1 && right <= 1 && !op.has_residual;
}

bool clips_at_most(const ActivationSpec& activation) {
  return activation.kind == ActivationKind::none || activation.kind == ActivationKind::relu ||
         activation.kind == ActivationKind::clip;
}

bool serves_types(const Builder& to, const TensorType& data, const TensorType& result) {
  if (!data.quant) return !to.prefers_blocked() && kernels::has_depthwise_f32();
  return data.dtype == DType::u8 && !data.quant->dynamic && result.quant.has_value() &&
         kernels::has_depthwise_u8();
}

kernels::Depthwise shape_of(const Shape& in, const Shape& out, const Convolution& op,
                            const ActivationSpec& activation) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  const bool clips = activation.kind == ActivationKind::clip;
  const bool relu = activation.kind == ActivationKind::relu;
  return {.images = in[0],
          .channels = in[1],
          .in_h = in[2],
          .in_w = in[3],
          .out_h = out[2],
          .out_w = out[3],
          .stride = op.stride.h,
          .pad_top = op.padding.top,
          .pad_left = op.padding.left,
          .low = clips  ? activation.alpha
                 : relu ? 0
                        : -kInfinity,
          .high = clips ? activation.beta : kInfinity};
}

// [channels][9] to [9][channels].
View tap_by_tap(Builder& to, const Tensor& weights) {
  const std::int64_t channels = weights.shape()[0];
  std::vector<float> turned(weights.elements());
  for (std::size_t i = 0; i < turned.size(); ++i) {
    const std::size_t channel = i / 9;
    turned[i % 9 * static_cast<std::size_t>(channels) + channel] = weights.data<float>()[i];
  }
  return to.constant(row_major({9, channels}, DType::f32), turned.data());
}

View packed_for_u8(Builder& to, const Tensor& weights) {
  const std::vector<std::int8_t> packed =
      kernels::pack_depthwise_u8(weights.data<std::int8_t>().data(), weights.shape()[0]);
  return to.constant(row_major({static_cast<std::int64_t>(packed.size())}, DType::s8),
                     packed.data());
}

// One value for each channel; the only one repeated, zeros where there is none.
View per_channel(Builder& to, std::vector<float> values, std::int64_t channels) {
  if (values.empty()) values = {0};
  if (values.size() == 1) values.assign(static_cast<std::size_t>(channels), values.front());
  return to.constant(row_major({channels}, DType::f32), values.data());
}

}  // namespace

bool lower_depthwise(Builder& to, NodeId id, const Convolution& op) {
  const Graph& graph = to.graph();
  const Node& node = graph[id];
  const TensorType& in = graph[node.inputs[0]].type;
  if (!is_depthwise_3x3(graph, id, op) || !clips_at_most(op.activation) ||
      !serves_types(to, in, node.type))
    return false;

  const std::int64_t channels = in.shape[1];
  const Accumulation sum =
      accumulation(graph, id, op.has_bias ? node.inputs[2] : -1, -1, op.activation);
  const kernels::Depthwise shape = shape_of(in.shape, node.type.shape, op, sum.epilogue.activation);
  const View bias = per_channel(to, sum.bias, channels);
  const std::vector<std::byte> zeros(static_cast<std::size_t>(in.shape[3] * channels) *
                                     size_of(in.dtype));
  const View zero_row = to.constant(row_major({in.shape[3] * channels}, in.dtype), zeros.data());
  const View data = to.channels_last_view(node.inputs[0]);
  const View result = to.allocate(id, channels_last(to_dims(node.type.shape), node.type.dtype));
  const Tensor& weights = graph.value(node.inputs[1]);
  const std::int64_t macs = node.type.shape.elements() * 9;
  if (in.quant) {
    const View scales = per_channel(to, sum.epilogue.scales, channels);
    to.add(
        id, "own:depthwise",
        [shape, dtype = node.type.dtype](std::span<std::byte* const> at) {
          kernels::depthwise_u8(shape, reinterpret_cast<const std::uint8_t*>(at[0]),
                                reinterpret_cast<const std::uint8_t*>(at[3]),
                                reinterpret_cast<const std::int8_t*>(at[1]),
                                reinterpret_cast<const float*>(at[4]),
                                reinterpret_cast<const float*>(at[5]), at[2], dtype);
        },
        {{DNNL_ARG_SRC, data},
         {DNNL_ARG_WEIGHTS, packed_for_u8(to, weights)},
         {DNNL_ARG_DST, result},
         {DNNL_ARG_SRC_2, zero_row},
         {DNNL_ARG_WEIGHTS_1, scales},
         {DNNL_ARG_BIAS, bias}},
        macs);
  } else {
    to.add(
        id, "own:depthwise",
        [shape](std::span<std::byte* const> at) {
          kernels::depthwise_f32(
              shape, reinterpret_cast<const float*>(at[0]), reinterpret_cast<const float*>(at[3]),
              reinterpret_cast<const float*>(at[1]), reinterpret_cast<const float*>(at[4]),
              reinterpret_cast<float*>(at[2]));
        },
        {{DNNL_ARG_SRC, data},
         {DNNL_ARG_WEIGHTS, tap_by_tap(to, weights)},
         {DNNL_ARG_DST, result},
         {DNNL_ARG_SRC_2, zero_row},
         {DNNL_ARG_BIAS, bias}},
        macs);
  }
  to.define(id, result);
  return true;
}

}  // namespace qbench::onednn
