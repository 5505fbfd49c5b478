// Convolutions: a table of shapes, each in every precision, and one shape with everything that may
// follow a convolution.
#include <fmt/format.h>

#include <cmath>
#include <random>

#include "tests/engine/backends/op_cases.h"

namespace qbench {
namespace {

constexpr DType f32 = DType::f32;
constexpr DType s8 = DType::s8;
constexpr DType u8 = DType::u8;

constexpr ActivationSpec kNone;
constexpr ActivationSpec kRelu{ActivationKind::relu};
const QuantParams kDynamic{.scales = {}, .dynamic = true};

// Powers of two, so that the inputs (multiples of 1/256) are quantized exactly. u8 uses all 8 bits.
float data_scale(DType dtype) { return dtype == u8 ? 1.0F / 256 : 1.0F / 128; }
float residual_scale(DType dtype) { return dtype == u8 ? 1.0F / 512 : 1.0F / 64; }

std::vector<ActivationSpec> activations() {
  return {{ActivationKind::clip, 0, 0.375F},
          {ActivationKind::clip, -0.25F, 0.5F},
          {ActivationKind::leaky, 0.125F},
          {ActivationKind::sigmoid},
          {ActivationKind::tanh}};
}

struct Window {
  Extent2d stride = {};
  Extent2d dilation = {};
  Padding2d padding = {};
  std::int64_t groups = 1;
};

struct Geometry {
  std::string_view name;
  Shape data;  // [N,C,H,W]
  std::int64_t outputs;
  Extent2d kernel;
  Window window = {};
};

std::vector<Geometry> geometries() {
  return {
      {"stem", {2, 3, 15, 15}, 16, {3, 3}, {.stride = {2, 2}, .padding = {1, 1, 1, 1}}},
      {"stem7x7", {1, 3, 20, 20}, 8, {7, 7}, {.stride = {2, 2}, .padding = {3, 3, 3, 3}}},
      {"plain3x3", {2, 16, 9, 7}, 32, {3, 3}, {.padding = {1, 1, 1, 1}}},
      {"unpadded3x3", {1, 16, 8, 8}, 16, {3, 3}, {}},
      {"pointwise", {3, 16, 7, 9}, 32, {1, 1}, {}},
      {"pointwise_stride2", {1, 16, 8, 7}, 8, {1, 1}, {.stride = {2, 2}}},
      {"pointwise_padded", {1, 32, 6, 6}, 10, {1, 1}, {.padding = {1, 1, 1, 1}}},
      {"row1x7", {1, 8, 9, 9}, 8, {1, 7}, {.padding = {0, 3, 0, 3}}},
      {"column7x1", {1, 8, 9, 9}, 8, {7, 1}, {.padding = {3, 0, 3, 0}}},
      {"square5x5", {1, 5, 11, 11}, 17, {5, 5}, {.padding = {2, 2, 2, 2}}},
      {"channels17to96", {1, 17, 6, 6}, 96, {3, 3}, {.padding = {1, 1, 1, 1}}},
      {"channels96to5", {2, 96, 5, 5}, 5, {1, 1}, {}},
      {"channels1to1", {1, 1, 8, 8}, 1, {3, 3}, {.padding = {1, 1, 1, 1}}},
      {"channels1to20", {1, 1, 12, 12}, 20, {5, 5}, {}},
      {"dilated", {1, 8, 13, 13}, 16, {3, 3}, {.dilation = {2, 3}, .padding = {2, 3, 2, 3}}},
      {"uneven_stride", {1, 8, 12, 13}, 16, {3, 2}, {.stride = {3, 2}, .padding = {1, 0, 1, 0}}},
      {"asymmetric", {1, 3, 12, 12}, 8, {3, 3}, {.stride = {2, 2}, .padding = {0, 0, 1, 1}}},
      {"asymmetric_all", {2, 16, 7, 7}, 16, {3, 3}, {.padding = {2, 0, 1, 1}}},
      {"whole_input", {1, 16, 4, 4}, 24, {4, 4}, {}},
      {"one_pixel", {2, 32, 1, 1}, 10, {1, 1}, {}},
      {"grouped", {1, 8, 9, 9}, 12, {3, 3}, {.padding = {1, 1, 1, 1}, .groups = 4}},
      {"grouped64", {2, 64, 6, 6}, 64, {3, 3}, {.padding = {1, 1, 1, 1}, .groups = 4}},
      {"depthwise", {2, 32, 9, 9}, 32, {3, 3}, {.padding = {1, 1, 1, 1}, .groups = 32}},
      {"depthwise_stride2",
       {1, 16, 10, 10},
       16,
       {3, 3},
       {.stride = {2, 2}, .padding = {0, 0, 1, 1}, .groups = 16}},
      {"depthwise64_stride2",
       {1, 64, 10, 11},
       64,
       {3, 3},
       {.stride = {2, 2}, .padding = {0, 1, 1, 0}, .groups = 64}},
      {"depthwise_even_stride2",
       {2, 32, 8, 12},
       32,
       {3, 3},
       {.stride = {2, 2}, .padding = {1, 1, 1, 1}, .groups = 32}},
      {"depthwise_unpadded", {1, 32, 5, 6}, 32, {3, 3}, {.groups = 32}},
      {"depthwise_column", {1, 32, 4, 1}, 32, {3, 3}, {.padding = {1, 1, 1, 1}, .groups = 32}},
      {"depthwise_two", {1, 32, 2, 2}, 32, {3, 3}, {.padding = {1, 1, 1, 1}, .groups = 32}},
      {"depthwise17", {2, 17, 7, 7}, 17, {3, 3}, {.padding = {1, 1, 1, 1}, .groups = 17}},
      {"depthwise5x5", {1, 24, 9, 9}, 24, {5, 5}, {.padding = {2, 2, 2, 2}, .groups = 24}},
      {"depth_multiplier", {1, 3, 8, 8}, 6, {3, 3}, {.padding = {1, 1, 1, 1}, .groups = 3}},
  };
}

// How values are stored, and what follows the convolution.
struct Variant {
  DType data = f32;
  DType result = f32;
  std::optional<DType> residual = {};
  ActivationSpec activation = {};
  bool bias = true;
  bool per_channel = true;
  bool dynamic = false;
};

std::string_view name_of(ActivationKind kind) {
  static constexpr std::string_view kNames[] = {"none", "relu", "clip", "leaky", "sigmoid", "tanh"};
  return kNames[static_cast<std::size_t>(kind)];
}

std::string name_of(const Variant& v) {
  std::string name = fmt::format("{}{}_to_{}", v.dynamic ? "dynamic_" : "", to_string(v.data),
                                 to_string(v.result));
  if (v.residual) name += fmt::format("_plus_{}", to_string(*v.residual));
  if (v.activation != kNone) name += fmt::format("_{}", name_of(v.activation.kind));
  if (v.activation.alpha < 0) name += "_from_negative";
  if (!v.bias) name += "_no_bias";
  if (!v.per_channel) name += "_per_tensor";
  return name;
}

std::vector<Variant> variants_of_every_geometry() {
  return {
      {.activation = kRelu},
      {.data = u8, .result = u8, .activation = kRelu},
      {.data = s8, .result = s8},
      {.data = u8, .bias = false},
  };
}

// For one geometry, on top of those.
std::vector<Variant> more_variants() {
  std::vector<Variant> variants = {
      {.bias = false},
      {.residual = f32},
      {.residual = f32, .activation = kRelu},
      {.residual = f32, .bias = false},
      {.data = s8, .result = u8, .activation = kRelu},
      {.data = s8},
      {.data = u8, .result = s8, .per_channel = false},
      {.data = u8, .result = u8, .activation = kRelu, .bias = false},
      {.data = u8, .result = u8},
      {.data = u8, .residual = f32, .activation = kRelu},
      {.data = s8, .residual = f32, .bias = false},
      {.data = u8, .activation = kRelu, .dynamic = true},
      {.data = s8, .dynamic = true},
      {.data = s8, .bias = false, .dynamic = true},
      {.data = s8, .per_channel = false, .dynamic = true},
      {.data = s8, .residual = f32, .activation = kRelu, .dynamic = true},
  };
  for (const DType result : {s8, u8}) {
    for (const DType residual : {s8, u8}) {
      for (const ActivationSpec& activation : {kNone, kRelu}) {
        variants.push_back(
            {.data = u8, .result = result, .residual = residual, .activation = activation});
      }
    }
  }
  for (const ActivationSpec& activation : activations()) {
    variants.push_back({.activation = activation});
    variants.push_back({.data = u8, .activation = activation});
    variants.push_back({.data = u8, .result = s8, .activation = activation});
    variants.push_back({.data = s8, .result = u8, .activation = activation});
    variants.push_back({.data = s8, .activation = activation, .dynamic = true});
  }
  return variants;
}

Tensor random_tensor(DType dtype, Shape shape, float low, float high) {
  std::mt19937 generator(7);
  Tensor tensor(dtype, std::move(shape));
  const auto draw = [&] {
    return low + (high - low) * static_cast<float>(generator()) / 4294967296.0F;
  };
  if (dtype == f32) {
    for (float& value : tensor.data<float>()) value = draw();
  } else {
    for (std::int8_t& value : tensor.data<std::int8_t>()) value = static_cast<std::int8_t>(draw());
  }
  return tensor;
}

NodeId add_quantize(Graph& graph, std::string name, NodeId real, DType dtype, float scale) {
  return graph.add(std::move(name), Quantize{}, {real},
                   Graph::Quantization{dtype, {.scales = {scale}}});
}

// The kernel's weights, of a size that gives results of about -1..1.
NodeId add_weight(Graph& graph, const Geometry& g, const Variant& v) {
  const Shape shape{g.outputs, g.data[1] / g.window.groups, g.kernel.h, g.kernel.w};
  const float limit = 1 / std::sqrt(static_cast<float>(shape.elements(1)));
  if (v.data == f32) return graph.constant("weight", random_tensor(f32, shape, -limit, limit));
  QuantParams params;
  if (v.per_channel) params.axis = 0;
  for (std::int64_t o = 0; o < (v.per_channel ? g.outputs : 1); ++o) {
    params.scales.push_back(limit / 127 * (0.5F + 0.5F * static_cast<float>(o % 4)));
  }
  return graph.constant(
      "weight", std::make_shared<const Tensor>(random_tensor(s8, shape, -127, 127)), params);
}

OpCase make_case(const Geometry& g, const Variant& v) {
  Graph graph;
  Convolution op;
  op.stride = g.window.stride;
  op.dilation = g.window.dilation;
  op.padding = g.window.padding;
  op.groups = g.window.groups;
  op.activation = v.activation;
  const NodeId data = graph.add("data", Input{g.data});
  NodeId x = data;
  if (v.dynamic) x = graph.add("q", Quantize{}, {data}, Graph::Quantization{v.data, kDynamic});
  if (!v.dynamic && v.data != f32) x = add_quantize(graph, "q", data, v.data, data_scale(v.data));
  std::vector<NodeId> inputs{x, add_weight(graph, g, v)};
  const TensorType types[] = {graph[x].type, graph[inputs[1]].type};
  const Shape shape = infer_type(op, types, std::nullopt).shape;

  if (v.bias) {
    op.has_bias = true;
    inputs.push_back(graph.constant("bias", random_tensor(f32, {g.outputs}, -0.5F, 0.5F)));
  }
  if (v.residual) {
    op.has_residual = true;
    NodeId skip = graph.add("skip", Input{shape});
    if (v.residual != f32) {
      skip = add_quantize(graph, "qskip", skip, *v.residual, residual_scale(*v.residual));
    }
    inputs.push_back(skip);
  }
  std::optional<Graph::Quantization> quantization;
  if (v.result != f32) quantization = {v.result, {.scales = {v.result == u8 ? 0.0043F : 0.0091F}}};
  NodeId y = graph.add("conv", op, inputs, quantization);
  if (quantization) y = graph.add("real", Dequantize{}, {y});
  graph.set_outputs({y});
  return {fmt::format("conv_{}_{}", g.name, name_of(v)), std::move(graph)};
}

}  // namespace

std::vector<OpCase> convolution_cases() {
  std::vector<OpCase> cases;
  for (const Geometry& geometry : geometries()) {
    for (const Variant& v : variants_of_every_geometry()) cases.push_back(make_case(geometry, v));
  }
  const Geometry all{"all", {2, 24, 8, 8}, 40, {3, 3}, {.padding = {1, 1, 1, 1}}};
  const Geometry depthwise{
      "depthwise96", {2, 96, 6, 7}, 96, {3, 3}, {.padding = {1, 1, 1, 1}, .groups = 96}};
  for (const Geometry& geometry : {all, depthwise}) {
    for (const Variant& v : more_variants()) cases.push_back(make_case(geometry, v));
  }
  return cases;
}

}  // namespace qbench
