// The own INT8 convolution: the bits of plain loops, and those of the library's kernels, so that it
// does not matter to results which of them a plan takes.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <new>
#include <random>
#include <string>
#include <unordered_map>

#include "engine/backends/onednn/int8_convolution.h"
#include "engine/backends/onednn/layout.h"
#include "engine/backends/onednn/library/library.h"

namespace qbench::onednn {
namespace {

using kernels::Int8Convolution;

struct Case {
  std::string name;
  Int8Convolution shape;
};

std::ostream& operator<<(std::ostream& out, const Case& c) { return out << c.name; }

Int8Convolution with_result_size(Int8Convolution c) {
  const auto out = [](std::int64_t in, std::int64_t before, std::int64_t after, std::int64_t kernel,
                      std::int64_t dilation, std::int64_t stride) {
    return (in + before + after - dilation * (kernel - 1) - 1) / stride + 1;
  };
  const auto& [top, left, bottom, right] = c.padding;
  c.out_h = out(c.in_h, top, bottom, c.kernel.h, c.dilation.h, c.stride.h);
  c.out_w = out(c.in_w, left, right, c.kernel.w, c.dilation.w, c.stride.w);
  return c;
}

std::vector<Case> cases() {
  constexpr DType u8 = DType::u8;
  constexpr DType s8 = DType::s8;
  constexpr DType f32 = DType::f32;
  std::vector<Case> list;
  const auto add = [&](std::string name, Int8Convolution shape) {
    list.push_back({std::move(name), with_result_size(shape)});
  };
  add("pointwise", {.channels = 64, .in_h = 7, .in_w = 9, .outputs = 128});
  add("stem", {.channels = 3,
               .in_h = 31,
               .in_w = 29,
               .outputs = 64,
               .kernel = {7, 7},
               .stride = {2, 2},
               .padding = {3, 3, 3, 3},
               .data = s8});
  add("stem_u8", {.images = 2,
                  .channels = 3,
                  .in_h = 12,
                  .in_w = 12,
                  .outputs = 32,
                  .kernel = {3, 3},
                  .stride = {2, 2},
                  .padding = {0, 0, 1, 1}});
  add("strided", {.channels = 32, .in_h = 14, .in_w = 13, .outputs = 96, .stride = {2, 2}});
  add("sum", {.channels = 16,
              .in_h = 6,
              .in_w = 11,
              .outputs = 64,
              .residual = u8,
              .residual_scale = 0.37F});
  add("sum_s8", {.images = 3,
                 .channels = 16,
                 .in_h = 5,
                 .in_w = 5,
                 .outputs = 112,
                 .residual = s8,
                 .residual_scale = 1.7F});
  add("signed", {.channels = 24, .in_h = 8, .in_w = 8, .outputs = 80, .data = s8, .result = s8});
  add("relu", {.channels = 24,
               .in_h = 8,
               .in_w = 8,
               .outputs = 48,
               .result = s8,
               .clips = true,
               .low = 0,
               .high = 127});
  add("clipped", {.channels = 8,
                  .in_h = 9,
                  .in_w = 9,
                  .outputs = 64,
                  .kernel = {3, 3},
                  .padding = {1, 1, 1, 1},
                  .clips = true,
                  .low = 3,
                  .high = 77});
  add("float", {.channels = 20, .in_h = 5, .in_w = 7, .outputs = 71, .result = f32});
  add("float_sum",
      {.channels = 16, .in_h = 5, .in_w = 7, .outputs = 64, .result = f32, .residual = f32});
  add("dilated", {.channels = 12,
                  .in_h = 15,
                  .in_w = 15,
                  .outputs = 16,
                  .kernel = {3, 3},
                  .dilation = {2, 3},
                  .padding = {2, 3, 2, 3}});
  add("odd", {.channels = 5,
              .in_h = 6,
              .in_w = 4,
              .outputs = 7,
              .kernel = {1, 3},
              .padding = {0, 1, 0, 1},
              .residual = s8,
              .residual_scale = 0.5F});
  for (const std::int64_t width : {1, 2, 3, 4, 5, 6, 7, 97}) {  // tiles of every size
    add("row_of_" + std::to_string(width),
        {.channels = 4, .in_h = 1, .in_w = width, .outputs = 65, .residual = u8});
  }
  return list;
}

// Aligned, and with no byte to spare, so that a sanitizer sees what lies outside.
class Bytes {
 public:
  explicit Bytes(std::size_t size)
      : size_(size), data_(static_cast<std::byte*>(operator new (size, std::align_val_t{64}))) {}
  ~Bytes() { operator delete (data_, std::align_val_t{64}); }
  Bytes(const Bytes&) = delete;
  Bytes& operator=(const Bytes&) = delete;

