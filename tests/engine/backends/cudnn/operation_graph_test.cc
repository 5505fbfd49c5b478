// What cuDNN is asked for is what the work says: the description is computed by plain loops here
// and compared with our own kernels.
#include "engine/backends/cudnn/operation_graph.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "engine/backends/cudnn/kernels/dispatch.h"
#include "tests/engine/backends/cudnn/convolution_steps.h"

namespace qbench::cudnn {
namespace {

using ::testing::ElementsAre;

using Memory = std::vector<std::vector<std::byte>>;  // of each operand

float seed_value(std::size_t operand, std::int64_t i, DType dtype) {
  if (operand == 7) operand = 4;  // the bias once more
  const auto hash = static_cast<float>(
      (static_cast<std::uint64_t>(i) * 2654435761U + operand * 97U) >> 7 & 0xFFU);
  if (operand == 3) return (1 + hash) / 8192;   // multiplier
  if (operand == 6) return (1 + hash) / 16384;  // scales
  if (dtype == DType::s8) return std::floor(hash / 2) - 64;
  return (hash - 128) / 64;
}

Memory fill(const Step& step) {
  Memory memory;
  for (std::size_t operand = 0; operand < step.operands.size(); ++operand) {
    const Desc& desc = step.operands[operand].desc;
    auto& bytes = memory.emplace_back(bytes_of(desc));
    for (std::int64_t i = 0; i < elements_of(desc); ++i)
      kernels::store(bytes.data(), desc.dtype, i, seed_value(operand, i, desc.dtype));
  }
  return memory;
}

// A tensor's values by logical index, whatever its strides.
class Values {
 public:
  Values(const GraphTensor& tensor, std::byte* data) : tensor_(tensor), data_(data) {}
  std::int64_t at(std::int64_t n, std::int64_t c, std::int64_t h, std::int64_t w) const {
    const std::array index{n, c, h, w};
    std::int64_t offset = 0;
    for (std::size_t i = 0; i < 4; ++i)  // a dimension of one is broadcast
      offset += (tensor_.dims[i] == 1 ? 0 : index[i]) * tensor_.strides[i];
    return offset;
  }
  float get(std::int64_t n, std::int64_t c, std::int64_t h, std::int64_t w) const {
    return tensor_.value ? *tensor_.value : kernels::load(data_, tensor_.dtype, at(n, c, h, w));
  }

 private:
  const GraphTensor& tensor_;
  std::byte* data_;
};

float apply(const PointwiseNode& node, float x, float b) {
  switch (node.mode) {
    case PointwiseMode::identity:
      return x;
    case PointwiseMode::add:
      return x + b;
    case PointwiseMode::multiply:
      return x * b;
    case PointwiseMode::min:
      return std::min(x, b);
    case PointwiseMode::max:
      return std::max(x, b);
    case PointwiseMode::relu:
      return x < 0 ? node.slope * x : std::min(x, node.upper.value_or(x));
    case PointwiseMode::sigmoid:
      return 1 / (1 + std::exp(-x));
    case PointwiseMode::tanh:
      return std::tanh(x);
  }
  return x;
}

// The value of one tensor at one place of the result.
class Evaluation {
 public:
  Evaluation(const OperationGraph& graph, Memory& memory) : graph_(graph), memory_(memory) {}

  float result(std::int64_t n, std::int64_t c, std::int64_t h, std::int64_t w) {
    std::map<std::int64_t, float> known{{graph_.sums, sum(n, c, h, w)}};
    const auto value = [&](std::int64_t id) {
      return known.contains(id) ? known[id] : values(id).get(n, c, h, w);
    };
    float last = known[graph_.sums];
    for (const PointwiseNode& node : graph_.pointwise)
      known[node.y] = last = apply(node, value(node.x), node.b == 0 ? 0 : value(node.b));
    return last;
  }

 private:
  Values values(std::int64_t id) {
    const GraphTensor& tensor = graph_[id];
    std::byte* data =
        tensor.operand < 0 ? nullptr : memory_[static_cast<std::size_t>(tensor.operand)].data();
    return {tensor, data};
  }

  float sum(std::int64_t n, std::int64_t k, std::int64_t h, std::int64_t w) {
    const ConvolutionGeometry& g = graph_.geometry;
    const Values data = values(graph_.data);
    const Values weight = values(graph_.weight);
    const std::int64_t inputs = g.in_channels / g.groups;
    const std::int64_t first = k / (g.out_channels / g.groups) * inputs;
    float total = 0;
    for (std::int64_t y = 0; y < g.kernel.h; ++y)
      for (std::int64_t x = 0; x < g.kernel.w; ++x) {
        const std::int64_t row = h * g.stride.h + y * g.dilation.h - g.padding.h;
        const std::int64_t column = w * g.stride.w + x * g.dilation.w - g.padding.w;
        if (row < 0 || column < 0 || row >= g.in.h || column >= g.in.w) continue;
        for (std::int64_t c = 0; c < inputs; ++c)
          total += data.get(n, first + c, row, column) * weight.get(k, c, y, x);
      }
    return total;
  }

