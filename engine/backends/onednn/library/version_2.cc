// oneDNN 2.6 and 2.7: descriptors are open structures, primitives are made from descriptors of
// operations, and scales are attributes that are multiplied after the bias.
#include "engine/backends/onednn/library/parts.h"

namespace qbench::onednn {
namespace {

using dnnl::algorithm;
using dnnl::prop_kind;

void append(dnnl::post_ops& ops, const ActivationSpec& spec, float scale) {
  if (const auto function = eltwise(spec))
    ops.append_eltwise(scale, function->kind, function->alpha, function->beta);
}

dnnl::primitive_attr attributes(const Epilogue& epilogue, std::size_t rank) {
  dnnl::primitive_attr attributes = base_attributes();
  if (!epilogue.scales.empty())
    attributes.set_output_scales(epilogue.scales.size() == 1 ? 0 : 1 << 1, epilogue.scales);
  dnnl::post_ops ops;
  if (epilogue.data_scale) ops.append_binary(algorithm::binary_mul, for_channels(rank, 1));
  if (epilogue.residual_scale)
    ops.append_sum(*epilogue.residual_scale, to_dnnl(epilogue.residual_dtype));
  append(ops, epilogue.activation, epilogue.activation_scale);
  attributes.set_post_ops(ops);
  return attributes;
}

}  // namespace

// The factor is the first post-operation, so that its argument is always the same.
const int kDataScale = DNNL_ARG_ATTR_MULTIPLE_POST_OP(0) | DNNL_ARG_SRC_1;

DType dtype_of(const Desc& desc) {
  switch (desc.data_type()) {
    case dnnl::memory::data_type::s8:
      return DType::s8;
    case dnnl::memory::data_type::u8:
      return DType::u8;
    case dnnl::memory::data_type::s32:
      return DType::s32;
    default:
      return DType::f32;
  }
}

Dims dims_of(const Desc& desc) { return desc.dims(); }

std::optional<Blocking> blocking_of(const Desc& desc) {
  const dnnl_memory_desc_t& data = desc.data;
  if (data.format_kind != dnnl_blocked || data.extra.flags != 0 || data.offset0 != 0)
    return std::nullopt;
  const dnnl_blocking_desc_t& blocking = data.format_desc.blocking;
  Blocking found{.padded = {data.padded_dims, data.padded_dims + data.ndims},
                 .strides = {blocking.strides, blocking.strides + data.ndims},
                 .blocks = {}};
  for (int i = 0; i < blocking.inner_nblks; ++i)
    found.blocks.push_back({static_cast<int>(blocking.inner_idxs[i]), blocking.inner_blks[i]});
  return found;
}

bool has_winograd() {
  // The enumerators are sets of features.
  const auto needed = static_cast<unsigned>(dnnl::cpu_isa::avx512_core);
  return (static_cast<unsigned>(dnnl::get_effective_cpu_isa()) & needed) == needed;
}

std::optional<Kernel> make_convolution(const dnnl::engine& engine, ConvolutionMethod method,
                                       const ConvolutionGeometry& geometry, DType data_dtype,
                                       DType result_dtype, bool has_bias, const Layouts& layouts,
                                       const Epilogue& epilogue) {
  const auto& [top, left, bottom, right] = geometry.padding;
  // A null descriptor stands for "no bias". The bias is f32 for integer data too: the library adds
  // it to the accumulator before the output scale.
  const dnnl::convolution_forward::desc operation(
      prop_kind::forward_inference, algorithm_of(method),
      layouts.data.value_or(any_layout(geometry.data, data_dtype)),
      any_layout(geometry.weights, weight_dtype(data_dtype)),
      has_bias ? vector_of(geometry.result[1]) : Desc(),
      layouts.result.value_or(any_layout(geometry.result, result_dtype)),
      {geometry.stride.h, geometry.stride.w}, {geometry.dilation.h - 1, geometry.dilation.w - 1},
      {top, left}, {bottom, right});
  return kernel<dnnl::convolution_forward>(
      {operation, attributes(epilogue, geometry.result.size()), engine, true});
}

std::optional<Kernel> make_inner_product(const dnnl::engine& engine, const Desc& data,
                                         const Dims& weights, const Desc& result, bool has_bias,
                                         const Epilogue& epilogue) {
  const dnnl::inner_product_forward::desc operation(
      prop_kind::forward_inference, data, any_layout(weights, weight_dtype(dtype_of(data))),
      has_bias ? vector_of(weights[0]) : Desc(), result);
  return kernel<dnnl::inner_product_forward>(
      {operation, attributes(epilogue, result.dims().size()), engine, true});
}

std::optional<Kernel> make_pool(const dnnl::engine& engine, const PoolGeometry& geometry,
                                const Desc& data, const Dims& result) {
  const auto& [top, left, bottom, right] = geometry.padding;
  const dnnl::pooling_forward::desc operation(
      prop_kind::forward_inference, algorithm_of(geometry), data,
      any_layout(result, dtype_of(data)), {geometry.stride.h, geometry.stride.w},
      {geometry.kernel.h, geometry.kernel.w}, {top, left}, {bottom, right});
  return kernel<dnnl::pooling_forward>({operation, base_attributes(), engine, true});
}

Kernel make_reorder(const dnnl::engine& engine, const Desc& from, const Desc& to, float scale) {
  dnnl::primitive_attr attributes = base_attributes();
  if (scale != 1) attributes.set_output_scales(0, {scale});
  return *kernel<dnnl::reorder>({engine, from, engine, to, attributes});
}

std::optional<Kernel> make_binary(const dnnl::engine& engine, algorithm algorithm, const Desc& a,
                                  const Desc& b, const ActivationSpec& activation) {
  dnnl::primitive_attr attributes = base_attributes();
  dnnl::post_ops ops;
  append(ops, activation, 1);
  attributes.set_post_ops(ops);
  const dnnl::binary::desc operation(algorithm, a, b, a);
  return kernel<dnnl::binary>({operation, attributes, engine, true});
}

Kernel make_activation(const dnnl::engine& engine, const Desc& data, const ActivationSpec& spec) {
  const Eltwise function = eltwise(spec).value_or(Eltwise{algorithm::eltwise_linear, 1, 0});
  const dnnl::eltwise_forward::desc operation(prop_kind::forward_inference, function.kind, data,
                                              function.alpha, function.beta);
  return *kernel<dnnl::eltwise_forward>({operation, base_attributes(), engine});
}

Kernel make_softmax(const dnnl::engine& engine, const Desc& data, int axis) {
  const dnnl::softmax_forward::desc operation(prop_kind::forward_inference, data, axis);
  return *kernel<dnnl::softmax_forward>({operation, base_attributes(), engine});
}

Kernel make_lrn(const dnnl::engine& engine, const Desc& data, const Lrn& op) {
  const dnnl::lrn_forward::desc operation(prop_kind::forward_inference,
                                          algorithm::lrn_across_channels, data, op.size, op.alpha,
                                          op.beta, op.bias);
  return *kernel<dnnl::lrn_forward>({operation, base_attributes(), engine});
}

}  // namespace qbench::onednn
