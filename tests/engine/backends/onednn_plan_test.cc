// What the oneDNN backend promises about its plans: fast kernels only, no copies inside a network,
// memory used again, the same bits however a batch is divided.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <string>
#include <vector>

#include "engine/backends/onednn/onednn_backend.h"
#include "engine/backends/reference/reference_backend.h"
#include "engine/core/error.h"
#include "engine/core/isa.h"
#include "engine/graph/text.h"
#include "tests/engine/backends/case_runner.h"
#include "tests/engine/backends/small_networks.h"
#include "tests/engine/core/thread_limit.h"

namespace qbench {
namespace {

using testing::HasSubstr;

Values inputs_of(const Graph& graph) {
  return draw_inputs({.name = "network", .graph = graph, .input = {-1, 1}});
}

class Compiled {
 public:
  explicit Compiled(const Graph& graph, const CompileOptions& options = {})
      : executable_(onednn_backend().compile(graph, options)), in_(inputs_of(graph)) {
    for (const NodeId id : graph.outputs())
      out_.emplace_back(static_cast<std::size_t>(graph[id].type.shape.elements()));
    inputs_.assign(in_.begin(), in_.end());
    outputs_.assign(out_.begin(), out_.end());
  }

  Executable& operator*() { return *executable_; }
  Executable* operator->() { return executable_.get(); }
  const Values& run() {
    executable_->run(inputs_, outputs_);
    return out_;
  }
  std::vector<LayerTime> profile() { return executable_->profile(inputs_, outputs_, 1); }
  std::span<const std::span<const float>> inputs() const { return inputs_; }
  std::span<const std::span<float>> outputs() const { return outputs_; }

