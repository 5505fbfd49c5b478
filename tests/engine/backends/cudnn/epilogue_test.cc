// The end of a convolution whose sums lie in memory: in no plan, so tested by itself.
#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "engine/backends/cudnn/kernels/dispatch.h"
#include "engine/core/quant_params.h"

namespace qbench::cudnn {
namespace {

std::byte* bytes_of_tensor(Tensor& tensor) { return tensor.bytes().data(); }

View view_of(const Desc& desc) { return {.buffer = 0, .desc = desc}; }

Tensor tensor_of(const Desc& desc) { return Tensor(desc.dtype, {elements_of(desc)}); }

void run(const Step& step, const std::vector<std::byte*>& pointers) {
  dispatch(step, pointers, [](std::int64_t count, const auto& functor) {
    for (std::int64_t i = 0; i < count; ++i) functor(i);
  });
}

Tensor floats(const std::vector<float>& values) {
  return Tensor::of<float>({static_cast<std::int64_t>(values.size())}, values);
}

TEST(EpilogueWork, ScalesAddsActivatesAndRounds) {
  const Shape shape{2, 5, 1, 2};
  const Desc sums_desc{DType::s32, shape, Layout::channels_last, 16};
  const Desc desc = channels_last(shape, DType::s8);
  Tensor sums = tensor_of(sums_desc);
  Tensor residual = tensor_of(desc);
  Tensor result = tensor_of(desc);
  for (std::size_t i = 0; i < sums.elements(); ++i) {
    sums.data<std::int32_t>()[i] = static_cast<std::int32_t>(i * 37 % 1000) - 500;
    residual.data<std::int8_t>()[i] = static_cast<std::int8_t>(i * 11 % 100);
  }
  std::vector<float> multiplier{0.1F, 0.2F, 0.3F, 0.4F, 0.5F};
  std::vector<float> bias{1, -2, 3, -4, 5};
  multiplier.resize(16);
  bias.resize(16);
  Tensor multipliers = floats(multiplier);
  Tensor biases = floats(bias);
  const EpilogueWork work{
      .residual_ratio = 0.5F, .activation = {ActivationKind::clip, -10, 30}, .unit = 0.5F};
  run({.work = work, .operands = {view_of(sums_desc), view_of(desc), {}, {}, view_of(desc)}},
      {bytes_of_tensor(sums), bytes_of_tensor(result), bytes_of_tensor(multipliers),
       bytes_of_tensor(biases), bytes_of_tensor(residual)});
  for (std::size_t i = 0; i < result.elements(); ++i) {
    const std::size_t k = i % 16;
    if (k >= 5) continue;
    float y = multiplier[k] * static_cast<float>(sums.data<std::int32_t>()[i]) + bias[k];
    y += 0.5F * static_cast<float>(residual.data<std::int8_t>()[i]);
    y = std::min(std::max(y, -10 / 0.5F), 30 / 0.5F);
    EXPECT_EQ(result.data<std::int8_t>()[i], quantize_value<std::int8_t>(y)) << i;
  }
}

TEST(EpilogueWork, TakesTheScaleOfEachImageAndMayOverwriteTheSums) {
  for (const Desc& desc :
       {row_major({2, 3, 2, 2}, DType::f32), channels_last({2, 3, 2, 2}, DType::f32)}) {
    Tensor values = tensor_of(desc);
    for (float& value : values.data<float>()) value = -3;
    Tensor scales = floats({2, 4});
    std::byte* data = bytes_of_tensor(values);
    const EpilogueWork work{.activation = {ActivationKind::leaky, 0.5F, 0}};
    run({.work = work, .operands = {view_of(desc), view_of(desc)}},
        {data, data, nullptr, nullptr, nullptr, bytes_of_tensor(scales)});
    for (std::size_t i = 0; i < values.elements(); ++i) {
      const bool padding = desc.layout == Layout::channels_last && i % 4 == 3;
      const float expected = i < values.elements() / 2 ? -3.0F : -6.0F;
      EXPECT_EQ(values.data<float>()[i], padding ? 0 : expected) << i;
    }
  }
}

}  // namespace
}  // namespace qbench::cudnn
