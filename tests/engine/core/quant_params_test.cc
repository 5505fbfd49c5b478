// Rounding, saturation, scales.
#include "engine/core/quant_params.h"

#include <gmock/gmock.h>

#include <array>
#include <random>

#include "engine/core/error.h"

namespace qbench {
namespace {

using ::testing::ElementsAre;

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

TEST(QuantizeValue, RoundsTiesToEvenAndSaturates) {
  const std::pair<float, int> s8[] = {
      {0, 0},          {0.5F, 0},       {1.5F, 2},      {2.5F, 2},        {-0.5F, 0},
      {-1.5F, -2},     {126.5F, 126},   {127.4F, 127},  {127.5F, 127},    {1e30F, 127},
      {-127.5F, -128}, {-128.6F, -128}, {-1e30F, -128}, {kInfinity, 127}, {-kInfinity, -128},
      {kNan, 0},       {0.49999997F, 0}};
  for (const auto& [value, expected] : s8) {
    EXPECT_EQ(quantize_value<std::int8_t>(value), expected) << value;
  }
  const std::pair<float, int> u8[] = {{-0.5F, 0},    {-3, 0},      {0.6F, 1},       {254.5F, 254},
                                      {255.5F, 255}, {1e10F, 255}, {-kInfinity, 0}, {kNan, 0}};
  for (const auto& [value, expected] : u8) {
    EXPECT_EQ(quantize_value<std::uint8_t>(value), expected) << value;
  }
  EXPECT_EQ(quantize_value<std::int32_t>(3e9F), std::numeric_limits<std::int32_t>::max());
  EXPECT_EQ(quantize_value<std::int32_t>(-3e9F), std::numeric_limits<std::int32_t>::min());
  EXPECT_EQ(quantize_value<std::int32_t>(2147483520.0F), 2147483520);
}

TEST(ScaleFor, TheLargestMagnitudeReachesTheLastLevel) {
  EXPECT_FLOAT_EQ(scale_for({-2, 1}, DType::s8), 2.0F / 127);
  EXPECT_FLOAT_EQ(scale_for({0, 3}, DType::u8), 3.0F / 255);
  EXPECT_EQ(scale_for({0, 0}, DType::s8), 1);
  EXPECT_GT(scale_for({0, 1e-40F}, DType::s8), 0);
  EXPECT_TRUE(std::isfinite(1 / scale_for({0, 1e-40F}, DType::s8)));
  EXPECT_THROW(scale_for({0, kInfinity}, DType::s8), Error);
  EXPECT_THROW(scale_for({0, 1}, DType::f32), Error);
  EXPECT_THROW(quant_max(DType::s32), Error);
}

TEST(Quantize, IsOffByHalfAScaleAtMost) {
  std::mt19937 random(5);
  std::uniform_real_distribution<float> uniform(-3, 3);
  Tensor real(DType::f32, {1000});
  for (float& v : real.data<float>()) v = uniform(random);
  const float scale = scale_for({-3, 3}, DType::s8);
  const Tensor quantized = quantize(real, DType::s8, scale);
  for (std::size_t i = 0; i < real.elements(); ++i) {
    const float back = scale * static_cast<float>(quantized.data<std::int8_t>()[i]);
    EXPECT_LE(std::fabs(back - real.data<float>()[i]), scale * 0.50001F);
  }
}

TEST(Quantize, ToUnsignedCutsNegativeValues) {
  const std::array<float, 4> values = {-1, 0, 1, 2};
  const Tensor quantized = quantize(Tensor::of<float>({4}, values), DType::u8, 0.5F);
  EXPECT_THAT(quantized.data<std::uint8_t>(), ElementsAre(0, 0, 2, 4));
  EXPECT_THROW(quantize(Tensor(DType::f32, {1}), DType::s32, 1), Error);
}

TEST(QuantizeWeights, PerChannelAndForTheWholeTensor) {
  const std::array<float, 6> values = {1.27F, -0.667F, 12.7F, 0.04F, 0, 0};
  const Tensor weights = Tensor::of<float>({3, 2}, values);

  const QuantizedWeights channels = quantize_weights(weights, true);
  EXPECT_EQ(channels.params.axis, 0);
  EXPECT_THAT(channels.params.scales, ElementsAre(0.01F, 0.1F, 1));
  EXPECT_THAT(channels.values.data<std::int8_t>(), ElementsAre(127, -67, 127, 0, 0, 0));

  const QuantizedWeights whole = quantize_weights(weights, false);
  EXPECT_EQ(whole.params.axis, -1);
  EXPECT_THAT(whole.params.scales, ElementsAre(0.1F));
  EXPECT_THAT(whole.values.data<std::int8_t>(), ElementsAre(13, -7, 127, 0, 0, 0));
}

// Steps of 1: the largest weight of each row is 127.
TEST(QuantizeWeights, ErrorsOfAKernelAndOfARowDoNotAddUp) {
  const std::array<float, 9> values = {127, 0.4F, 0.4F, 0.3F, -0.45F, -0.4F, -0.3F, 0, 127};
  const QuantizedWeights row = quantize_weights(Tensor::of<float>({1, 3, 1, 3}, values), true);
  // Kernel 1: errors add up to -0.8: its first 0.4 is rounded up. Kernel 2: to 0.55, where rounding
  // half to even gives one flip, down, of the -0.45. Kernel 3 and then the whole row need none.
  EXPECT_THAT(row.values.data<std::int8_t>(), ElementsAre(127, 1, 0, 0, -1, 0, 0, 0, 127));
}

TEST(QuantizeWeights, BalancingNeverTouchesZerosNorLeavesTheRange) {
  std::vector<float> values(200, 0);
  std::uint32_t state = 1;
  for (std::size_t i = 0; i < values.size(); i += 2) {
    state = state * 1664525 + 1013904223;
    values[i] = static_cast<float>(state >> 8) / static_cast<float>(1 << 24);  // all positive
  }
  const QuantizedWeights quantized =
      quantize_weights(Tensor::of<float>({2, 25, 2, 2}, values), true);
  const std::span<const std::int8_t> q = quantized.values.data<std::int8_t>();
  for (std::size_t o = 0; o < 2; ++o) {
    double sum = 0;
    for (std::size_t i = o * 100; i < (o + 1) * 100; ++i) {
      const double error =
          q[i] - static_cast<double>(values[i]) / static_cast<double>(quantized.params.scales[o]);
      EXPECT_LE(std::fabs(error), 1) << i;
      if (values[i] == 0) {
        EXPECT_EQ(q[i], 0) << i;
      }
      sum += error;
    }
    EXPECT_LE(std::fabs(sum), 0.51) << o;
  }
}

TEST(QuantizeWeights, RefusesVectorsAndInfiniteValues) {
  EXPECT_THROW(quantize_weights(Tensor(DType::f32, {3}), true), Error);
  EXPECT_THROW(quantize_weights(Tensor(DType::s8, {3, 1}), true), Error);
  const std::array<float, 2> values = {1, kInfinity};
  EXPECT_THROW(quantize_weights(Tensor::of<float>({2, 1}, values), true), Error);
}

}  // namespace
}  // namespace qbench
