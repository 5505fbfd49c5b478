// Which layers Winograd's algorithm computes, and that neither process nor clock decides it.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <cstdio>
#include <cstdlib>

#include "engine/backends/onednn/layout.h"
#include "engine/backends/onednn/onednn_backend.h"
#include "engine/backends/onednn/timing.h"
#include "engine/backends/onednn/winograd.h"
#include "engine/core/error.h"
#include "engine/core/hash.h"
#include "engine/graph/text.h"
#include "engine/passes/passes.h"
#include "engine/zoo/zoo.h"
#include "tests/engine/backends/case_runner.h"

namespace qbench::onednn {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

Graph zoo_network(std::string_view name, double width = 1) {
  return optimize(build_zoo_model(*find_zoo_model(name), {.width = width}).graph);
}

std::string shape_of(const Graph& graph, NodeId id) {
  const Shape& weights = graph[graph[id].inputs[1]].type.shape;
  const Shape& out = graph[id].type.shape;
  return fmt::format("{}>{} {}x{}", weights[1], weights[0], out[2], out[3]);
}

TEST(WinogradPlan, OfInceptionV3LeavesOutSmallImagesWithManyWeights) {
  const Graph graph = zoo_network("inceptionv3");
  const WinogradPlan plan = plan_winograd(graph);
  EXPECT_FALSE(plan.in_blocks);
  std::vector<std::string> layers;
  for (const NodeId id : plan.layers) layers.push_back(shape_of(graph, id));
  // All of its 3x3 layers of stride 1, but those of 448 to 384 channels on 8x8 pixels.
  EXPECT_THAT(layers, ElementsAre("32>32 147x147", "32>64 147x147", "80>192 71x71",  //
                                  "64>96 35x35", "96>96 35x35", "64>96 35x35", "96>96 35x35",
                                  "64>96 35x35", "96>96 35x35", "64>96 35x35"));
  EXPECT_EQ(plan_winograd(with_batch(graph, 32)).layers, plan.layers);
}

TEST(WinogradPlan, OfOtherNetworks) {
  const WinogradPlan squeezenet = plan_winograd(zoo_network("squeezenet1.0"));
  EXPECT_TRUE(squeezenet.in_blocks);
  EXPECT_THAT(squeezenet.layers, SizeIs(8));  // one in each fire module
  const WinogradPlan resnet = plan_winograd(zoo_network("resnet50_v1"));
  EXPECT_TRUE(resnet.in_blocks);
  EXPECT_THAT(resnet.layers, SizeIs(16));  // one in each unit: it is the 1x1 that has the stride
  const WinogradPlan mobilenet = plan_winograd(zoo_network("mobilenet1.0"));
  EXPECT_FALSE(mobilenet.in_blocks);
  EXPECT_THAT(mobilenet.layers, IsEmpty());
}

// A 3x3 layer among so much else that values lie channels last.
std::size_t layers_of(int inputs, int outputs, int size, const std::string& attributes = "",
                      int groups = 1) {
  const WinogradPlan plan = plan_winograd(parse_graph(fmt::format(
      R"(
    data = Input(shape=[1,{0},{2},{2}])
    k = Constant() : f32[{0},{0},5,5] values=random(1)
    b = Convolution(data, k; padding=[2,2,2,2])
    b2 = Convolution(b, k; padding=[2,2,2,2])
    j = Constant() : f32[{1},{1},5,5] values=random(2)
    w = Constant() : f32[{1},{4},3,3] values=random(3)
    c = Convolution(b2, w; padding=[1,1,1,1], groups={5}{3})
    d = Convolution(c, j; padding=[2,2,2,2])
    return d)",
      inputs, outputs, size, attributes, inputs / groups, groups)));
  EXPECT_FALSE(plan.in_blocks);
  return plan.layers.size();
}

TEST(WinogradPlan, TakesWhatSavesMoreThanItMoves) {
  EXPECT_EQ(layers_of(64, 64, 56), 1U);
  EXPECT_EQ(layers_of(32, 32, 147), 1U);
  EXPECT_EQ(layers_of(16, 16, 112), 0U);  // few products to save
  EXPECT_EQ(layers_of(16, 32, 56), 0U);
  EXPECT_EQ(layers_of(128, 128, 14), 1U);
  EXPECT_EQ(layers_of(128, 128, 8), 0U);  // weights weigh more
  EXPECT_EQ(layers_of(64, 64, 5), 0U);    // four tiles of 16 for 25 pixels
  EXPECT_EQ(layers_of(64, 64, 56, ", dilation=[2,2]"), 0U);
  EXPECT_EQ(layers_of(64, 64, 56, "", 2), 0U);
}

TEST(Timing, ChoosesNoKernelOfFloats) {
  const dnnl::engine engine(dnnl::engine::kind::cpu, 0);
  const Desc rows = row_major({1, 16, 4, 4}, DType::f32);
  const Desc pixels = channels_last({1, 16, 4, 4}, DType::f32);
  EXPECT_THROW(measured_ms(engine, make_reorder(engine, rows, pixels)), Error);
}

// All bits of the output and the kernels that made it.
std::string result_of(const Graph& graph, int threads) {
  CompileOptions options;
  options.threads = threads;
  const std::unique_ptr<Executable> executable = onednn_backend().compile(graph, options);
  const Values in = draw_inputs({.name = "network", .graph = graph, .input = {-1, 1}});
  const std::vector<std::span<const float>> inputs(in.begin(), in.end());
  std::vector<float> out(static_cast<std::size_t>(graph[graph.outputs()[0]].type.shape.elements()));
  const std::span<float> outputs[] = {out};
  executable->run(inputs, outputs);
  std::string text = Hasher().add(std::as_bytes(std::span<const float>(out))).hex();
  for (const auto& [kernel, count] : executable->algorithms())
    text += fmt::format(" {} {}", count, kernel);
  return text;
}

TEST(InceptionV3, HasTheSameBitsAndKernelsInEveryExecutableAndProcess) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const Graph graph = zoo_network("inceptionv3", 0.5);
  for (const int threads : {1, 2}) {
    const std::string expected = result_of(graph, threads);
    EXPECT_EQ(result_of(graph, threads), expected);
    for (int process = 0; process < 2; ++process) {
      EXPECT_EXIT(
          {
            std::fputs(result_of(graph, threads).c_str(), stderr);
            std::_Exit(0);
          },
          ::testing::ExitedWithCode(0), expected);
    }
  }
}

TEST(InceptionV3, UsesWinogradWhereThePlanSays) {
  const Graph graph = zoo_network("inceptionv3", 0.5);
  int winograd = 0;
  for (const auto& [kernel, count] : onednn_backend().compile(graph, {})->algorithms())
    winograd += kernel.find("wino") != std::string::npos ? count : 0;
  if (winograd == 0) GTEST_SKIP() << "the library has no kernels for it on this processor";
  EXPECT_EQ(winograd, std::ssize(plan_winograd(graph).layers));
  CompileOptions options;
  options.winograd = false;
  for (const auto& [kernel, count] : onednn_backend().compile(graph, options)->algorithms())
    EXPECT_EQ(kernel.find("wino"), std::string::npos) << kernel;
}

}  // namespace
}  // namespace qbench::onednn
