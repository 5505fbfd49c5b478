// All passes on real networks: nothing is left to fuse, and the function stays.
#include <gmock/gmock.h>

#include <cstdlib>
#include <filesystem>
#include <map>

#include "engine/backends/reference/reference_backend.h"
#include "engine/formats/formats.h"
#include "engine/passes/passes.h"

namespace qbench {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

using OpCounts = std::map<std::string_view, int>;

OpCounts count_ops(const Graph& graph) {
  OpCounts counts;
  for (const Node& node : graph.nodes()) ++counts[op_name(node.op)];
  counts.erase("Constant");
  counts.erase("Input");
  return counts;
}

std::vector<float> run(const Graph& graph) {
  const Shape& shape = graph[graph.inputs()[0]].type.shape;
  std::vector<float> input(static_cast<std::size_t>(shape.elements()));
  for (std::size_t i = 0; i < input.size(); ++i) {
    input[i] = static_cast<float>((7919 * i + i / 97) % 256) / 128 - 1;
  }
  const Shape& result = graph[graph.outputs()[0]].type.shape;
  std::vector<float> output(static_cast<std::size_t>(result.elements()));
  const std::span<const float> in[] = {input};
  const std::span<float> out[] = {output};
  reference_backend().compile(graph, {})->run(in, out);
  return output;
}

class Models : public testing::Test {
 protected:
  void SetUp() override {
    const char* data = std::getenv("QBENCH_TEST_DATA");
    if (data == nullptr) GTEST_SKIP() << "QBENCH_TEST_DATA does not name the folder of real models";
    models_ = std::filesystem::path(data) / "models";
  }

  Graph import(const std::string& name, Shape image_shape) const {
    ImportOptions options;
    options.image_shape = std::move(image_shape);
    return import_model(
        {.symbol = models_ / (name + "-symbol.json"), .params = models_ / (name + "-0000.params")},
        options);
  }

  std::filesystem::path models_;
};

void expect_same_function(const Graph& before, const Graph& after) {
  const std::vector<float> expected = run(before);
  const std::vector<float> actual = run(after);
  ASSERT_EQ(actual.size(), expected.size());
  float largest = 0;
  for (float v : expected) largest = std::max(largest, std::fabs(v));
  for (std::size_t i = 0; i < expected.size(); ++i) {
    ASSERT_NEAR(actual[i], expected[i], 1e-5F * largest) << i;
  }
}

TEST_F(Models, ResNet20BecomesConvolutionsWithResiduals) {
  const Graph graph = import("resnet20_cifar10", {3, 32, 32});
  const Graph optimized = optimize(graph);
  EXPECT_THAT(count_ops(optimized), ElementsAre(Pair("Convolution", 21), Pair("FullyConnected", 1),
                                                Pair("Pool", 1), Pair("Softmax", 1)));
  EXPECT_EQ(count_macs(optimized), count_macs(graph));
  expect_same_function(graph, optimized);
}

TEST_F(Models, MobileNetTakesPaddingAndRelu6IntoItsConvolutions) {
  const Graph graph = import("mobilenet0.25", {3, 224, 224});
  const OpCounts counts = count_ops(optimize(graph));
  EXPECT_EQ(counts.count("Pad") + counts.count("Activation") + counts.count("BatchNorm"), 0U);
  expect_same_function(graph, optimize(graph));
}

TEST_F(Models, SqueezeNetKeepsConcatAndPools) {
  const Graph graph = import("squeezenet1.0", {3, 224, 224});
  const Graph optimized = optimize(graph);
  const OpCounts counts = count_ops(optimized);
  EXPECT_EQ(counts.at("Convolution"), 26);
  EXPECT_EQ(counts.at("Concat"), 8);
  EXPECT_EQ(counts.at("Pool"), 4);
  EXPECT_EQ(counts.count("Activation") + counts.count("Dropout"), 0U);
}

// Published: 569 million multiply-adds (Howard et al., MobileNets, 2017, table 8).
TEST_F(Models, MobileNetHasItsPublishedNumberOfMultiplyAdds) {
  EXPECT_EQ(count_macs(import("mobilenet1.0", {3, 224, 224})), 568'740'352);
}

}  // namespace
}  // namespace qbench
