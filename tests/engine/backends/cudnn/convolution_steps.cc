#include "tests/engine/backends/cudnn/convolution_steps.h"

namespace qbench::cudnn {
namespace {

DType data_dtype(Arithmetic arithmetic) {
  if (arithmetic == Arithmetic::s8) return DType::s8;
  return arithmetic == Arithmetic::f16 ? DType::f16 : DType::f32;
}

std::int64_t stored(const Desc& desc) {
  return desc.layout == Layout::channels_last ? desc.channels : desc.shape[1];
}

}  // namespace

Step convolution_step(const ConvolutionCase& c) {
  const auto desc = [&](const Shape& shape, DType dtype) {
    return c.layout == Layout::channels_last ? channels_last(shape, dtype)
                                             : row_major(shape, dtype);
  };
  const DType in = data_dtype(c.arithmetic);
  const std::int64_t pad = c.kernel / 2;
  const auto out_size = [&](std::int64_t size) {
    return (size + 2 * pad - c.kernel) / c.stride + 1;
  };
  const Extent2d out{out_size(c.image), out_size(c.image + 1)};
  const Desc data = desc({c.images, c.channels, c.image, c.image + 1}, in);
  const Desc result = desc({c.images, c.outputs, out.h, out.w}, c.result);
  ConvolutionWork work;
  work.geometry = {.images = c.images,
                   .in_channels = c.groups == 1 ? stored(data) : c.channels,
                   .out_channels = c.groups == 1 ? stored(result) : c.outputs,
                   .groups = c.groups,
                   .in = {c.image, c.image + 1},
                   .out = out,
                   .kernel = {c.kernel, c.kernel},
                   .stride = {c.stride, c.stride},
                   .dilation = {1, 1},
                   .padding = {pad, pad}};
  work.arithmetic = c.arithmetic;
  work.residual_ratio = c.residual_ratio;
  work.activation = c.activation;
  work.unit = c.unit;
  const std::int64_t k = work.geometry.out_channels;
  const Desc vector = row_major({k}, DType::f32);
  const Desc weight = row_major({k, work.geometry.in_channels / c.groups, c.kernel, c.kernel}, in);
  Step step;
  step.node = c.name;
  step.op = "Convolution";
  step.work = work;
  step.operands = {{.buffer = 0, .desc = data},
                   {.buffer = 1, .desc = weight},
                   {.buffer = 2, .desc = result},
                   {.buffer = c.multiplier ? 3 : -1, .desc = vector},
                   {.buffer = c.bias ? 4 : -1, .desc = vector},
                   {.buffer = c.residual ? 5 : -1, .desc = result},
                   {.buffer = c.scales ? 6 : -1, .desc = row_major({c.images}, DType::f32)}};
  if (c.bias && in == DType::f16)
    step.operands.push_back({.buffer = 7, .desc = row_major({k}, DType::f16)});
  return step;
}

std::vector<ConvolutionCase> convolution_cases() {
  using enum ActivationKind;
  const ActivationSpec on{.kind = relu};
  std::vector<ConvolutionCase> cases{
      {.name = "s8", .activation = on},
      {.name = "s8_1x1_wide", .channels = 64, .outputs = 256, .kernel = 1},
      {.name = "s8_residual", .residual = true, .residual_ratio = 1.25F, .activation = on},
      {.name = "s8_clip", .activation = {clip, 0, 6}, .unit = 0.125F},
      {.name = "s8_clip_low", .activation = {clip, -1, 2}, .unit = 0.125F},
      {.name = "s8_leaky", .activation = {leaky, 0.125F, 0}},
      {.name = "s8_sigmoid", .activation = {sigmoid, 0, 0}, .unit = 0.125F},
      {.name = "s8_tanh", .activation = {tanh, 0, 0}, .unit = 0.125F},
      {.name = "s8_to_f32", .result = DType::f32},
      {.name = "s8_dynamic",
       .result = DType::f32,
       .residual = true,
       .scales = true,
       .activation = on},
      {.name = "s8_dynamic_to_f16", .result = DType::f16, .scales = true},
      {.name = "s8_first", .channels = 3, .image = 15, .kernel = 7, .stride = 2, .activation = on},
      {.name = "s8_grouped", .channels = 64, .outputs = 64, .groups = 4, .activation = on},
      {.name = "f16",
       .arithmetic = Arithmetic::f16,
       .result = DType::f16,
       .multiplier = false,
       .activation = on},
      {.name = "f16_plain",
       .arithmetic = Arithmetic::f16,
       .result = DType::f16,
       .multiplier = false,
       .bias = false},
      {.name = "f16_residual",
       .arithmetic = Arithmetic::f16,
       .result = DType::f16,
       .multiplier = false,
       .residual = true,
       .activation = on},
      {.name = "tf32",
       .arithmetic = Arithmetic::tf32,
       .result = DType::f32,
       .multiplier = false,
       .activation = on},
  };
  for (const Layout layout : {Layout::channels_last, Layout::row_major}) {
    const std::string suffix = layout == Layout::row_major ? "_nchw" : "_nhwc";
    const ConvolutionCase base{.name = "f32" + suffix,
                               .arithmetic = Arithmetic::f32,
                               .result = DType::f32,
                               .layout = layout,
                               .multiplier = false,
                               .activation = on};
    cases.push_back(base);
    cases.push_back(base);
    cases.back().name += "_residual";
    cases.back().residual = true;
    cases.push_back(base);
    cases.back().name += "_plain";
    cases.back().bias = false;
    cases.back().activation = {};
    cases.push_back(base);
    cases.back().name += "_bias";
    cases.back().activation = {};
  }
  return cases;
}

}  // namespace qbench::cudnn
