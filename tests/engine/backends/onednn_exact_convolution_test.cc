// The own convolution with exact sums: the bits of plain loops, and those of the library's kernels
// where these are exact, so that results do not depend on the instruction set.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <ostream>
#include <random>
#include <string>
#include <unordered_map>

#include "engine/backends/onednn/exact_convolution.h"
#include "engine/backends/onednn/layout.h"
#include "engine/backends/onednn/library/library.h"
#include "engine/backends/onednn/memory_block.h"
#include "engine/backends/onednn/onednn_backend.h"
#include "engine/core/isa.h"

namespace qbench::onednn {
namespace {

using kernels::ExactConvolution;

struct Case {
  std::string name;
  ExactConvolution shape;
  float data_scale = 1;
};

std::ostream& operator<<(std::ostream& out, const Case& c) { return out << c.name; }

ExactConvolution with_result_size(ExactConvolution c) {
  const auto out = [](std::int64_t in, std::int64_t padding, std::int64_t kernel,
                      std::int64_t dilation, std::int64_t stride) {
    return (in + padding - dilation * (kernel - 1) - 1) / stride + 1;
  };
  const auto& [top, left, bottom, right] = c.padding;
  c.out_h = out(c.in_h, top + bottom, c.kernel.h, c.dilation.h, c.stride.h);
  c.out_w = out(c.in_w, left + right, c.kernel.w, c.dilation.w, c.stride.w);
  return c;
}

std::vector<Case> cases() {
  constexpr DType u8 = DType::u8;
  constexpr DType s8 = DType::s8;
  constexpr DType f32 = DType::f32;
  const ActivationSpec leaky{.kind = ActivationKind::leaky, .alpha = 0.3F};
  const ActivationSpec clip{.kind = ActivationKind::clip, .alpha = 3, .beta = 77};
  const ActivationSpec relu{.kind = ActivationKind::relu};
  std::vector<Case> list;
  const auto add = [&](std::string name, ExactConvolution shape, float data_scale = 1) {
    list.push_back({std::move(name), with_result_size(shape), data_scale});
  };
  add("pointwise", {.images = 2, .channels = 64, .in_h = 7, .in_w = 9, .outputs = 33});
  add("stem", {.channels = 3,
               .in_h = 31,
               .in_w = 29,
               .outputs = 16,
               .kernel = {7, 7},
               .stride = {2, 2},
               .padding = {3, 3, 3, 3},
               .data = s8});
  add("odd_channels", {.images = 2,
                       .channels = 5,
                       .in_h = 6,
                       .in_w = 4,
                       .outputs = 7,
                       .kernel = {1, 3},
                       .padding = {0, 1, 0, 2},
                       .residual = s8,
                       .residual_scale = 0.5F,
                       .activation = relu});
  add("dilated", {.channels = 12,
                  .in_h = 15,
                  .in_w = 15,
                  .outputs = 16,
                  .kernel = {3, 3},
                  .dilation = {2, 3},
                  .padding = {2, 3, 2, 3}});
  add("grouped", {.channels = 15,
                  .in_h = 8,
                  .in_w = 7,
                  .outputs = 54,
                  .groups = 3,
                  .kernel = {3, 3},
                  .stride = {2, 1},
                  .padding = {1, 0, 0, 1},
                  .result = s8,
                  .activation = leaky});
  add("depth_multiplier", {.channels = 3, .in_h = 5, .in_w = 5, .outputs = 6, .groups = 3});
  add("depthwise", {.images = 2,
                    .channels = 40,
                    .in_h = 9,
                    .in_w = 8,
                    .outputs = 40,
                    .groups = 40,
                    .kernel = {3, 3},
                    .stride = {2, 2},
                    .padding = {1, 1, 1, 1},
                    .activation = clip});
  add("depthwise_signed", {.channels = 300,
                           .in_h = 4,
                           .in_w = 4,
                           .outputs = 300,
                           .groups = 300,
                           .kernel = {5, 3},
                           .dilation = {2, 3},
                           .padding = {4, 3, 4, 3},
                           .data = s8,
                           .result = s8,
                           .activation = leaky});
  add("sum", {.channels = 16,
              .in_h = 6,
              .in_w = 11,
              .outputs = 64,
              .residual = u8,
              .residual_scale = 0.37F});
  add("dynamic", {.channels = 20, .in_h = 5, .in_w = 7, .outputs = 71, .result = f32}, 0.0123F);
  add("dynamic_sum",
      {.channels = 16,
       .in_h = 5,
       .in_w = 7,
       .outputs = 64,
       .data = s8,
       .result = f32,
       .residual = f32,
       .activation = relu},
      0.37F);
  for (const std::int64_t width : {1, 2, 3, 4, 5, 6, 7, 97}) {  // tiles of every size
    add("row_of_" + std::to_string(width),
        {.channels = 6, .in_h = 1, .in_w = width, .outputs = 17, .result = s8});
  }
  return list;
}

std::size_t of(std::int64_t n) { return static_cast<std::size_t>(n); }

std::int64_t extreme(std::mt19937& random, std::int64_t low, std::int64_t high) {
  // Often at the limits, where pairs of products in 16 bits would saturate.
  const auto kind = random() % 3;
  if (kind < 2) return kind == 0 ? low : high;
  return low + static_cast<std::int64_t>(random()) % (high - low + 1);
}

void fill(DType dtype, std::int64_t count, std::mt19937& random, std::byte* to) {
  for (std::int64_t i = 0; i < count; ++i) {
    const bool is_signed = dtype != DType::u8;
    const std::int64_t value = extreme(random, is_signed ? -128 : 0, is_signed ? 127 : 255);
    if (dtype == DType::f32) {
      const auto real = static_cast<float>(value) / 3;
      std::memcpy(to + 4 * i, &real, sizeof(real));
    } else {
      to[i] = static_cast<std::byte>(value);
    }
  }
}

float element(DType dtype, const std::byte* at, std::int64_t i) {
  if (dtype == DType::u8) return static_cast<float>(reinterpret_cast<const std::uint8_t*>(at)[i]);
  if (dtype == DType::s8) return static_cast<float>(reinterpret_cast<const std::int8_t*>(at)[i]);
  float value;
  std::memcpy(&value, at + i * 4, sizeof(value));
  return value;
}

struct Layer {
  ExactConvolution shape;
  float data_scale;
  MemoryBlock in;
  MemoryBlock residual;
  std::vector<std::int8_t> weights;
  std::vector<float> scales;
  std::vector<float> biases;

