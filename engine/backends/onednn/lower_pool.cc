// Pooling: the library's kernels where they mean the same, own loops for averages that they do not
// compute (windows cut off by ceil rounding, another output scale) and for maxima of bytes.
#include <algorithm>

#include "engine/backends/onednn/kernels.h"
#include "engine/backends/onednn/lower.h"
#include "engine/core/error.h"

namespace qbench::onednn {
namespace {

Pool with_window(const Pool& op, const Shape& data) {
  if (!op.global) return op;
  Pool whole = op;
  whole.kernel = {data[2], data[3]};
  whole.stride = {};
  whole.padding = {};
  whole.ceil_mode = false;
  return whole;
}

// How far the last window reaches beyond the padded input. Negative: rows that no window covers.
std::int64_t overhang(std::int64_t in, std::int64_t before, std::int64_t after, std::int64_t kernel,
                      std::int64_t stride, std::int64_t out) {
  return (out - 1) * stride + kernel - (in + before + after);
}

// Whether every window has a pixel of the input in it.
bool touches_input(const Pool& op, const Shape& in, const Shape& out) {
  const auto touches = [](std::int64_t size, std::int64_t before, std::int64_t kernel,
                          std::int64_t stride, std::int64_t count) {
    return kernel > before && (count - 1) * stride - before < size;
  };
  return touches(in[2], op.padding.top, op.kernel.h, op.stride.h, out[2]) &&
         touches(in[3], op.padding.left, op.kernel.w, op.stride.w, out[3]);
}

bool is_padded(const Padding2d& padding) { return padding != Padding2d{}; }

float scale_ratio(const TensorType& from, const TensorType& to) {
  const bool fixed = from.quant && !from.quant->dynamic;
  return fixed ? from.quant->scales[0] / to.quant->scales[0] : 1.0F;
}

struct Fit {
  PoolGeometry geometry;
  bool exact = true;  // the library computes what the operator means
};

Fit fit(const Pool& op, const Shape& in, const Shape& out) {
  const auto& [top, left, bottom, right] = op.padding;
  const std::int64_t over_h = overhang(in[2], top, bottom, op.kernel.h, op.stride.h, out[2]);
  const std::int64_t over_w = overhang(in[3], left, right, op.kernel.w, op.stride.w, out[3]);
  const bool cut_off = over_h > 0 || over_w > 0;
  Fit result{.geometry = {.kind = op.kind,
                          .count_padding = op.count_include_pad && is_padded(op.padding),
                          .kernel = op.kernel,
                          .stride = op.stride,
                          .padding = op.padding}};
  result.geometry.padding.bottom += std::max<std::int64_t>(over_h, 0);
  result.geometry.padding.right += std::max<std::int64_t>(over_w, 0);
  // The library counts what hangs over as padding; the operator does not.
  if (op.kind == PoolKind::average && cut_off && result.geometry.count_padding)
    result.exact = false;
  return result;
}

void lower_own(Builder& to, NodeId id, const Pool& op, float ratio) {
  const NodeId source = to.graph()[id].inputs[0];
  const TensorType& in = to.graph()[source].type;
  const TensorType& out = to.graph()[id].type;
  const kernels::Pooling pool{.images = in.shape[0],
                              .channels = in.shape[1],
                              .in_h = in.shape[2],
                              .in_w = in.shape[3],
                              .out_h = out.shape[2],
                              .out_w = out.shape[3],
                              .kernel = op.kernel,
                              .stride = op.stride,
                              .padding = op.padding,
                              .count_include_pad = op.count_include_pad,
                              .in_dtype = in.dtype,
                              .out_dtype = out.dtype,
                              .ratio = ratio};
  const bool is_max = op.kind == PoolKind::max;
  const auto function = is_max ? kernels::max_pool : kernels::average_pool;
  const View data = to.channels_last_view(source);
  View result = to.allocate(id, channels_last(out.shape.dims(), out.dtype));
  to.add(id, is_max ? "own:max" : "own:average",
         [pool, function](std::span<std::byte* const> operands) {
           function(pool, operands[0], operands[1]);
         },
         {{DNNL_ARG_SRC, data}, {DNNL_ARG_DST, result}});
  result.scale = data.scale;
  to.define(id, result);
}

std::optional<Kernel> choose(Builder& to, NodeId id, const PoolGeometry& geometry, View& data) {
  const NodeId source = to.graph()[id].inputs[0];
  const Dims result = to.graph()[id].type.shape.dims();
  auto kernel = make_pool(to.engine(), geometry, data.desc, result);
  if (kernel && !kernel->is_reference()) return kernel;
  const View other = to.channels_last_view(source);
  auto second = make_pool(to.engine(), geometry, other.desc, result);
  if (!second || (second->is_reference() && kernel)) return kernel;
  data = other;
  return second;
}

}  // namespace

void lower_pool(Builder& to, NodeId id, const Pool& node_op) {
  const NodeId source = to.graph()[id].inputs[0];
  const TensorType& in = to.graph()[source].type;
  const TensorType& out = to.graph()[id].type;
  const Pool op = with_window(node_op, in.shape);
  const float ratio = scale_ratio(in, out);
  const bool same_values = ratio == 1 && in.dtype == out.dtype;
  const Fit fitted = fit(op, in.shape, out.shape);
  // The library multiplies sums of integers by the rounded reciprocal of their count.
  const bool integers = in.quant.has_value();
  if (op.kind == PoolKind::average && (integers || !same_values || !fitted.exact))
    return lower_own(to, id, op, ratio);
  if (op.kind == PoolKind::max && in.dtype != DType::f32 && same_values &&
      touches_input(op, in.shape, out.shape))
    return lower_own(to, id, op, ratio);

  View data = to.shaped(source);
  const auto kernel = choose(to, id, fitted.geometry, data);
  if (!kernel) {
    if (op.kind == PoolKind::average) return lower_own(to, id, op, ratio);
    throw Error("oneDNN has no kernel for this pooling", ErrorKind::unsupported);
  }
  View result = same_values ? to.allocate(id, kernel->dst) : to.temporary(kernel->dst);
  to.add(id, *kernel, {{DNNL_ARG_SRC, data}, {DNNL_ARG_DST, result}});
  result.scale = data.scale;
  to.define(id, same_values ? result : rescaled(to, id, result, source));
}

}  // namespace qbench::onednn