  std::byte* data() const { return data_; }
  std::size_t size() const { return size_; }
  std::vector<std::byte> copy() const { return {data_, data_ + size_}; }

 private:
  std::size_t size_;
  std::byte* data_;
};

float element(DType dtype, const std::byte* at, std::int64_t i) {
  switch (dtype) {
    case DType::u8:
      return static_cast<float>(reinterpret_cast<const std::uint8_t*>(at)[i]);
    case DType::s8:
      return static_cast<float>(reinterpret_cast<const std::int8_t*>(at)[i]);
    default: {
      float value;
      std::memcpy(&value, at + i * 4, sizeof(value));
      return value;
    }
  }
}

std::size_t of(std::int64_t n) { return static_cast<std::size_t>(n); }

struct Layer {
  Int8Convolution shape;
  Bytes in;
  Bytes residual;
  std::vector<std::int8_t> weights;
  std::vector<float> scales;
  std::vector<float> biases;

  explicit Layer(const Int8Convolution& c)
      : shape(c),
        in(of(c.images * c.in_h * c.in_w * c.channels)),
        residual(results() * size_of(c.result)),
        weights(of(c.outputs * c.channels * c.kernel.h * c.kernel.w)) {
    std::mt19937 random(7);
    for (std::size_t i = 0; i < in.size(); ++i) in.data()[i] = static_cast<std::byte>(random());
    for (std::int8_t& weight : weights) weight = static_cast<std::int8_t>(random());
    const float spread =
        std::sqrt(static_cast<float>(c.channels * c.kernel.h * c.kernel.w)) * 128 * 64;
    for (std::int64_t o = 0; o < c.outputs; ++o) {
      scales.push_back((0.5F + static_cast<float>(random() % 1000) / 1000) * 100 / spread);
      biases.push_back((static_cast<float>(random() % 2000) / 1000 - 1) * spread);
    }
    for (std::size_t i = 0; i < results(); ++i) {
      const auto value = static_cast<float>(random() % 256) - 128;
      if (c.result == DType::f32) {
        std::memcpy(residual.data() + 4 * i, &value, sizeof(value));
      } else {
        residual.data()[i] = static_cast<std::byte>(random());
      }
    }
  }

  std::size_t results() const {
    return of(shape.images * shape.out_h * shape.out_w * shape.outputs);
  }

  std::vector<std::byte> run(bool in_place) const {
    const std::vector<std::byte> bytes =
        kernels::pack_int8_convolution(shape, weights, scales, biases);
    const Bytes packed(bytes.size());
    std::ranges::copy(bytes, packed.data());
    const Bytes scratch(kernels::int8_convolution_scratch(shape));
    const Bytes out(results() * size_of(shape.result));
    std::ranges::copy(residual.copy(), out.data());
    const std::byte* addend = in_place ? out.data() : residual.data();
    kernels::int8_convolution(shape, in.data(), packed.data(), shape.residual ? addend : nullptr,
                              scratch.data(), out.data());
    return out.copy();
  }

  std::int64_t sum(std::int64_t image, std::int64_t h, std::int64_t w, std::int64_t o) const {
    const Int8Convolution& c = shape;
    std::int64_t total = 0;
    for (std::int64_t i = 0; i < c.channels; ++i) {
      for (std::int64_t r = 0; r < c.kernel.h; ++r) {
        for (std::int64_t s = 0; s < c.kernel.w; ++s) {
          const std::int64_t y = h * c.stride.h - c.padding.top + r * c.dilation.h;
          const std::int64_t x = w * c.stride.w - c.padding.left + s * c.dilation.w;
          if (y < 0 || x < 0 || y >= c.in_h || x >= c.in_w) continue;
          const std::int64_t at = ((image * c.in_h + y) * c.in_w + x) * c.channels + i;
          const std::int8_t weight =
              weights[of(((o * c.channels + i) * c.kernel.h + r) * c.kernel.w + s)];
          total += static_cast<std::int64_t>(element(c.data, in.data(), at)) * weight;
        }
      }
    }
    return total;
  }

