#include "engine/backends/onednn/primitives.h"

#include <algorithm>

namespace qbench::onednn {
namespace {

using dnnl::algorithm;
using dnnl::prop_kind;
using Tag = dnnl::memory::format_tag;

struct Eltwise {
  algorithm kind;
  float alpha = 0;
  float beta = 0;
};

std::optional<Eltwise> eltwise(const ActivationSpec& spec) {
  switch (spec.kind) {
    case ActivationKind::none:
      return std::nullopt;
    case ActivationKind::relu:
      return Eltwise{algorithm::eltwise_relu};
    case ActivationKind::clip:
      return Eltwise{algorithm::eltwise_clip, spec.alpha, spec.beta};
    case ActivationKind::leaky:
      return Eltwise{algorithm::eltwise_relu, spec.alpha};
    case ActivationKind::sigmoid:
      return Eltwise{algorithm::eltwise_logistic};
    case ActivationKind::tanh:
      return Eltwise{algorithm::eltwise_tanh};
  }
  return std::nullopt;
}

void append(dnnl::post_ops& ops, const ActivationSpec& spec, float scale) {
  if (const auto function = eltwise(spec))
    ops.append_eltwise(scale, function->kind, function->alpha, function->beta);
}

// Workspace comes from the plan's arena, never from the library's own allocations.
dnnl::primitive_attr base_attributes() {
  dnnl::primitive_attr attributes;
  attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  return attributes;
}

dnnl::primitive_attr attributes(const Epilogue& epilogue, std::size_t rank) {
  dnnl::primitive_attr attributes = base_attributes();
  if (!epilogue.scales.empty())
    attributes.set_output_scales(epilogue.scales.size() == 1 ? 0 : 1 << 1, epilogue.scales);
  dnnl::post_ops ops;
  if (epilogue.data_scale)
    ops.append_binary(algorithm::binary_mul, row_major(Dims(rank, 1), DType::f32));
  if (epilogue.residual_scale)
    ops.append_sum(*epilogue.residual_scale, to_dnnl(epilogue.residual_dtype));
  append(ops, epilogue.activation, epilogue.activation_scale);
  attributes.set_post_ops(ops);
  return attributes;
}

// Takes what every primitive descriptor can tell; nothing from an empty descriptor.
template <class Primitive>
std::optional<Kernel> kernel(const typename Primitive::primitive_desc& desc) {
  if (desc.get(true) == nullptr) return std::nullopt;
  Kernel made;
  made.primitive = Primitive(desc);
  made.implementation = desc.impl_info_str();
  made.src = desc.query_md(dnnl::query::src_md);
  made.weights = desc.query_md(dnnl::query::weights_md);
  made.dst = desc.query_md(dnnl::query::dst_md);
  made.scratchpad = desc.scratchpad_desc();
  made.post_ops = desc.get_primitive_attr().get_post_ops().len();
  return made;
}

Desc any(const Dims& dims, DType dtype) { return {dims, to_dnnl(dtype), Tag::any}; }

DType weight_dtype(DType data) { return data == DType::f32 ? DType::f32 : DType::s8; }

}  // namespace

std::optional<Kernel> make_convolution(const dnnl::engine& engine, ConvolutionMethod method,
                                       const ConvolutionGeometry& geometry, DType data_dtype,
                                       DType result_dtype, bool has_bias, const Layouts& layouts,
                                       const Epilogue& epilogue) {
  const auto& [top, left, bottom, right] = geometry.padding;
  const Desc data = layouts.data.value_or(any(geometry.data, data_dtype));
  const Desc result = layouts.result.value_or(any(geometry.result, result_dtype));
  const Desc weights = any(geometry.weights, weight_dtype(data_dtype));
  // A null descriptor stands for "no bias". The bias is f32 for integer data too: the library adds
  // it to the accumulator before the output scale.
  const Desc bias = has_bias ? row_major({geometry.result[1]}, DType::f32) : Desc();
  const dnnl::convolution_forward::desc operation(
      prop_kind::forward_inference,
      method == ConvolutionMethod::winograd ? algorithm::convolution_winograd
                                            : algorithm::convolution_direct,
      data, weights, bias, result, {geometry.stride.h, geometry.stride.w},
      {geometry.dilation.h - 1, geometry.dilation.w - 1}, {top, left}, {bottom, right});
  return kernel<dnnl::convolution_forward>(
      {operation, attributes(epilogue, geometry.result.size()), engine, true});
}

std::optional<Kernel> make_inner_product(const dnnl::engine& engine, const Desc& data,
                                         const Dims& weights, const Desc& result, bool has_bias,
                                         const Epilogue& epilogue) {
  const Desc bias = has_bias ? row_major({weights[0]}, DType::f32) : Desc();
  const dnnl::inner_product_forward::desc operation(
      prop_kind::forward_inference, data, any(weights, weight_dtype(dtype_of(data))), bias, result);
  return kernel<dnnl::inner_product_forward>(
      {operation, attributes(epilogue, result.dims().size()), engine, true});
}

std::optional<Kernel> make_pool(const dnnl::engine& engine, const PoolGeometry& geometry,
                                const Desc& data, const Dims& result) {
  const algorithm kind = geometry.kind == PoolKind::max ? algorithm::pooling_max
                         : geometry.count_padding       ? algorithm::pooling_avg_include_padding
                                                        : algorithm::pooling_avg_exclude_padding;
  const auto& [top, left, bottom, right] = geometry.padding;
  const dnnl::pooling_forward::desc operation(
      prop_kind::forward_inference, kind, data, any(result, dtype_of(data)),
      {geometry.stride.h, geometry.stride.w}, {geometry.kernel.h, geometry.kernel.w}, {top, left},
      {bottom, right});
  return kernel<dnnl::pooling_forward>({operation, base_attributes(), engine, true});
}

Kernel make_reorder(const dnnl::engine& engine, const Desc& from, const Desc& to, float scale) {
  dnnl::primitive_attr attributes = base_attributes();
  if (scale != 1) attributes.set_output_scales(0, {scale});
  const dnnl::reorder::primitive_desc desc(engine, from, engine, to, attributes);
  Kernel made;
  made.primitive = dnnl::reorder(desc);
  made.implementation = desc.impl_info_str();
  made.src = from;
  made.dst = to;
  made.scratchpad = desc.scratchpad_desc();
  made.post_ops = desc.get_primitive_attr().get_post_ops().len();
  return made;
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
