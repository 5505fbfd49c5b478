// Convolution of quantized values by the backend's own loops, where they are faster than the
// library's. Both compute the same bits, so that the choice does not show in results.
#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "engine/backends/onednn/int8_convolution.h"
#include "engine/backends/onednn/lower.h"
#include "engine/backends/onednn/timing.h"

namespace qbench::onednn {
namespace {

using kernels::Int8Convolution;

bool is_byte(DType dtype) { return dtype == DType::u8 || dtype == DType::s8; }

bool serves_types(const Int8Convolution& shape) {
  if (!is_byte(shape.data)) return false;
  if (shape.result == DType::f32) return shape.residual.value_or(DType::f32) == DType::f32;
  return is_byte(shape.result) &&
         (!shape.residual || (shape.result == DType::u8 && is_byte(*shape.residual)));
}

// Whether the accumulator's worth may exceed what converts to integers.
bool may_overflow(const Int8Convolution& shape, const Accumulation& sum) {
  const auto products =
      static_cast<float>(shape.channels * shape.kernel.h * shape.kernel.w) * 255 * 128;
  float bias = 0;
  for (const float value : sum.bias) bias = std::max(bias, std::abs(value));
  float scale = 0;
  for (const float value : sum.epilogue.scales) scale = std::max(scale, value);
  return scale * (products + bias) + 255 * shape.residual_scale > 0x1p30F;
}

void clip(Int8Convolution& shape, const Accumulation& sum) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  const ActivationSpec& activation = sum.epilogue.activation;
  const bool is_float = shape.result == DType::f32;
  shape.low = is_float ? -kInfinity : shape.result == DType::u8 ? 0 : -128;
  shape.high = is_float ? kInfinity : shape.result == DType::u8 ? 255 : 127;
  if (activation.kind == ActivationKind::relu) shape.low = std::max(shape.low, 0.0F);
  if (activation.kind == ActivationKind::clip) {
    shape.low = std::max(shape.low, activation.alpha);
    shape.high = std::min(shape.high, activation.beta);
  }
  shape.clips = activation.kind != ActivationKind::none || (!is_float && may_overflow(shape, sum));
}

bool clips_at_most(const Epilogue& epilogue) {
  const ActivationKind kind = epilogue.activation.kind;
  return epilogue.activation_scale == 1 && !epilogue.data_scale &&
         (kind == ActivationKind::none || kind == ActivationKind::relu ||
          kind == ActivationKind::clip);
}

std::optional<Int8Convolution> served(const Graph& graph, NodeId id, const Convolution& op,
                                      const Accumulation& sum) {
  const Node& node = graph[id];
  const TensorType& in = graph[node.inputs[0]].type;
  const Shape& weights = graph[node.inputs[1]].type.shape;
  Int8Convolution shape{.images = in.shape[0],
                        .channels = in.shape[1],
                        .in_h = in.shape[2],
                        .in_w = in.shape[3],
                        .outputs = weights[0],
                        .out_h = node.type.shape[2],
                        .out_w = node.type.shape[3],
                        .kernel = {weights[2], weights[3]},
                        .stride = op.stride,
                        .dilation = op.dilation,
                        .padding = op.padding,
                        .data = in.dtype,
                        .result = node.type.dtype};
  if (op.has_residual) shape.residual = graph[node.inputs.back()].type.dtype;
  shape.residual_scale = sum.epilogue.residual_scale.value_or(0);
  if (!kernels::has_int8_convolution() || op.groups != 1 || !serves_types(shape) ||
      !clips_at_most(sum.epilogue))
    return std::nullopt;
  clip(shape, sum);
  return shape;
}

View packed(Builder& to, NodeId id, const Int8Convolution& shape, const Accumulation& sum) {
  const auto outputs = static_cast<std::size_t>(shape.outputs);
  std::vector<float> scales = sum.epilogue.scales;
  if (scales.size() == 1) scales.assign(outputs, scales.front());
  std::vector<float> biases = sum.bias;
  biases.resize(outputs);
  const Tensor& weights = to.graph().value(to.graph()[id].inputs[1]);
  const std::vector<std::byte> bytes =
      kernels::pack_int8_convolution(shape, weights.data<std::int8_t>(), scales, biases);
  return to.constant(row_major({static_cast<std::int64_t>(bytes.size())}, DType::s8), bytes.data());
}

}  // namespace

bool lower_int8_convolution(Builder& to, NodeId id, const Convolution& op, const Accumulation& sum,
                            const Kernel& library) {
  const Node& node = to.graph()[id];
  const auto shape = served(to.graph(), id, op, sum);
  if (!shape) return false;
  // Level ones go one way: times of small layers are uncertain by that much.
  constexpr double kLevel = 1.05;
  if (!library.is_reference() && measured_ms(*shape) >= kLevel * measured_ms(to.engine(), library))
    return false;

  const View data = to.channels_last_view(node.inputs[0]);
  const Desc desc = channels_last(to_dims(node.type.shape), node.type.dtype);
  std::vector<Operand> operands = {{DNNL_ARG_SRC, data},
                                   {DNNL_ARG_WEIGHTS, packed(to, id, *shape, sum)}};
  View result;
  if (op.has_residual) {
    const View residual = to.channels_last_view(node.inputs.back());
    result = residual.buffer == data.buffer ? to.allocate(id, desc)
                                            : to.overwrite_or_allocate(id, residual);
    result.desc = desc;
    operands.push_back({DNNL_ARG_SRC_1, residual});
  } else {
    result = to.allocate(id, desc);
  }
  operands.insert(operands.begin() + 2, {DNNL_ARG_DST, result});
  const auto scratch = static_cast<std::int64_t>(kernels::int8_convolution_scratch(*shape));
  if (scratch > 0)
    operands.push_back({DNNL_ARG_SCRATCHPAD, to.temporary(row_major({scratch}, DType::u8))});
  to.add(
      id, "own:int8",
      [shape = *shape, scratch](std::span<std::byte* const> at) {
        kernels::int8_convolution(shape, at[0], at[1], shape.residual ? at[3] : nullptr,
                                  scratch > 0 ? at.back() : nullptr, at[2]);
      },
      std::move(operands),
      node.type.shape.elements() * shape->channels * shape->kernel.h * shape->kernel.w);
  to.define(id, result);
  return true;
}

}  // namespace qbench::onednn
