// Values into another layout, element type or scale, by the fastest way there is.
#include "engine/backends/onednn/builder.h"
#include "engine/backends/onednn/kernels.h"

namespace qbench::onednn {
namespace {

// A picture: few channels, given plane by plane, wanted pixel by pixel.
bool is_picture(const Desc& from, const Desc& to) {
  const Dims dims = dims_of(from);
  return dims.size() == 4 && dims[0] == 1 && dims[1] <= 4 && dtype_of(from) == DType::f32 &&
         interchangeable(from, row_major(dims, DType::f32)) &&
         interchangeable(to, channels_last(dims, dtype_of(to)));
}

}  // namespace

void Builder::add_conversion(NodeId id, const View& from, const View& to, float ratio) {
  const DType from_dtype = dtype_of(from.desc);
  const DType to_dtype = dtype_of(to.desc);
  const std::int64_t count = elements(from.desc);
  const std::vector<Operand> operands = {{DNNL_ARG_SRC, from}, {DNNL_ARG_DST, to}};
  if (in_same_order(from.desc, to.desc)) {
    add(
        id, "own:convert",
        [=](std::span<std::byte* const> at) {
          kernels::convert(at[0], from_dtype, ratio, count, at[1], to_dtype);
        },
        operands);
  } else if (is_picture(from.desc, to.desc)) {
    const std::int64_t channels = dims_of(from.desc)[1];
    add(
        id, "own:planes",
        [=](std::span<std::byte* const> at) {
          kernels::interleave_planes(reinterpret_cast<const float*>(at[0]), channels,
                                     count / channels, ratio, at[1], to_dtype);
        },
        operands);
  } else {
    add(id, make_reorder(plan_.engine, from.desc, to.desc, ratio), operands);
  }
}

void Builder::add_reorder(NodeId id, const View& from, const View& to) {
  add_conversion(id, from, to, 1);
  plan_.steps.back().op = "reorder";
}

}  // namespace qbench::onednn
