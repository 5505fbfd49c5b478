#include "engine/formats/describe.h"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <utility>

#include "engine/core/error.h"
#include "engine/formats/attributes.h"

namespace qbench {
namespace {

std::string text(bool value) { return value ? "True" : "False"; }
std::string text(const Extent2d& e) { return tuple_text(std::vector{e.h, e.w}); }
std::string text(const Padding2d& p) {
  if (p.top == p.bottom && p.left == p.right) return tuple_text(std::vector{p.top, p.left});
  return tuple_text(std::vector{p.top, p.left, p.bottom, p.right});
}

struct Describe {
  const Graph& graph;
  const Node& node;

  const Shape& input_shape(std::size_t i) const { return graph[node.inputs[i]].type.shape; }

  DescribedOp operator()(const Convolution& op) const {
    const Shape& weight = input_shape(1);
    return {"Convolution",
            {{"kernel", text(Extent2d{weight[2], weight[3]})},
             {"stride", text(op.stride)},
             {"dilate", text(op.dilation)},
             {"pad", text(op.padding)},
             {"num_filter", std::to_string(weight[0])},
             {"num_group", std::to_string(op.groups)},
             {"no_bias", text(!op.has_bias)}}};
  }
  DescribedOp operator()(const FullyConnected& op) const {
    return {"FullyConnected",
            {{"num_hidden", std::to_string(input_shape(1)[0])},
             {"no_bias", text(!op.has_bias)},
             {"flatten", "True"}}};
  }
  DescribedOp operator()(const BatchNorm& op) const {
    return {"BatchNorm",
            {{"eps", number_text(op.epsilon)},
             {"fix_gamma", text(op.fix_gamma)},
             {"use_global_stats", "False"}}};
  }
  DescribedOp operator()(const Activation& op) const { return describe(op.spec); }
  DescribedOp operator()(const PRelu&) const { return {"LeakyReLU", {{"act_type", "prelu"}}}; }
  DescribedOp operator()(const Pool& op) const {
    return {"Pooling",
            {{"pool_type", op.kind == PoolKind::max ? "max" : "avg"},
             {"global_pool", text(op.global)},
             {"kernel", text(op.kernel)},
             {"stride", text(op.stride)},
             {"pad", text(op.padding)},
             {"pooling_convention", op.ceil_mode ? "full" : "valid"},
             {"count_include_pad", text(op.count_include_pad)}}};
  }
  DescribedOp operator()(const Flatten&) const { return {"Flatten", {}}; }
  DescribedOp operator()(const Reshape& op) const {
    return {"Reshape", {{"shape", tuple_text(op.dims)}}};
  }
  DescribedOp operator()(const Transpose& op) const {
    return {"transpose", {{"axes", tuple_text(op.permutation)}}};
  }
  DescribedOp operator()(const Concat& op) const {
    return {"Concat",
            {{"dim", std::to_string(op.axis)}, {"num_args", std::to_string(node.inputs.size())}}};
  }
  bool same_shape() const { return input_shape(0) == input_shape(1); }
  DescribedOp operator()(const Add&) const {
    return {same_shape() ? "elemwise_add" : "broadcast_add", {}};
  }
  DescribedOp operator()(const Multiply&) const {
    return {same_shape() ? "elemwise_mul" : "broadcast_mul", {}};
  }
  DescribedOp operator()(const Softmax& op) const {
    return {"softmax", {{"axis", std::to_string(op.axis)}}};
  }
  DescribedOp operator()(const Dropout&) const { return {"Dropout", {}}; }
  DescribedOp operator()(const Identity&) const { return {"_copy", {}}; }
  DescribedOp operator()(const L2Normalize& op) const {
    static constexpr std::array<const char*, 3> kModes = {"channel", "spatial", "instance"};
    return {
        "L2Normalization",
        {{"mode", kModes.at(static_cast<std::size_t>(op.mode))}, {"eps", number_text(op.epsilon)}}};
  }
  DescribedOp operator()(const Lrn& op) const {
    return {"LRN",
            {{"nsize", std::to_string(op.size)},
             {"alpha", number_text(op.alpha)},
             {"beta", number_text(op.beta)},
             {"knorm", number_text(op.bias)}}};
  }
  DescribedOp operator()(const Pad& op) const {
    const Padding2d& p = op.padding;
    const std::vector<std::int64_t> widths = {0, 0, 0, 0, p.top, p.bottom, p.left, p.right};
    return {"Pad",
            {{"mode", "constant"},
             {"pad_width", tuple_text(widths)},
             {"constant_value", number_text(op.value)}}};
  }
  DescribedOp operator()(const MultiBoxPrior& op) const {
    return {"_contrib_MultiBoxPrior",
            {{"sizes", tuple_text(op.sizes)},
             {"ratios", tuple_text(op.ratios)},
             {"steps", tuple_text(std::vector{op.step_y, op.step_x})},
             {"offsets", tuple_text(std::vector{op.offset_y, op.offset_x})},
             {"clip", text(op.clip)}}};
  }
  DescribedOp operator()(const MultiBoxDetection& op) const {
    return {"_contrib_MultiBoxDetection",
            {{"clip", text(op.clip)},
             {"threshold", number_text(op.threshold)},
             {"nms_threshold", number_text(op.nms_threshold)},
             {"force_suppress", text(op.force_suppress)},
             {"nms_topk", std::to_string(op.top_k)},
             {"variances", tuple_text(op.variances)}}};
  }
  DescribedOp operator()(const Quantize&) const {
    return {"_contrib_quantize_v2",
            {{"out_type", node.type.dtype == DType::u8 ? "uint8" : "int8"}}};
  }
  DescribedOp operator()(const Dequantize&) const { return {"_contrib_dequantize", {}}; }
  DescribedOp operator()(const Input&) const {
    return {"null", {{"__shape__", tuple_text(node.type.shape.dims())}}};
  }
  DescribedOp operator()(const Constant&) const { return {"null", {}}; }
};

constexpr std::pair<std::string_view, std::string_view> kTwins[] = {
    {"Activation", "_contrib_quantized_act"},
    {"Concat", "_contrib_quantized_concat"},
    {"Dropout", "_contrib_quantized_dropout"},
    {"Flatten", "_contrib_quantized_flatten"},
    {"LeakyReLU", "_contrib_quantized_leaky_relu"},
    {"Pad", "_contrib_quantized_pad"},
    {"Pooling", "_contrib_quantized_pooling"},
    {"Reshape", "_contrib_quantized_reshape"},
    {"_copy", "_contrib_quantized_copy"},
    {"clip", "_contrib_quantized_clip"},
    {"elemwise_add", "_contrib_quantized_elemwise_add"},
    {"transpose", "_contrib_quantized_transpose"},
};

}  // namespace

DescribedOp describe(const Graph& graph, const Node& node) {
  return std::visit(Describe{graph, node}, node.op);
}

DescribedOp describe(const ActivationSpec& spec) {
  switch (spec.kind) {
    case ActivationKind::none:
      return {"_copy", {}};
    case ActivationKind::relu:
      return {"Activation", {{"act_type", "relu"}}};
    case ActivationKind::clip:
      return {"clip", {{"a_min", number_text(spec.alpha)}, {"a_max", number_text(spec.beta)}}};
    case ActivationKind::leaky:
      return {"LeakyReLU", {{"act_type", "leaky"}, {"slope", number_text(spec.alpha)}}};
    case ActivationKind::sigmoid:
      return {"Activation", {{"act_type", "sigmoid"}}};
    case ActivationKind::tanh:
      return {"Activation", {{"act_type", "tanh"}}};
  }
  throw Error("an activation of unknown kind");
}

std::string_view quantized_twin(std::string_view op) {
  for (const auto& [real, quantized] : kTwins) {
    if (real == op) return quantized;
  }
  throw Error(fmt::format("no form of operator '{}' for quantized values", op),
              ErrorKind::unsupported);
}

std::optional<float> range_for(float scale, DType dtype) {
  // Dividing the product may miss the scale by one unit in the last place, to either side.
  const float range = scale * quant_max(dtype);
  const float infinity = std::numeric_limits<float>::infinity();
  for (float candidate : {range, std::nextafter(range, infinity), std::nextafter(range, 0.0F)}) {
    if (std::isfinite(candidate) && scale_for({0, candidate}, dtype) == scale) return candidate;
  }
  return std::nullopt;
}

void add_calibration(SymbolAttributes& attributes, const TensorType& type) {
  if (!type.quant || type.quant->dynamic) return;
  const float scale = type.quant->scales.at(0);
  const std::optional<float> exact = range_for(scale, type.dtype);
  const float range = exact.value_or(scale * quant_max(type.dtype));
  attributes["min_calib_range"] = number_text(type.dtype == DType::u8 ? 0 : -range);
  attributes["max_calib_range"] = number_text(range);
  if (!exact) attributes["__qbench_scale__"] = number_text(scale);
}

}  // namespace qbench