  explicit Layer(const Case& each)
      : shape(each.shape),
        data_scale(each.data_scale),
        in(of(shape.images * shape.in_h * shape.in_w * shape.channels)),
        residual(of(results()) * 4),
        weights(of(shape.outputs * products())) {
    std::mt19937 random(7);
    fill(shape.data, shape.images * shape.in_h * shape.in_w * shape.channels, random, in.data());
    fill(DType::s8, shape.outputs * products(), random,
         reinterpret_cast<std::byte*>(weights.data()));
    if (shape.residual) fill(*shape.residual, results(), random, residual.data());
    const float spread = std::sqrt(static_cast<float>(products())) * 128 * 64;
    for (std::int64_t o = 0; o < shape.outputs; ++o) {
      scales.push_back((0.5F + static_cast<float>(random() % 1000) / 1000) * 100 / spread /
                       data_scale);
      biases.push_back((static_cast<float>(random() % 2000) / 1000 - 1) * spread);
    }
  }

  std::int64_t products() const {
    return shape.channels / shape.groups * shape.kernel.h * shape.kernel.w;
  }
  std::int64_t results() const { return shape.images * shape.out_h * shape.out_w * shape.outputs; }
  std::size_t result_bytes() const { return of(results()) * size_of(shape.result); }

  std::vector<std::byte> run(bool in_place) const {
    const std::vector<std::int8_t> packed = kernels::pack_exact_convolution(shape, weights);
    MemoryBlock scratch(kernels::exact_convolution_scratch(shape) + 1);
    MemoryBlock out(result_bytes());
    std::copy_n(residual.data(), result_bytes(), out.data());
    kernels::exact_convolution(shape, {.in = in.data(),
                                       .packed = packed.data(),
                                       .scales = scales.data(),
                                       .biases = biases.data(),
                                       .data_scale = data_scale,
                                       .residual = !shape.residual ? nullptr
                                                   : in_place      ? out.data()
                                                                   : residual.data(),
                                       .scratch = scratch.data(),
                                       .out = out.data()});
    return {out.data(), out.data() + result_bytes()};
  }

