#include "engine/backends/cudnn/operation_graph.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <limits>
#include <utility>

namespace qbench::cudnn {
namespace {

enum Operand : std::uint8_t {
  kData,
  kWeight,
  kResult,
  kMultiplier,
  kBias,
  kResidual,
  kScales,
  kBiasF16
};

using Strides = std::array<std::int64_t, 4>;

Strides first_four(const Desc& desc) {
  const auto all = strides_of(desc);
  return {all[0], all[1], all[2], all[3]};
}

// As weights lie: [K, kh, kw, C] seen as [K, C, kh, kw], or [K, C, kh, kw].
Strides weight_strides(const std::array<std::int64_t, 4>& dims, Layout values) {
  const auto [k, c, h, w] = dims;
  if (values == Layout::channels_last) return {h * w * c, 1, w * c, c};
  return {c * h * w, h * w, w, 1};
}

class Builder {
 public:
  Builder(const ConvolutionWork& work, std::span<const View> operands)
      : work_(work), operands_(operands) {
    const ConvolutionGeometry& g = work.geometry;
    result_dims_ = {g.images, g.out_channels, g.out.h, g.out.w};
    graph_.geometry = g;
    graph_.sum_dtype = work.arithmetic == Arithmetic::s8 ? DType::s32 : DType::f32;
    graph_.data = add_operand(kData, {g.images, g.in_channels, g.in.h, g.in.w});
    const std::array<std::int64_t, 4> weight{g.out_channels, g.in_channels / g.groups, g.kernel.h,
                                             g.kernel.w};
    graph_.weight = add({.dtype = operands[kWeight].desc.dtype,
                         .dims = weight,
                         .strides = weight_strides(weight, operands[kData].desc.layout),
                         .operand = kWeight});
  }

  OperationGraph fused() && {
    make_nodes();
    // The last node writes the result; the sums do where there is none.
    const std::int64_t last = graph_.pointwise.empty() ? graph_.sums : graph_.pointwise.back().y;
    GraphTensor& result = graph_.tensors[static_cast<std::size_t>(last - 1)];
    result.dtype = operands_[kResult].desc.dtype;
    result.is_virtual = false;
    result.operand = kResult;
    return std::move(graph_);
  }

  OperationGraph sums() && {
    const Desc desc = sums_desc(work_, operands_);
    graph_.sums = add({.dtype = desc.dtype, .dims = result_dims_, .strides = first_four(desc)});
    return std::move(graph_);
  }

 private:
  bool has(std::size_t operand) const {
    return operand < operands_.size() && operands_[operand].buffer >= 0;
  }

  std::int64_t add(GraphTensor tensor) {
    tensor.id = static_cast<std::int64_t>(graph_.tensors.size()) + 1;
    graph_.tensors.push_back(tensor);
    return tensor.id;
  }

  std::int64_t add_operand(std::size_t operand, const std::array<std::int64_t, 4>& dims) {
    const Desc& desc = operands_[operand].desc;
    return add({.dtype = desc.dtype,
                .dims = dims,
                .strides = first_four(desc),
                .operand = static_cast<int>(operand)});
  }

  // A value for each channel.
  std::int64_t add_vector(std::size_t operand) {
    const std::int64_t k = result_dims_[1];
    return add({.dtype = operands_[operand].desc.dtype,
                .dims = {1, k, 1, 1},
                .strides = {k, 1, k, k},
                .operand = static_cast<int>(operand)});
  }

  // A value for each image.
  std::int64_t add_image_scales() {
    return add({.dims = {result_dims_[0], 1, 1, 1}, .strides = {1, 1, 1, 1}, .operand = kScales});
  }

  std::int64_t add_virtual(DType dtype) {
    return add({.dtype = dtype,
                .dims = result_dims_,
                .strides = first_four(operands_[kResult].desc),
                .is_virtual = true});
  }

  std::int64_t add_number(float value) {
    return add({.dims = {1, 1, 1, 1}, .strides = {1, 1, 1, 1}, .value = value});
  }

  std::int64_t apply(PointwiseMode mode, std::int64_t x, std::int64_t b = 0, float slope = 0) {
    const std::int64_t y = add_virtual(DType::f32);
    graph_.pointwise.push_back({.mode = mode, .x = x, .b = b, .y = y, .slope = slope});
    return y;
  }

  std::int64_t times(std::int64_t x, float factor) {
    return factor == 1 ? x : apply(PointwiseMode::multiply, x, add_number(factor));
  }