  float value(std::int64_t result) const {
    const Int8Convolution& c = shape;
    const std::int64_t o = result % c.outputs;
    const std::int64_t pixel = result / c.outputs;
    const std::int64_t acc =
        sum(pixel / (c.out_h * c.out_w), pixel / c.out_w % c.out_h, pixel % c.out_w, o);
    float value = (static_cast<float>(acc) + biases[of(o)]) * scales[of(o)];
    if (c.residual)
      value = std::fma(element(*c.residual, residual.data(), result), c.residual_scale, value);
    return c.clips ? std::clamp(value, c.low, c.high) : value;
  }
};

class OnednnInt8Convolution : public testing::TestWithParam<Case> {
 protected:
  void SetUp() override {
    if (!kernels::has_int8_convolution()) GTEST_SKIP() << "needs AVX-512 VNNI";
  }
};

TEST_P(OnednnInt8Convolution, HasTheBitsOfPlainLoops) {
  const Layer layer(GetParam().shape);
  const std::vector<std::byte> actual = layer.run(false);
  for (std::size_t i = 0; i < layer.results(); ++i) {
    const auto at = static_cast<std::int64_t>(i);
    float expected = layer.value(at);
    if (layer.shape.result == DType::u8)
      expected = std::clamp(std::nearbyint(expected), 0.0F, 255.0F);
    if (layer.shape.result == DType::s8)
      expected = std::clamp(std::nearbyint(expected), -128.0F, 127.0F);
    ASSERT_EQ(element(layer.shape.result, actual.data(), at), expected) << "result " << i;
  }
  if (layer.shape.residual) {
    EXPECT_EQ(layer.run(true), actual) << "over the residual";
  }
}

// What the library makes of the same layer.
std::vector<std::byte> by_library(const Layer& layer) {
  const Int8Convolution& c = layer.shape;
  const dnnl::engine engine(dnnl::engine::kind::cpu, 0);
  dnnl::stream stream(engine);
  const ConvolutionGeometry geometry{.data = {c.images, c.channels, c.in_h, c.in_w},
                                     .weights = {c.outputs, c.channels, c.kernel.h, c.kernel.w},
                                     .result = {c.images, c.outputs, c.out_h, c.out_w},
                                     .stride = c.stride,
                                     .dilation = c.dilation,
                                     .padding = c.padding};
  Epilogue epilogue;
  epilogue.scales = layer.scales;
  if (c.residual) {
    epilogue.residual_scale = c.residual_scale;
    epilogue.residual_dtype = *c.residual;
  }
  if (c.clips) epilogue.activation = {.kind = ActivationKind::clip, .alpha = c.low, .beta = c.high};
  const auto kernel = make_convolution(
      engine, ConvolutionMethod::direct, geometry, c.data, c.result, true,
      {channels_last(geometry.data, c.data), channels_last(geometry.result, c.result)}, epilogue);
  const Bytes out(layer.residual.size());
  std::ranges::copy(layer.residual.copy(), out.data());
  auto* weights = const_cast<std::int8_t*>(layer.weights.data());
  auto* biases = const_cast<float*>(layer.biases.data());
  dnnl::memory plain(row_major(geometry.weights, DType::s8), engine, weights);
  dnnl::memory packed(kernel->weights, engine);
  dnnl::reorder(plain, packed).execute(stream, plain, packed);
  std::unordered_map<int, dnnl::memory> arguments = parameter_arguments(engine, *kernel);
  arguments.merge(std::unordered_map<int, dnnl::memory>{
      {DNNL_ARG_SRC, dnnl::memory(kernel->src, engine, layer.in.data())},
      {DNNL_ARG_WEIGHTS, packed},
      {DNNL_ARG_BIAS, dnnl::memory(row_major({c.outputs}, DType::f32), engine, biases)},
      {DNNL_ARG_DST, dnnl::memory(kernel->dst, engine, out.data())},
      {DNNL_ARG_SCRATCHPAD, dnnl::memory(kernel->scratchpad, engine)}});
  kernel->primitive.execute(stream, arguments);
  stream.wait();
  return out.copy();
}

TEST_P(OnednnInt8Convolution, HasTheBitsOfTheLibrary) {
  const Layer layer(GetParam().shape);
  EXPECT_EQ(layer.run(false), by_library(layer));
}

INSTANTIATE_TEST_SUITE_P(Shapes, OnednnInt8Convolution, testing::ValuesIn(cases()),
                         [](const auto& each) { return each.param.name; });

}  // namespace
}  // namespace qbench::onednn
