// Activations, sums and products of elements.
#include <array>
#include <utility>

#include "engine/backends/onednn/kernels.h"
#include "engine/backends/onednn/lower.h"
#include "engine/core/quant_params.h"

namespace qbench::onednn {
namespace {

using Table = std::array<std::byte, 256>;

template <class From, class To>
Table tabulate(const ActivationSpec& spec, float ratio, float unit) {
  Table table{};
  for (int i = 0; i < 256; ++i) {
    const auto q = static_cast<From>(i);
    const float y = kernels::activate(spec, static_cast<float>(q) * ratio, unit);
    table[static_cast<std::size_t>(i)] = static_cast<std::byte>(quantize_value<To>(y));
  }
  return table;
}

Table tabulate(DType from, DType to, const ActivationSpec& spec, float ratio, float unit) {
  if (from == DType::s8) {
    return to == DType::s8 ? tabulate<std::int8_t, std::int8_t>(spec, ratio, unit)
                           : tabulate<std::int8_t, std::uint8_t>(spec, ratio, unit);
  }
  return to == DType::s8 ? tabulate<std::uint8_t, std::int8_t>(spec, ratio, unit)
                         : tabulate<std::uint8_t, std::uint8_t>(spec, ratio, unit);
}

void activate_quantized(Builder& to, NodeId id, const Activation& op) {
  const NodeId source = to.graph()[id].inputs[0];
  const TensorType& in = to.graph()[source].type;
  const TensorType& out = to.graph()[id].type;
  const View data = to.shaped(source);
  Desc desc = data.desc;
  if (in.dtype != out.dtype) desc = channels_last(dims_of(desc), out.dtype);
  const View from = in.dtype == out.dtype ? data : to.channels_last_view(source);
  View result = to.overwrite_or_allocate(id, from);
  result.desc = desc;
  const std::int64_t count = elements(desc);
  result.scale = data.scale;
  if (data.scale >= 0) {  // the scale is known at run time only
    const View scale{.buffer = data.scale, .desc = row_major({1}, DType::f32)};
    to.add(id, "own:table",
           [spec = op.spec, count, from_dtype = in.dtype,
            to_dtype = out.dtype](std::span<std::byte* const> operands) {
             const float unit = *reinterpret_cast<const float*>(operands[1]);
             const Table table = tabulate(from_dtype, to_dtype, spec, 1, unit);
             kernels::look_up(operands[0], table, count, operands[2]);
           },
           {{DNNL_ARG_SRC, from}, {DNNL_ARG_SRC_1, scale}, {DNNL_ARG_DST, result}});
  } else {
    const float unit = out.quant->scales[0];
    const Table table = tabulate(in.dtype, out.dtype, op.spec, in.quant->scales[0] / unit, unit);
    to.add(id, "own:table",
           [table, count](std::span<std::byte* const> operands) {
             kernels::look_up(operands[0], table, count, operands[1]);
           },
           {{DNNL_ARG_SRC, from}, {DNNL_ARG_DST, result}});
  }
  to.define(id, result);
}

void add_quantized(Builder& to, NodeId id, const Add& op) {
  const Node& node = to.graph()[id];
  const TensorType& type_a = to.graph()[node.inputs[0]].type;
  const TensorType& type_b = to.graph()[node.inputs[1]].type;
  const float unit = node.type.quant ? node.type.quant->scales[0] : 1.0F;
  const View a = to.channels_last_view(node.inputs[0]);
  const View b = to.channels_last_view(node.inputs[1]);
  const Desc desc = channels_last(to_dims(node.type.shape), node.type.dtype);
  View result;
  if (node.type.dtype == DType::f32) {
    result = to.allocate(id, desc);
  } else {
    result = to.overwrite_or_allocate(id, to.may_overwrite(b, id) ? b : a);
    result.desc = desc;
  }
  const kernels::SumTerm term_a{type_a.dtype, type_a.quant->scales[0] / unit};
  const kernels::SumTerm term_b{type_b.dtype, type_b.quant->scales[0] / unit};
  const std::int64_t count = elements(desc);
  to.add(id, "own:add",
         [=, activation = op.activation,
          dtype = node.type.dtype](std::span<std::byte* const> operands) {
           kernels::add(operands[0], term_a, operands[1], term_b, activation, unit, count,
                        operands[2], dtype);
         },
         {{DNNL_ARG_SRC, a}, {DNNL_ARG_SRC_1, b}, {DNNL_ARG_DST, result}});
  to.define(id, result);
}

Dims broadcast_strides(const Dims& from, const Dims& to) {
  Dims strides(to.size(), 0);
  std::int64_t stride = 1;
  for (std::size_t i = 1; i <= from.size(); ++i) {
    const std::int64_t dim = from[from.size() - i];
    if (dim != 1) strides[to.size() - i] = stride;
    stride *= dim;
  }
  return strides;
}

void broadcast(Builder& to, NodeId id, kernels::BinaryKind kind, const ActivationSpec& activation) {
  const Node& node = to.graph()[id];
  const View a = to.row_major_view(node.inputs[0]);
  const View b = to.row_major_view(node.inputs[1]);
  const Dims dims = to_dims(node.type.shape);
  const kernels::Broadcast shape{dims, broadcast_strides(dims_of(a.desc), dims),
                                 broadcast_strides(dims_of(b.desc), dims)};
  const View result = to.allocate(id, row_major(dims, DType::f32));
  to.add(id, "own:broadcast",
         [=](std::span<std::byte* const> operands) {
           kernels::broadcast(shape, kind, activation, reinterpret_cast<float*>(operands[0]),
                              reinterpret_cast<float*>(operands[1]),
                              reinterpret_cast<float*>(operands[2]));
         },
         {{DNNL_ARG_SRC, a}, {DNNL_ARG_SRC_1, b}, {DNNL_ARG_DST, result}});
  to.define(id, result);
}

// b [N, C, 1, 1] onto a [N, C, H, W] (or equal shapes) in whatever layout a has.
std::optional<View> layout_like(Builder& to, NodeId b, const View& a) {
  const View lies = to.shaped(b);
  const Dims dims_a = dims_of(a.desc);
  const Dims dims_b = dims_of(lies.desc);
  if (dims_a == dims_b) return to.in_layout(b, lies, a.desc);
  if (dims_b.size() != dims_a.size()) return std::nullopt;
  for (std::size_t i = 0; i < dims_a.size(); ++i) {
    if (dims_b[i] != (i < 2 ? dims_a[i] : 1)) return std::nullopt;
  }
  const bool in_blocks = dims_a.size() == 4 && interchangeable(a.desc, blocked(dims_a, DType::f32));
  return in_blocks ? to.in_layout(b, lies, blocked(dims_b, DType::f32)) : to.row_major_view(b);
}

void lower_binary(Builder& to, NodeId id, kernels::BinaryKind kind,
                  const ActivationSpec& activation) {
  const Node& node = to.graph()[id];
  const dnnl::algorithm algorithm =
      kind == kernels::BinaryKind::add ? dnnl::algorithm::binary_add : dnnl::algorithm::binary_mul;
  NodeId first = node.inputs[0];
  NodeId second = node.inputs[1];
  if (to.graph()[first].type.shape != node.type.shape) std::swap(first, second);  // both commute
  if (to.graph()[first].type.shape != node.type.shape) return broadcast(to, id, kind, activation);
  const View a = to.shaped(first);
  const std::optional<View> b = layout_like(to, second, a);
  if (!b) return broadcast(to, id, kind, activation);
  const auto kernel = make_binary(to.engine(), algorithm, a.desc, b->desc, activation);
  if (!kernel || kernel->is_reference()) return broadcast(to, id, kind, activation);
  const View result = to.overwrite_or_allocate(id, a);
  to.add(id, *kernel, {{DNNL_ARG_SRC_0, a}, {DNNL_ARG_SRC_1, *b}, {DNNL_ARG_DST, result}});
  to.define(id, result);
}

}  // namespace

void lower_activation(Builder& to, NodeId id, const Activation& op) {
  if (to.graph()[id].type.quant) return activate_quantized(to, id, op);
  const View data = to.shaped(to.graph()[id].inputs[0]);
  const View result = to.overwrite_or_allocate(id, data);
  const Kernel kernel = make_activation(to.engine(), data.desc, op.spec);
  to.add(id, kernel, {{DNNL_ARG_SRC, data}, {DNNL_ARG_DST, result}});
  to.define(id, result);
}

void lower_add(Builder& to, NodeId id, const Add& op) {
  if (to.graph()[to.graph()[id].inputs[0]].type.quant) return add_quantized(to, id, op);
  lower_binary(to, id, kernels::BinaryKind::add, op.activation);
}

void lower_multiply(Builder& to, NodeId id) {
  lower_binary(to, id, kernels::BinaryKind::multiply, {});
}

}  // namespace qbench::onednn