 private:
  std::unique_ptr<Executable> executable_;
  Values in_;
  Values out_;
  std::vector<std::span<const float>> inputs_;
  std::vector<std::span<float>> outputs_;
};

struct NamedNetwork {
  std::string name;
  Graph graph;
};

std::vector<NamedNetwork> networks(std::int64_t batch) {
  std::vector<NamedNetwork> list;
  list.push_back({"squeezenet_f32", squeezenet_like(batch, false)});
  list.push_back({"squeezenet_int8", squeezenet_like(batch, true)});
  list.push_back({"resnet_f32", resnet_like(batch, false)});
  list.push_back({"resnet_int8", resnet_like(batch, true)});
  list.push_back({"mobilenet_f32", mobilenet_like(batch, false)});
  list.push_back({"mobilenet_int8", mobilenet_like(batch, true)});
  list.push_back({"ssd_f32", ssd_like(batch)});
  list.push_back({"dynamic", dynamic_like(batch)});
  return list;
}

std::vector<std::string> implementations(const std::vector<LayerTime>& layers,
                                         const std::string& op) {
  std::vector<std::string> found;
  for (const LayerTime& layer : layers) {
    if (layer.op == op) found.push_back(layer.node + ": " + layer.implementation);
  }
  return found;
}

TEST(OnednnPlan, NoNetworkFallsBackToReferenceKernels) {
  for (const std::int64_t batch : {1, 3}) {
    for (const NamedNetwork& network : networks(batch)) {
      for (const bool split : {true, false}) {
        CompileOptions options;
        options.split_batch = split;
        for (const LayerTime& layer : Compiled(network.graph, options).profile()) {
          EXPECT_THAT(layer.implementation, testing::Not(HasSubstr("ref")))
              << network.name << " " << layer.node;
        }
      }
    }
  }
}

TEST(OnednnPlan, AgreesWithTheReferenceOnWholeNetworks) {
  for (const NamedNetwork& network : networks(2)) {
    const Values inputs = inputs_of(network.graph);
    const Values expected = run_on(reference_backend(), network.graph, inputs);
    for (const bool winograd : {true, false}) {
      SCOPED_TRACE(network.name);
      CompileOptions options;
      options.winograd = winograd;
      const Values actual = run_on(onednn_backend(), network.graph, inputs, options);
      // Probabilities: a step in a layer of an integer network moves them a little.
      for (std::size_t i = 0; i < actual[0].size(); ++i)
        ASSERT_NEAR(actual[0][i], expected[0][i], network.name.ends_with("f32") ? 1e-5 : 2e-2);
    }
  }
}

TEST(OnednnPlan, IntegerNetworksHaveNoReordersInside) {
  for (const NamedNetwork& network : networks(1)) {
    if (!network.name.ends_with("int8")) continue;
    EXPECT_THAT(implementations(Compiled(network.graph).profile(), "reorder"), testing::IsEmpty())
        << network.name;
  }
}

// A dilated layer of a detector, and a head that delivers f32, channels last for free.
TEST(OnednnPlan, HeadsOfIntegerDetectorsCostTheirConvolutionsAlone) {
  const Graph graph = parse_graph(R"(
    data = Input(shape=[1,64,19,19])
    q = Quantize(data) : u8[1,64,19,19] scales=[0.01]
    w1 = Constant() : s8[64,64,3,3] scales=[0.001] values=random(1)
    c1 = Convolution(q, w1; dilation=[6,6], padding=[6,6,6,6], activation=relu) : u8[1,64,19,19] scales=[0.01]
    w2 = Constant() : s8[126,64,3,3] scales=[0.001] values=random(2)
    head = Convolution(c1, w2; padding=[1,1,1,1])
    turned = Transpose(head; permutation=[0,2,3,1])
    flat = Flatten(turned)
    return flat)");
  const std::vector<LayerTime> layers = Compiled(graph).profile();
  ASSERT_EQ(layers.size(), 3U);
  EXPECT_EQ(layers[0].op, "Quantize");
  for (const std::string& layer : implementations(layers, "Convolution"))
    EXPECT_THAT(layer, testing::Not(HasSubstr("ref")));
  EXPECT_EQ(implementations(layers, "Convolution").size(), 2U);
}

TEST(OnednnPlan, BlockedConcatenationsCopyNothing) {
  // Winograd networks run in blocks of channels, where parts are written in place.
  const std::vector<LayerTime> layers = Compiled(squeezenet_like(1, false)).profile();
  if (implementations(layers, "Convolution")[0].find("avx512") == std::string::npos)
    GTEST_SKIP() << "Winograd kernels need AVX-512";
  EXPECT_THAT(implementations(layers, "Concat"), testing::IsEmpty());
  EXPECT_THAT(implementations(layers, "reorder"), testing::IsEmpty());
}

TEST(OnednnPlan, MemoryIsUsedAgain) {
  for (const NamedNetwork& network : networks(1)) {
    std::size_t values = 0;
    for (const Node& node : network.graph.nodes()) {
      if (!std::holds_alternative<Constant>(node.op) && !std::holds_alternative<Input>(node.op))
        values += static_cast<std::size_t>(node.type.shape.elements()) * size_of(node.type.dtype);
    }
    const MemoryUse use = Compiled(network.graph)->memory();
    EXPECT_LT(use.arena, values * 2 / 3) << network.name;
    EXPECT_GT(use.arena, 0U) << network.name;
    EXPECT_GE(use.weights, constant_bytes(network.graph)) << network.name;
  }
}

TEST(OnednnPlan, WorkersShareWeightsAndHaveArenasOfTheirOwn) {
  const Graph graph = resnet_like(4, true);
  CompileOptions options;
  const MemoryUse one = Compiled(graph, options)->memory();
  options.threads = 2;
  const MemoryUse two = Compiled(graph, options)->memory();
  EXPECT_EQ(two.weights, one.weights);
  EXPECT_EQ(two.arena, 2 * one.arena);
}

// Image i of a batch, as a batch of its own.
Values image(const Values& batch, std::size_t i, std::size_t images) {
  Values one;
  for (const std::vector<float>& values : batch) {
    const std::size_t size = values.size() / images;
    const auto begin = values.begin() + static_cast<std::ptrdiff_t>(i * size);
    one.emplace_back(begin, begin + static_cast<std::ptrdiff_t>(size));
  }
  return one;
}

TEST(OnednnPlan, BatchAndWorkersDoNotChangeABit) {
  constexpr std::size_t kImages = 8;
  const std::vector<NamedNetwork> batches = networks(kImages);
  const std::vector<NamedNetwork> singles = networks(1);
  for (std::size_t n = 0; n < batches.size(); ++n) {
    SCOPED_TRACE(batches[n].name);
    const Values inputs = inputs_of(batches[n].graph);
    CompileOptions options;
    const Values expected = run_on(onednn_backend(), batches[n].graph, inputs, options);
    for (const int threads : {2, 3, 4}) {
      options.threads = threads;
      EXPECT_EQ(run_on(onednn_backend(), batches[n].graph, inputs, options), expected);
    }
    // An image alone is split over the threads by layers: sums of integers are exact all the same.
    const bool is_float = singles[n].name.ends_with("f32");
    for (const int threads : is_float ? std::vector{1} : std::vector{1, 2, 4}) {
      options.threads = threads;
      for (std::size_t i = 0; i < kImages; ++i) {
        const Values alone =
            run_on(onednn_backend(), singles[n].graph, image(inputs, i, kImages), options);
        EXPECT_EQ(alone, image(expected, i, kImages)) << "image " << i << ", threads " << threads;
      }
    }
  }
}

TEST(OnednnPlan, IntegerResultsDoNotDependOnHowWorkIsSplit) {
  for (const NamedNetwork& network : networks(4)) {
    if (network.name.ends_with("f32")) continue;
    const Values inputs = inputs_of(network.graph);
    CompileOptions options;
    const Values expected = run_on(onednn_backend(), network.graph, inputs, options);
    options.split_batch = false;
    options.threads = 2;
    EXPECT_EQ(run_on(onednn_backend(), network.graph, inputs, options), expected) << network.name;
  }
}

TEST(OnednnPlan, CountsTheKernelsThatComputeFloats) {
  for (const NamedNetwork& network : networks(3)) {
    int layers = 0;
    for (const Node& node : network.graph.nodes()) {
      const bool sums = std::holds_alternative<Convolution>(node.op) ||
                        std::holds_alternative<FullyConnected>(node.op);
      if (sums && !network.graph[node.inputs[0]].type.quant) ++layers;
    }
    int counted = 0;
    for (const auto& [kernel, count] : Compiled(network.graph)->algorithms()) counted += count;
    EXPECT_EQ(counted, layers) << network.name;
  }
}

TEST(OnednnPlan, RunsAgainWithTheSameResult) {
  for (const NamedNetwork& network : networks(2)) {
    Compiled compiled(network.graph);
    const Values first = compiled.run();
    EXPECT_EQ(compiled.run(), first) << network.name;
  }
}

TEST(OnednnPlan, AResidualThatIsReadLaterIsNotOverwritten) {
  const Graph graph = parse_graph(R"(
    data = Input(shape=[1,16,6,6])
    w = Constant() : f32[16,16,3,3] values=random(1)
    a = Activation(data; spec=relu)
    b = Convolution(a, w, a; padding=[1,1,1,1], has_residual=true)
    c = Convolution(b, w, a; padding=[1,1,1,1], has_residual=true, activation=relu)
    d = Add(c, a)
    e = Add(d, b)
    return e)");
  const Values inputs = inputs_of(graph);
  expect_close(graph, run_on(onednn_backend(), graph, inputs),
               run_on(reference_backend(), graph, inputs));
}

TEST(OnednnPlan, AResidualSumCanBePartOfAConcatenation) {
  const Graph graph = parse_graph(R"(
    data = Input(shape=[1,16,6,6])
    w = Constant() : f32[16,16,3,3] values=random(1)
    a = Convolution(data, w; padding=[1,1,1,1], activation=relu)
    b = Convolution(a, w; padding=[1,1,1,1])
    c = Convolution(b, w, a; padding=[1,1,1,1], has_residual=true)
    d = Concat(c, b)
    return d)");
  const Values inputs = inputs_of(graph);
  expect_close(graph, run_on(onednn_backend(), graph, inputs),
               run_on(reference_backend(), graph, inputs));
}

TEST(OnednnPlan, WhatNoOutputNeedsIsNotComputed) {
  Graph graph = resnet_like(1, false);
  const std::size_t steps = Compiled(graph).profile().size();
  graph.add("unused", Activation{{ActivationKind::tanh, 0, 0}}, {graph.outputs()[0]});
  EXPECT_EQ(Compiled(graph).profile().size(), steps);
}

TEST(OnednnPlan, AResidualThatDiesIsAddedInPlace) {
  EXPECT_THAT(implementations(Compiled(resnet_like(1, true)).profile(), "reorder"),
              testing::IsEmpty());
}

TEST(OnednnPlan, NormalizationActivatesAndQuantizesOnItsWayOut) {
  if (isa() < Isa::avx512) GTEST_SKIP() << "convolutions deliver blocks of eight channels";
  const Graph graph = parse_graph(R"(
      data = Input(shape=[1,16,6,6])
      k = Constant() : f32[16,16,3,3] values=random(5,-0.3,0.3)
      x = Convolution(data, k)
      g = Constant() : f32[16] values=random(1,0.5,1.5)
      h = Constant() : f32[16] values=random(2,-0.5,0.5)
      n = BatchNorm(x, g, h, h, g)
      r = Activation(n; spec=relu)
      q = Quantize(r) : u8[1,16,4,4] scales=[0.0071]
      w = Constant() : s8[8,16,1,1] scales=[0.002] values=random(6)
      y = Convolution(q, w)
      return y)");
  const std::vector<LayerTime> layers = Compiled(graph).profile();
  EXPECT_THAT(implementations(layers, "BatchNorm"), testing::SizeIs(1));
  EXPECT_THAT(implementations(layers, "Activation"), testing::IsEmpty());
  EXPECT_THAT(implementations(layers, "Quantize"), testing::IsEmpty());
}

TEST(OnednnPlan, ReportsWorkAndTypes) {
  const Graph graph = mobilenet_like(3, true);
  std::int64_t macs = 0;
  bool saw_integers = false;
  for (const LayerTime& layer : Compiled(graph).profile()) {
    macs += layer.macs;
    saw_integers = saw_integers || layer.dtypes == "u8 s8 -> u8";
    EXPECT_GE(layer.median_ns, 0);
    EXPECT_FALSE(layer.implementation.empty());
  }
  EXPECT_EQ(macs, count_macs(graph));
  EXPECT_TRUE(saw_integers);
}

TEST(OnednnPlan, ObservedValuesAreTheSameForAnyBatchAndThreads) {
  const Graph graph = squeezenet_like(4, false);
  CompileOptions options;
  for (const Node& node : graph.nodes()) {
    if (!std::holds_alternative<Constant>(node.op)) options.observed.push_back(node.name);
  }
  // Per observed node, all values seen, sorted: order within a call is free.
  const auto observe = [&](const Graph& network, int threads) {
    options.threads = threads;
    Compiled compiled(network, options);
    std::vector<std::vector<std::vector<float>>> seen(
        static_cast<std::size_t>(threads),
        std::vector<std::vector<float>>(options.observed.size()));
    compiled->run_observed(compiled.inputs(), compiled.outputs(),
                           [&](int worker, std::size_t observed, std::span<const float> values) {
                             auto& mine = seen[static_cast<std::size_t>(worker)][observed];
                             mine.insert(mine.end(), values.begin(), values.end());
                           });
    std::vector<std::vector<float>> all(options.observed.size());
    for (const auto& worker : seen) {
      for (std::size_t i = 0; i < all.size(); ++i)
        all[i].insert(all[i].end(), worker[i].begin(), worker[i].end());
    }
    for (std::vector<float>& values : all) std::ranges::sort(values);
    return all;
  };
  const auto expected = observe(graph, 1);
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const Node& node = graph[*graph.find(options.observed[i])];
    EXPECT_EQ(expected[i].size(), static_cast<std::size_t>(node.type.shape.elements()))
        << node.name;
  }
  EXPECT_EQ(observe(graph, 2), expected);
  EXPECT_EQ(observe(graph, 3), expected);
}

TEST(OnednnPlan, WhatAnObserverThrowsReachesTheCaller) {
  const Graph graph = squeezenet_like(4, false);
  CompileOptions options;
  options.threads = 2;
  options.observed = {"data"};
  Compiled compiled(graph, options);
  const auto fail = [](int worker, std::size_t, std::span<const float>) {
    if (worker == 1) throw Error("seen enough");
  };
  EXPECT_THROW(compiled->run_observed(compiled.inputs(), compiled.outputs(), fail), Error);
  EXPECT_NO_THROW(compiled.run());
}

TEST(OnednnPlan, ImagesOfABatchMustBeSeparableForRunTimeScales) {
  const Graph graph = parse_graph(R"(
    data = Input(shape=[2,4])
    mixed = Transpose(data; permutation=[1,0])
    q = Quantize(mixed) : s8[4,2] dynamic
    r = Dequantize(q)
    return r)");
  EXPECT_THROW(onednn_backend().compile(graph, {}), Error);
}

class OnednnWithoutThreads : public ThreadLimit {};

// With fewer threads a latency would not be that of what was asked for.
TEST_F(OnednnWithoutThreads, SaysSo) {
  const auto runs = [](std::int64_t batch, int threads) {
    CompileOptions options;
    options.threads = threads;
    return !Compiled(mobilenet_like(batch, false), options).run().empty();
  };
  for (const std::int64_t batch : {1, 2, 4}) {  // one plan on 4 threads, 2 on 2 each, 4 on one each
    EXPECT_EXIT(run_with_threads(0, [&] { return runs(batch, 4); }), testing::ExitedWithCode(2),
                "cannot start 3 more threads");
    EXPECT_EXIT(run_with_threads(0, [&] { return runs(batch, 1); }), testing::ExitedWithCode(0),
                "");
    if (!can_count_threads()) continue;
    EXPECT_EXIT(run_with_threads(2, [&] { return runs(batch, 4); }), testing::ExitedWithCode(2),
                "cannot start 3 more threads");
    EXPECT_EXIT(run_with_threads(4, [&] { return runs(batch, 4); }), testing::ExitedWithCode(0),
                "");
  }
}

}  // namespace
}  // namespace qbench
