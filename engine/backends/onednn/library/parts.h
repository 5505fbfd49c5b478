// What the files for the library's versions share. For them alone.
#pragma once

#include <optional>

#include "engine/backends/onednn/library/library.h"

namespace qbench::onednn {

struct Eltwise {
  dnnl::algorithm kind;
  float alpha = 0;
  float beta = 0;
};
std::optional<Eltwise> eltwise(const ActivationSpec& spec);  // nothing of ActivationKind::none

Desc any_layout(const Dims& dims, DType dtype);
Desc vector_of(std::int64_t size);  // f32
// f32 [1, 1, ...], or [1, channels, 1, ...].
Desc for_channels(std::size_t rank, std::int64_t channels);
DType weight_dtype(DType data);
dnnl::algorithm algorithm_of(ConvolutionMethod method);
dnnl::algorithm algorithm_of(const PoolGeometry& geometry);

// Workspace comes from the plan's arena, never from the library's own allocations.
dnnl::primitive_attr base_attributes();

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

}  // namespace qbench::onednn
