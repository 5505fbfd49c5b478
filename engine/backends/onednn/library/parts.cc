#include "engine/backends/onednn/library/parts.h"

#include <fmt/format.h>

#include <algorithm>

#include "engine/core/error.h"

namespace qbench::onednn {

using dnnl::algorithm;
using DataType = dnnl::memory::data_type;
using Tag = dnnl::memory::format_tag;

DataType to_dnnl(DType dtype) {
  switch (dtype) {
    case DType::f32:
      return DataType::f32;
    case DType::s8:
      return DataType::s8;
    case DType::u8:
      return DataType::u8;
    case DType::s32:
      return DataType::s32;
    case DType::f16:
    case DType::f64:
    case DType::s64:
      break;
  }
  throw Error(fmt::format("values of type {}, expected f32, s8 or u8", to_string(dtype)),
              ErrorKind::unsupported);
}

std::unordered_map<int, dnnl::memory> parameter_arguments(const dnnl::engine& engine,
                                                          const Kernel& kernel) {
  std::unordered_map<int, dnnl::memory> arguments;
  for (const Parameter& parameter : kernel.parameters) {
    dnnl::memory memory(parameter.desc, engine);
    std::ranges::copy(parameter.values, static_cast<float*>(memory.get_data_handle()));
    arguments.emplace(parameter.argument, std::move(memory));
  }
  return arguments;
}

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

Desc any_layout(const Dims& dims, DType dtype) { return {dims, to_dnnl(dtype), Tag::any}; }

Desc vector_of(std::int64_t size) { return {{size}, DataType::f32, Tag::a}; }

Desc for_channels(std::size_t rank, std::int64_t channels) {
  Dims dims(rank, 1);
  Dims strides(rank, 1);
  dims[1] = channels;
  strides[0] = channels;
  return {dims, DataType::f32, strides};
}

DType weight_dtype(DType data) { return data == DType::f32 ? DType::f32 : DType::s8; }

algorithm algorithm_of(ConvolutionMethod method) {
  return method == ConvolutionMethod::winograd ? algorithm::convolution_winograd
                                               : algorithm::convolution_direct;
}

algorithm algorithm_of(const PoolGeometry& geometry) {
  if (geometry.kind == PoolKind::max) return algorithm::pooling_max;
  return geometry.count_padding ? algorithm::pooling_avg_include_padding
                                : algorithm::pooling_avg_exclude_padding;
}

dnnl::primitive_attr base_attributes() {
  dnnl::primitive_attr attributes;
  attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  return attributes;
}

}  // namespace qbench::onednn