  std::int64_t sum(std::int64_t image, std::int64_t h, std::int64_t w, std::int64_t o) const {
    const ExactConvolution& c = shape;
    const std::int64_t channels = c.channels / c.groups;
    const std::int64_t first = o / (c.outputs / c.groups) * channels;
    std::int64_t total = 0;
    for (std::int64_t i = 0; i < channels; ++i) {
      for (std::int64_t r = 0; r < c.kernel.h; ++r) {
        for (std::int64_t s = 0; s < c.kernel.w; ++s) {
          const std::int64_t y = h * c.stride.h - c.padding.top + r * c.dilation.h;
          const std::int64_t x = w * c.stride.w - c.padding.left + s * c.dilation.w;
          if (y < 0 || x < 0 || y >= c.in_h || x >= c.in_w) continue;
          const std::int64_t at = ((image * c.in_h + y) * c.in_w + x) * c.channels + first + i;
          const std::int8_t weight =
              weights[of(((o * channels + i) * c.kernel.h + r) * c.kernel.w + s)];
          total += static_cast<std::int64_t>(element(c.data, in.data(), at)) * weight;
        }
      }
    }
    return total;
  }

  float value(std::int64_t result) const {
    const ExactConvolution& c = shape;
    const std::int64_t o = result % c.outputs;
    const std::int64_t pixel = result / c.outputs;
    const std::int64_t total =
        sum(pixel / (c.out_h * c.out_w), pixel / c.out_w % c.out_h, pixel % c.out_w, o);
    float x = (static_cast<float>(total) + biases[of(o)]) * scales[of(o)] * data_scale;
    if (c.residual)
      x = std::fma(element(*c.residual, residual.data(), result), c.residual_scale, x);
    if (c.activation.kind == ActivationKind::relu) x = std::max(x, 0.0F);
    if (c.activation.kind == ActivationKind::leaky) x = x < 0 ? c.activation.alpha * x : x;
    if (c.activation.kind == ActivationKind::clip)
      x = std::clamp(x, c.activation.alpha, c.activation.beta);
    if (c.result == DType::u8) return std::clamp(std::nearbyint(x), 0.0F, 255.0F);
    if (c.result == DType::s8) return std::clamp(std::nearbyint(x), -128.0F, 127.0F);
    return x;
  }
};

class OnednnExactConvolution : public testing::TestWithParam<Case> {};

TEST_P(OnednnExactConvolution, HasTheBitsOfPlainLoops) {
  const Layer layer(GetParam());
  const std::vector<std::byte> actual = layer.run(false);
  for (std::int64_t i = 0; i < layer.results(); ++i)
    ASSERT_EQ(element(layer.shape.result, actual.data(), i), layer.value(i)) << "result " << i;
  if (layer.shape.residual) {
    EXPECT_EQ(layer.run(true), actual) << "over the residual";
  }
}

// What the library makes of the same layer.
std::vector<std::byte> by_library(const Layer& layer) {
  onednn_backend();  // holds the library to the instruction set
  const ExactConvolution& c = layer.shape;
  const dnnl::engine engine(dnnl::engine::kind::cpu, 0);
  dnnl::stream stream(engine);
  Dims weights{c.outputs, c.channels / c.groups, c.kernel.h, c.kernel.w};
  if (c.groups > 1) {
    weights[0] /= c.groups;
    weights.insert(weights.begin(), c.groups);
  }
  const ConvolutionGeometry geometry{.data = {c.images, c.channels, c.in_h, c.in_w},
                                     .weights = weights,
                                     .result = {c.images, c.outputs, c.out_h, c.out_w},
                                     .stride = c.stride,
                                     .dilation = c.dilation,
                                     .padding = c.padding};
  Epilogue epilogue;
  epilogue.scales = layer.scales;
  epilogue.data_scale = layer.data_scale != 1;
  epilogue.activation = c.activation;
  if (c.residual) {
    epilogue.residual_scale = c.residual_scale;
    epilogue.residual_dtype = *c.residual;
  }
  const auto kernel = make_convolution(
      engine, ConvolutionMethod::direct, geometry, c.data, c.result, true,
      {channels_last(geometry.data, c.data), channels_last(geometry.result, c.result)}, epilogue);
  if (!kernel || kernel->is_reference()) return {};  // no plan takes these
  MemoryBlock out(layer.result_bytes());
  std::copy_n(layer.residual.data(), layer.result_bytes(), out.data());
  float data_scale = layer.data_scale;
  dnnl::memory plain(row_major(geometry.weights, DType::s8), engine,
                     const_cast<std::int8_t*>(layer.weights.data()));
  dnnl::memory packed(kernel->weights, engine);
  dnnl::reorder(plain, packed).execute(stream, plain, packed);
  std::unordered_map<int, dnnl::memory> arguments = parameter_arguments(engine, *kernel);
  arguments.merge(std::unordered_map<int, dnnl::memory>{
      {DNNL_ARG_SRC, dnnl::memory(kernel->src, engine, layer.in.data())},
      {DNNL_ARG_WEIGHTS, packed},
      {DNNL_ARG_BIAS, dnnl::memory(row_major({c.outputs}, DType::f32), engine,
                                   const_cast<float*>(layer.biases.data()))},
      {kDataScale, dnnl::memory(row_major({1, 1, 1, 1}, DType::f32), engine, &data_scale)},
      {DNNL_ARG_DST, dnnl::memory(kernel->dst, engine, out.data())},
      {DNNL_ARG_SCRATCHPAD, dnnl::memory(kernel->scratchpad, engine)}});
  kernel->primitive.execute(stream, arguments);
  stream.wait();
  return {out.data(), out.data() + layer.result_bytes()};
}

TEST_P(OnednnExactConvolution, HasTheBitsOfTheLibraryWhereThatIsExact) {
  if (!has_byte_products(isa())) GTEST_SKIP() << "the library is inexact with this set";
  const Layer layer(GetParam());
  const std::vector<std::byte> expected = by_library(layer);
  if (expected.empty()) GTEST_SKIP() << "no fast kernel of the library";
  EXPECT_EQ(layer.run(false), expected);
}

// Also the sets with which the library adds two products in 16 bits are exact where none saturates:
// with even weights (which it may halve) of up to 64. What follows the sum then is the same.
TEST_P(OnednnExactConvolution, HasTheBitsOfTheLibraryOnSmallWeights) {
  Layer layer(GetParam());
  for (std::int8_t& weight : layer.weights) weight = static_cast<std::int8_t>(weight / 4 * 2);
  const std::vector<std::byte> expected = by_library(layer);
  if (expected.empty()) GTEST_SKIP() << "no fast kernel of the library";
  EXPECT_EQ(layer.run(false), expected);
}

INSTANTIATE_TEST_SUITE_P(Shapes, OnednnExactConvolution, testing::ValuesIn(cases()),
                         [](const auto& each) { return each.param.name; });

}  // namespace
}  // namespace qbench::onednn