  const OperationGraph& graph_;
  Memory& memory_;
};

class Described : public ::testing::TestWithParam<ConvolutionCase> {};

TEST_P(Described, ComputesWhatOurKernelsDo) {
  const Step step = convolution_step(GetParam());
  Memory memory = fill(step);
  const OperationGraph graph = fused_graph(std::get<ConvolutionWork>(step.work), step.operands);
  std::vector<std::byte*> pointers;
  for (std::size_t i = 0; i < memory.size(); ++i)
    pointers.push_back(step.operands[i].buffer < 0 ? nullptr : memory[i].data());
  dispatch(step, pointers, [](std::int64_t count, const auto& functor) {
    for (std::int64_t i = 0; i < count; ++i) functor(i);
  });
  const Desc& result = step.operands[2].desc;
  const auto strides = strides_of(result);
  Evaluation evaluation(graph, memory);
  float largest = 0;
  for (std::int64_t n = 0; n < result.shape[0]; ++n)
    for (std::int64_t c = 0; c < result.shape[1]; ++c)
      for (std::int64_t h = 0; h < result.shape[2]; ++h)
        for (std::int64_t w = 0; w < result.shape[3]; ++w) {
          const std::int64_t at = n * strides[0] + c * strides[1] + h * strides[2] + w * strides[3];
          const float ours = kernels::load(memory[2].data(), result.dtype, at);
          float described = evaluation.result(n, c, h, w);
          if (result.dtype == DType::s8) described = kernels::to_s8(described);
          const float allowed = result.dtype == DType::s8 ? 1.0F : 2e-3F * (1 + std::fabs(ours));
          ASSERT_NEAR(described, ours, allowed) << n << " " << c << " " << h << " " << w;
          largest = std::max(largest, std::fabs(ours));
        }
  EXPECT_GT(largest, 0);
}

TEST_P(Described, HasIdsByPositionAndMemoryForAllThatIsNotVirtual) {
  const Step step = convolution_step(GetParam());
  const auto& work = std::get<ConvolutionWork>(step.work);
  for (const OperationGraph& graph :
       {fused_graph(work, step.operands), sums_graph(work, step.operands)}) {
    for (std::size_t i = 0; i < graph.tensors.size(); ++i) {
      const GraphTensor& tensor = graph.tensors[i];
      EXPECT_EQ(tensor.id, static_cast<std::int64_t>(i) + 1);
      const bool delivered = tensor.id == graph.sums && graph.pointwise.empty();
      const bool in_memory = tensor.operand >= 0 || delivered;
      EXPECT_EQ(in_memory || tensor.value, !tensor.is_virtual) << i;
    }
    EXPECT_EQ(graph[graph.sums].dtype == DType::s32, work.arithmetic == Arithmetic::s8);
  }
}

INSTANTIATE_TEST_SUITE_P(All, Described, ::testing::ValuesIn(convolution_cases()),
                         [](const auto& param_info) { return param_info.param.name; });

TEST(OperationGraph, TensorsOfAnIntegerConvolution) {
  const Step step = convolution_step({.name = "",
                                      .channels = 3,
                                      .residual = true,
                                      .residual_ratio = 2,
                                      .activation = {ActivationKind::relu}});
  const OperationGraph graph = fused_graph(std::get<ConvolutionWork>(step.work), step.operands);
  const GraphTensor& data = graph[graph.data];
  EXPECT_EQ(data.dtype, DType::s8);
  EXPECT_THAT(data.dims, ElementsAre(2, 16, 7, 8));  // 3 channels padded to 16
  EXPECT_THAT(data.strides, ElementsAre(7 * 8 * 16, 1, 8 * 16, 16));
  const GraphTensor& weight = graph[graph.weight];
  EXPECT_THAT(weight.dims, ElementsAre(32, 16, 3, 3));
  EXPECT_THAT(weight.strides, ElementsAre(144, 1, 48, 16));
  EXPECT_TRUE(graph[graph.sums].is_virtual);
  const GraphTensor& result = graph[graph.pointwise.back().y];
  EXPECT_EQ(result.dtype, DType::s8);
  EXPECT_EQ(result.operand, 2);
  const GraphTensor& multiplier = graph[graph.pointwise.front().b];
  EXPECT_THAT(multiplier.dims, ElementsAre(1, 32, 1, 1));
  EXPECT_EQ(multiplier.dtype, DType::f32);
  for (std::size_t i = 0; i + 1 < graph.pointwise.size(); ++i)
    EXPECT_EQ(graph[graph.pointwise[i].y].dtype, DType::f32);
}

// 6 of 16 stored channels to each of two groups: the library would leave the last 4 unwritten.
TEST(OperationGraph, GroupsThatDoNotFillAPixel) {
  const ConvolutionCase c{.name = "", .channels = 12, .outputs = 12, .groups = 2};
  const Step step = convolution_step(c);
  const auto& work = std::get<ConvolutionWork>(step.work);
  EXPECT_FALSE(fills_result(work.geometry, step.operands));
  EXPECT_TRUE(fills_result(std::get<ConvolutionWork>(convolution_step({.name = ""}).work).geometry,
                           convolution_step({.name = ""}).operands));
  const OperationGraph graph = sums_graph(work, step.operands);
  EXPECT_THAT(graph[graph.data].dims, ElementsAre(2, 12, 7, 8));
  EXPECT_THAT(graph[graph.data].strides, ElementsAre(7 * 8 * 16, 1, 8 * 16, 16));
}

TEST(OperationGraph, SumsLieAsTheResultDoes) {
  const Step step = convolution_step({.name = "", .layout = Layout::row_major});
  const OperationGraph graph = sums_graph(std::get<ConvolutionWork>(step.work), step.operands);
  EXPECT_TRUE(graph.pointwise.empty());
  EXPECT_EQ(graph[graph.sums].dtype, DType::s32);
  EXPECT_THAT(graph[graph.sums].strides, ElementsAre(32 * 56, 56, 8, 1));
}

}  // namespace
}  // namespace qbench::cudnn