  std::int64_t add_residual(std::int64_t v) {
    if (!has(kResidual)) return v;
    const std::int64_t residual = add_operand(kResidual, result_dims_);
    return apply(PointwiseMode::add, v, times(residual, work_.residual_ratio));
  }

  // Order matters for which kernels the library finds: its own for real numbers want the residual
  // before the bias, those that it writes at run time for integers want it after.
  void make_nodes() {
    graph_.sums = add_virtual(graph_.sum_dtype);
    std::int64_t v = graph_.sums;
    const bool integers = graph_.sum_dtype == DType::s32;
    if (has(kMultiplier)) v = apply(PointwiseMode::multiply, v, add_vector(kMultiplier));
    if (has(kScales)) v = apply(PointwiseMode::multiply, v, add_image_scales());
    if (!integers) v = add_residual(v);
    // Its ready-made kernels for f16 want the bias in f16 too.
    if (has(kBias)) v = apply(PointwiseMode::add, v, add_vector(has(kBiasF16) ? kBiasF16 : kBias));
    if (integers) v = add_residual(v);
    v = activate(v);
    if (v == graph_.sums && operands_[kResult].desc.dtype != graph_.sum_dtype && integers)
      apply(PointwiseMode::identity, v);
  }

  // In units of the result's scale, as docs/int8.md has it.
  std::int64_t activate(std::int64_t v) {
    const ActivationSpec& act = work_.activation;
    switch (act.kind) {
      case ActivationKind::none:
        return v;
      case ActivationKind::relu:
        return apply(PointwiseMode::relu, v);
      case ActivationKind::leaky:
        return apply(PointwiseMode::relu, v, 0, act.alpha);
      case ActivationKind::clip:
        return clip(v, act.alpha / work_.unit, act.beta / work_.unit);
      case ActivationKind::sigmoid:
        return times(apply(PointwiseMode::sigmoid, times(v, work_.unit)), 1 / work_.unit);
      case ActivationKind::tanh:
        return times(apply(PointwiseMode::tanh, times(v, work_.unit)), 1 / work_.unit);
    }
    return v;
  }

  // As a relu where it is one, since more kernels know that.
  std::int64_t clip(std::int64_t v, float low, float high) {
    if (low == 0) {
      v = apply(PointwiseMode::relu, v);
      graph_.pointwise.back().upper = high;
      return v;
    }
    v = apply(PointwiseMode::max, v, add_number(low));
    return apply(PointwiseMode::min, v, add_number(high));
  }

  const ConvolutionWork& work_;
  std::span<const View> operands_;
  std::array<std::int64_t, 4> result_dims_{};
  OperationGraph graph_;
};

}  // namespace

std::string to_text(const OperationGraph& graph) {
  const ConvolutionGeometry& g = graph.geometry;
  std::string text = fmt::format(
      "stride {} {} dilation {} {} padding {} {} sums {} of {} {}:", g.stride.h, g.stride.w,
      g.dilation.h, g.dilation.w, g.padding.h, g.padding.w, graph.sums, graph.data, graph.weight);
  for (const GraphTensor& tensor : graph.tensors)
    text += fmt::format(" {}[{}/{}]{}{}", to_string(tensor.dtype), fmt::join(tensor.dims, ","),
                        fmt::join(tensor.strides, ","), tensor.is_virtual ? "v" : "",
                        tensor.value ? "n" : "");
  for (const PointwiseNode& node : graph.pointwise)
    text += fmt::format(" {}({},{})={} {} {}", static_cast<int>(node.mode), node.x, node.b, node.y,
                        node.slope, node.upper.value_or(std::numeric_limits<float>::infinity()));
  return text;
}

bool fills_result(const ConvolutionGeometry& geometry, std::span<const View> operands) {
  const Desc& result = operands[kResult].desc;
  return result.layout == Layout::row_major || result.channels == geometry.out_channels;
}

OperationGraph fused_graph(const ConvolutionWork& work, std::span<const View> operands) {
  return Builder(work, operands).fused();
}

OperationGraph sums_graph(const ConvolutionWork& work, std::span<const View> operands) {
  return Builder(work, operands).sums();
}

Desc sums_desc(const ConvolutionWork& work, std::span<const View> operands) {
  Desc desc = operands[kResult].desc;
  const bool stays_f16 = work.arithmetic == Arithmetic::f16 && desc.dtype == DType::f16;
  if (!stays_f16) desc.dtype = work.arithmetic == Arithmetic::s8 ? DType::s32 : DType::f32;
  return desc;
}

}  // namespace qbench::cudnn
