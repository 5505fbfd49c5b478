// oneDNN 3: descriptors are closed, primitives are made at once, and scales are arguments. Its
// scales of weights and data are multiplied before the bias is added. The arithmetic here is the
// other way round, so the scales are a post-operation: a product with one value for each channel.
#include "engine/backends/onednn/library/parts.h"

namespace qbench::onednn {
namespace {

using dnnl::algorithm;
using dnnl::prop_kind;

constexpr int argument_of_post_op(int index) {
  return DNNL_ARG_ATTR_MULTIPLE_POST_OP(index) | DNNL_ARG_SRC_1;
}

void append(dnnl::post_ops& ops, const ActivationSpec& spec, float scale) {
  const auto function = eltwise(spec);
  if (!function) return;
  ops.append_eltwise(function->kind, function->alpha, function->beta);
  if (scale != 1) ops.append_eltwise(algorithm::eltwise_linear, scale, 0);
}

// The scales, as the argument of the first post-operation; nothing where there are none. A factor
// known at run time is the second, so that its argument is always the same.
std::vector<Parameter> parameters(const Epilogue& epilogue, std::size_t rank) {
  std::vector<float> scales = epilogue.scales;
  if (scales.empty() && epilogue.data_scale) scales = {1};
  if (scales.empty()) return {};
  const Desc desc = for_channels(rank, static_cast<std::int64_t>(scales.size()));
  return {{argument_of_post_op(0), desc, std::move(scales)}};
}

dnnl::primitive_attr attributes(const Epilogue& epilogue, std::size_t rank,
                                const std::vector<Parameter>& parameters) {
  dnnl::post_ops ops;
  for (const Parameter& scales : parameters) ops.append_binary(algorithm::binary_mul, scales.desc);
  if (epilogue.data_scale) ops.append_binary(algorithm::binary_mul, for_channels(rank, 1));
  if (epilogue.residual_scale)
    ops.append_sum(*epilogue.residual_scale, 0, to_dnnl(epilogue.residual_dtype));
  append(ops, epilogue.activation, epilogue.activation_scale);
  dnnl::primitive_attr attributes = base_attributes();
  attributes.set_post_ops(ops);
  return attributes;
}

std::optional<Kernel> with(std::vector<Parameter> parameters, std::optional<Kernel> kernel) {
  if (kernel) kernel->parameters = std::move(parameters);
  return kernel;
}

}  // namespace

const int kDataScale = argument_of_post_op(1);

DType dtype_of(const Desc& desc) {
  switch (desc.get_data_type()) {
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

Dims dims_of(const Desc& desc) { return desc.get_dims(); }

std::optional<Blocking> blocking_of(const Desc& desc) {
  if (desc.get_format_kind() != dnnl::memory::format_kind::blocked ||
      desc.get_submemory_offset() != 0)
    return std::nullopt;
  Blocking found{.padded = desc.get_padded_dims(), .strides = desc.get_strides(), .blocks = {}};
  const Dims dims = desc.get_inner_idxs();
  const Dims sizes = desc.get_inner_blks();
  for (std::size_t i = 0; i < dims.size(); ++i)
    found.blocks.push_back({static_cast<int>(dims[i]), sizes[i]});
  return found;
}

bool has_winograd() { return false; }  // version 3 gave up its kernels for x86

std::optional<Kernel> make_convolution(const dnnl::engine& engine, ConvolutionMethod method,
                                       const ConvolutionGeometry& geometry, DType data_dtype,
                                       DType result_dtype, bool has_bias, const Layouts& layouts,
                                       const Epilogue& epilogue) {
  const auto& [top, left, bottom, right] = geometry.padding;
  const std::size_t rank = geometry.result.size();
  std::vector<Parameter> scales = parameters(epilogue, rank);
  // A null descriptor stands for "no bias". The bias is f32 for integer data too: without scales of
  // the library's own it is added to the accumulator.
  const dnnl::convolution_forward::primitive_desc desc(
      engine, prop_kind::forward_inference, algorithm_of(method),
      layouts.data.value_or(any_layout(geometry.data, data_dtype)),
      any_layout(geometry.weights, weight_dtype(data_dtype)),
      has_bias ? vector_of(geometry.result[1]) : Desc(),
      layouts.result.value_or(any_layout(geometry.result, result_dtype)),
      {geometry.stride.h, geometry.stride.w}, {geometry.dilation.h - 1, geometry.dilation.w - 1},
      {top, left}, {bottom, right}, attributes(epilogue, rank, scales), true);
  return with(std::move(scales), kernel<dnnl::convolution_forward>(desc));
}

std::optional<Kernel> make_inner_product(const dnnl::engine& engine, const Desc& data,
                                         const Dims& weights, const Desc& result, bool has_bias,
                                         const Epilogue& epilogue) {
  const std::size_t rank = result.get_dims().size();
  std::vector<Parameter> scales = parameters(epilogue, rank);
  const dnnl::inner_product_forward::primitive_desc desc(
      engine, prop_kind::forward_inference, data, any_layout(weights, weight_dtype(dtype_of(data))),
      has_bias ? vector_of(weights[0]) : Desc(), result, attributes(epilogue, rank, scales), true);
  return with(std::move(scales), kernel<dnnl::inner_product_forward>(desc));
}

std::optional<Kernel> make_pool(const dnnl::engine& engine, const PoolGeometry& geometry,
                                const Desc& data, const Dims& result) {
  const auto& [top, left, bottom, right] = geometry.padding;
  return kernel<dnnl::pooling_forward>(
      {engine, prop_kind::forward_inference, algorithm_of(geometry), data,
       any_layout(result, dtype_of(data)), Dims{geometry.stride.h, geometry.stride.w},
       Dims{geometry.kernel.h, geometry.kernel.w}, Dims{0, 0}, Dims{top, left}, Dims{bottom, right},
       base_attributes(), true});
}

Kernel make_reorder(const dnnl::engine& engine, const Desc& from, const Desc& to, float scale) {
  dnnl::primitive_attr attributes = base_attributes();
  std::vector<Parameter> parameters;
  if (scale != 1) {
    attributes.set_scales_mask(DNNL_ARG_SRC, 0);
    parameters.push_back({DNNL_ARG_ATTR_SCALES | DNNL_ARG_SRC, vector_of(1), {scale}});
  }
  return *with(std::move(parameters),
               kernel<dnnl::reorder>({engine, from, engine, to, attributes}));
}

std::optional<Kernel> make_binary(const dnnl::engine& engine, algorithm algorithm, const Desc& a,
                                  const Desc& b, const ActivationSpec& activation) {
  dnnl::primitive_attr attributes = base_attributes();
  dnnl::post_ops ops;
  append(ops, activation, 1);
  attributes.set_post_ops(ops);
  return kernel<dnnl::binary>({engine, algorithm, a, b, a, attributes, true});
}

Kernel make_activation(const dnnl::engine& engine, const Desc& data, const ActivationSpec& spec) {
  const Eltwise function = eltwise(spec).value_or(Eltwise{algorithm::eltwise_linear, 1, 0});
  return *kernel<dnnl::eltwise_forward>({engine, prop_kind::forward_inference, function.kind, data,
                                         data, function.alpha, function.beta, base_attributes()});
}

Kernel make_softmax(const dnnl::engine& engine, const Desc& data, int axis) {
  return *kernel<dnnl::softmax_forward>({engine, prop_kind::forward_inference,
                                         algorithm::softmax_accurate, data, data, axis,
                                         base_attributes()});
}

Kernel make_lrn(const dnnl::engine& engine, const Desc& data, const Lrn& op) {
  return *kernel<dnnl::lrn_forward>({engine, prop_kind::forward_inference,
                                     algorithm::lrn_across_channels, data, data, op.size, op.alpha,
                                     op.beta, op.bias, base_attributes()});
}

}  // namespace qbench::onednn
