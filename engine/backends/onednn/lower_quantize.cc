// From f32 to integers, back, and from one scale to another.
#include "engine/backends/onednn/kernels.h"
#include "engine/backends/onednn/lower.h"
#include "engine/core/quant_params.h"

namespace qbench::onednn {
namespace {

View scale_view(BufferId buffer) { return {.buffer = buffer, .desc = row_major({1}, DType::f32)}; }

// f32 pixels to integers with a scale found from the values themselves.
void quantize_dynamically(Builder& to, NodeId id) {
  const TensorType& type = to.graph()[id].type;
  const View data = to.channels_last_view(to.graph()[id].inputs[0]);
  View result = to.allocate(id, channels_last(to_dims(type.shape), type.dtype));
  const View scale = to.temporary(row_major({1}, DType::f32));
  const std::int64_t count = elements(result.desc);
  to.add(id, "own:quantize_dynamic",
         [count, dtype = type.dtype](std::span<std::byte* const> at) {
           const auto* values = reinterpret_cast<const float*>(at[0]);
           const float largest = kernels::max_abs(values, count);
           const float unit = scale_for({-largest, largest}, dtype);
           *reinterpret_cast<float*>(at[1]) = unit;
           kernels::convert(at[0], DType::f32, 1 / unit, count, at[2], dtype);
         },
         {{DNNL_ARG_SRC, data}, {DNNL_ARG_SRC_1, scale}, {DNNL_ARG_DST, result}});
  result.scale = scale.buffer;
  to.define(id, result);
}

void dequantize_dynamically(Builder& to, NodeId id) {
  const TensorType& type = to.graph()[id].type;
  const View data = to.channels_last_view(to.graph()[id].inputs[0]);
  const View result = to.allocate(id, channels_last(to_dims(type.shape), DType::f32));
  const std::int64_t count = elements(result.desc);
  to.add(id, "own:dequantize_dynamic",
         [count, dtype = dtype_of(data.desc)](std::span<std::byte* const> at) {
           const float unit = *reinterpret_cast<const float*>(at[1]);
           kernels::convert(at[0], dtype, unit, count, at[2], DType::f32);
         },
         {{DNNL_ARG_SRC, data}, {DNNL_ARG_SRC_1, scale_view(data.scale)}, {DNNL_ARG_DST, result}});
  to.define(id, result);
}

void dequantize_channels(Builder& to, NodeId id, const QuantParams& params) {
  const NodeId source = to.graph()[id].inputs[0];
  const Shape& shape = to.graph()[id].type.shape;
  const auto axis = static_cast<std::size_t>(params.axis);
  const std::int64_t inner = shape.elements(axis + 1);
  const View data = to.row_major_view(source);
  const View result = to.allocate(id, row_major(to_dims(shape), DType::f32));
  to.add(id, "own:dequantize_channels",
         [=, scales = params.scales, rows = shape.elements() / inner,
          dtype = dtype_of(data.desc)](std::span<std::byte* const> at) {
           const auto size = static_cast<std::int64_t>(size_of(dtype));
           for (std::int64_t row = 0; row < rows; ++row) {
             const float scale = scales[static_cast<std::size_t>(row) % scales.size()];
             kernels::convert(at[0] + row * inner * size, dtype, scale, inner,
                              at[1] + row * inner * static_cast<std::int64_t>(sizeof(float)),
                              DType::f32);
           }
         },
         {{DNNL_ARG_SRC, data}, {DNNL_ARG_DST, result}});
  to.define(id, result);
}

}  // namespace

void lower_quantize(Builder& to, NodeId id) {
  const Node& node = to.graph()[id];
  if (node.type.quant->dynamic) return quantize_dynamically(to, id);
  const View data = to.shaped(node.inputs[0]);
  const Desc desc = channels_last(to_dims(node.type.shape), node.type.dtype);
  const View result = to.allocate(id, desc);
  to.add_conversion(id, data, result, 1 / node.type.quant->scales[0]);
  to.define(id, result);
}

void lower_dequantize(Builder& to, NodeId id) {
  const NodeId source = to.graph()[id].inputs[0];
  const TensorType& in = to.graph()[source].type;
  if (in.quant->dynamic) return dequantize_dynamically(to, id);
  if (in.quant->axis >= 0) return dequantize_channels(to, id, *in.quant);
  const Dims dims = to_dims(in.shape);
  const bool blocks = to.prefers_blocked() && dims.size() == 4 && dims[1] % kChannelBlock == 0;
  const Desc desc = blocks ? blocked(dims, DType::f32) : channels_last(dims, DType::f32);
  const View data = to.shaped(source);
  const View result = to.allocate(id, desc);
  to.add_conversion(id, data, result, in.quant->scales[0]);
  to.define(id, result);
}

View rescaled(Builder& to, NodeId id, const View& value, NodeId like) {
  const TensorType& from = to.graph()[like].type;
  const TensorType& wanted = to.graph()[id].type;
  const bool same = from.dtype == wanted.dtype && from.quant == wanted.quant;
  if (same || !from.quant) return value;
  const bool fixed = !from.quant->dynamic;
  const float ratio = fixed ? from.quant->scales[0] / wanted.quant->scales[0] : 1.0F;
  View result = to.allocate(id, with_dtype(value.desc, wanted.dtype));
  to.add_conversion(id, value, result, ratio);
  result.scale = value.scale;
  return result;
}

}  // namespace qbench::onednn
