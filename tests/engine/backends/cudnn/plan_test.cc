// What plans promise: layouts as operators want them, no needless steps, memory used again but
// never by two at once.
#include <gmock/gmock.h>

#include <algorithm>

#include "engine/backends/reference/reference_backend.h"
#include "engine/core/error.h"
#include "engine/graph/text.h"
#include "engine/passes/passes.h"
#include "engine/quantizer/quantizer.h"
#include "engine/zoo/zoo.h"
#include "tests/engine/backends/case_runner.h"
#include "tests/engine/backends/cudnn/host_executor.h"
#include "tests/engine/backends/cudnn/signed_graph.h"
#include "tests/engine/backends/small_networks.h"

namespace qbench {
namespace {

using cudnn::ConvertWork;
using cudnn::ConvolutionWork;
using cudnn::PadWork;
using cudnn::Plan;
using cudnn::Step;
using cudnn::View;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

template <class Kind>
std::vector<const Step*> steps_of(const Plan& plan) {
  std::vector<const Step*> found;
  for (const Step& step : plan.steps) {
    if (std::holds_alternative<Kind>(step.work)) found.push_back(&step);
  }
  return found;
}

std::vector<std::string> ops_of(const Plan& plan) {
  std::vector<std::string> ops;
  for (const Step& step : plan.steps) ops.push_back(step.op);
  return ops;
}

// Quantized with ranges as if every value lay in -1..1.
Graph quantized_zoo_model(std::string_view name) {
  const ZooOptions options{.image_shape = {3, 64, 64}, .classes = 1000, .width = 0.25};
  const Graph graph = optimize(build_zoo_model(*find_zoo_model(name), options).graph);
  const QuantScheme scheme{.dtype = QuantizedDType::s8};
  CalibrationTable table;
  for (const std::string& tensor : tensors_to_calibrate(graph, scheme))
    table.ranges[tensor] = {{-1, 1}, {-1, 1}, {-1, 1}};
  return quantize(graph, scheme, &table).graph;
}

std::vector<std::string> conversions(const Plan& plan) {
  std::vector<std::string> ops;
  for (const Step* step : steps_of<ConvertWork>(plan)) ops.push_back(step->op);
  return ops;
}

TEST(Plan, IntegerResidualNetworksConvertAtTheirEndsAlone) {
  Graph graph = quantized_zoo_model("resnet50_v1");
  const Plan plan = HostBackend().plan(graph);
  EXPECT_THAT(conversions(plan), ElementsAre("Quantize"));
  EXPECT_EQ(steps_of<ConvolutionWork>(plan).size(), 54U);
  EXPECT_EQ(plan.steps.size(), 1U + 54 + 2 + 1);  // two pools, one Softmax
  EXPECT_EQ(plan.steps.back().op, "Softmax");

  graph.set_outputs({graph[graph.outputs()[0]].inputs[0]});  // 1000 logits, padded to 1008
  EXPECT_THAT(conversions(HostBackend().plan(graph)), ElementsAre("Quantize", "reorder"));
}

TEST(Plan, ValuesAreKeptAsTheirArithmeticWants) {
  const Graph graph = parse_graph(R"(
    data = Input(shape=[1,3,8,8])
    w = Constant() : f32[6,3,3,3] values=random(1)
    c = Convolution(data, w)
    v = Constant() : f32[5,6,3,3] values=random(2)
    y = Convolution(c, v)
    return y)");
  const auto data_of = [&](FloatMath math, bool row_major) {
    const Plan plan = HostBackend(math, row_major).plan(graph);
    return steps_of<ConvolutionWork>(plan).back()->operands[0].desc;
  };
  EXPECT_EQ(data_of(FloatMath::f32, false), cudnn::channels_last({1, 6, 6, 6}, DType::f32));
  EXPECT_EQ(data_of(FloatMath::tf32, true), cudnn::row_major({1, 6, 6, 6}, DType::f32));
  EXPECT_EQ(data_of(FloatMath::f16, true), cudnn::channels_last({1, 6, 6, 6}, DType::f16));
  EXPECT_THAT(ops_of(HostBackend(FloatMath::f32, true).plan(graph)),
              ElementsAre("Convolution", "Convolution"));
}

TEST(Plan, ConvolutionsSayHowTheyCompute) {
  const auto arithmetic = [](const Graph& graph, FloatMath math) {
    const Plan plan = HostBackend(math).plan(graph);
    return std::get<ConvolutionWork>(steps_of<ConvolutionWork>(plan).front()->work).arithmetic;
  };
  EXPECT_EQ(arithmetic(resnet_like(1, false), FloatMath::f32), cudnn::Arithmetic::f32);
  EXPECT_EQ(arithmetic(resnet_like(1, false), FloatMath::tf32), cudnn::Arithmetic::tf32);
  EXPECT_EQ(arithmetic(resnet_like(1, false), FloatMath::f16), cudnn::Arithmetic::f16);
  EXPECT_EQ(arithmetic(with_signed_values(resnet_like(1, true)), FloatMath::f16),
            cudnn::Arithmetic::s8);
}

TEST(Plan, PadsOnlyWhereOneSideIsNotEnough) {
  const auto pads = [](const std::string& padding, const std::string& stride) {
    const Plan plan = HostBackend().plan(parse_graph(
        "data = Input(shape=[1,4,8,8])\nw = Constant() : f32[4,4,3,3] values=random(1)\n"
        "y = Convolution(data, w; stride=" +
        stride + ", padding=" + padding + ")\nreturn y"));
    return steps_of<PadWork>(plan).size();
  };
  EXPECT_EQ(pads("[1,1,1,1]", "[1,1]"), 0U);
  EXPECT_EQ(pads("[1,1,0,0]", "[2,2]"), 0U);  // the last row is reached by no window
  EXPECT_EQ(pads("[0,0,1,1]", "[2,2]"), 1U);
  EXPECT_EQ(pads("[1,1,0,1]", "[1,1]"), 1U);
}

TEST(Plan, LargeWindowsArePooledInTwoStages) {
  for (const std::string how :
       {"kind=average, global=true", "kind=max, global=true",
        "kind=average, kernel=[9,8], stride=[3,2], padding=[4,3,4,3], ceil_mode=true",
        "kind=average, kernel=[9,8], padding=[4,3,4,3], count_include_pad=false",
        "kind=max, kernel=[9,8], stride=[2,3], padding=[4,3,4,3]"}) {
    SCOPED_TRACE(how);
    const Graph graph =
        parse_graph("data = Input(shape=[2,19,13,11])\ny = Pool(data; " + how + ")\nreturn y");
    const Values inputs = draw_inputs({.name = "", .graph = graph, .input = {-1, 1}});
    const Values expected = run_on(reference_backend(), graph, inputs);
    for (const bool row_major : {false, true}) {
      const HostBackend backend(FloatMath::f32, row_major);
      expect_close(graph, run_on(backend, graph, inputs), expected);
      const Plan plan = backend.plan(graph);
      EXPECT_EQ(steps_of<cudnn::PoolWork>(plan).front()->operands.size(), 3U);
    }
  }
}

TEST(Plan, AFlattenBeforeAFullyConnectedLayerCostsNothing) {
  const Graph graph = parse_graph(R"(
    data = Input(shape=[2,3,6,6])
    w = Constant() : f32[5,3,3,3] values=random(1)
    c = Convolution(data, w)
    flat = Flatten(c)
    v = Constant() : f32[8,80] values=random(2)
    y = FullyConnected(flat, v)
    return y)");
  EXPECT_THAT(ops_of(HostBackend().plan(graph)),
              ElementsAre("reorder", "Convolution", "FullyConnected"));
  EXPECT_THAT(ops_of(HostBackend(FloatMath::f32, true).plan(graph)),
              ElementsAre("Convolution", "FullyConnected"));
  EXPECT_THAT(ops_of(HostBackend(FloatMath::f16).plan(graph)),
              ElementsAre("reorder", "Convolution", "FullyConnected", "reorder"));
}

TEST(Plan, HalfPrecisionEndsBeforeProbabilities) {
  const Graph graph = parse_graph(R"(
    data = Input(shape=[1,8,4,4])
    w = Constant() : f32[16,8,4,4] values=random(1)
    c = Convolution(data, w)
    flat = Flatten(c)
    y = Softmax(flat)
    return y)");
  const Plan plan = HostBackend(FloatMath::f16).plan(graph);
  EXPECT_THAT(ops_of(plan), ElementsAre("reorder", "Convolution", "Softmax"));
  EXPECT_EQ(plan.steps[2].operands[0].desc.dtype, DType::f16);
  EXPECT_EQ(plan.steps[2].operands[1].desc.dtype, DType::f32);
}

TEST(Plan, WhatOnlyRenamesHasNoStep) {
  const Graph graph = parse_graph(R"(
    data = Input(shape=[2,3,4,4])
    a = Dropout(data)
    b = Identity(a)
    c = Reshape(b; dims=[0,-1])
    d = Flatten(c)
    y = Activation(d; spec=relu)
    return y)");
  EXPECT_THAT(ops_of(HostBackend().plan(graph)), ElementsAre("Activation"));
}

TEST(Plan, WhatNoOutputNeedsIsNotComputed) {
  Graph graph = resnet_like(1, false);
  const std::size_t steps = HostBackend().plan(graph).steps.size();
  graph.add("unused", Activation{{ActivationKind::tanh, 0, 0}}, {graph.outputs()[0]});
  EXPECT_EQ(HostBackend().plan(graph).steps.size(), steps);
}

TEST(Plan, WeightsOfPaddingAreZeroAndSoIsTheirBias) {
  const Graph graph = parse_graph(R"(
    data = Input(shape=[1,3,5,5])
    q = Quantize(data) : s8[1,3,5,5] scales=[0.0078125]
    w = Constant() : s8[5,3,1,1] scales=[0.01] values=[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15]
    b = Constant() : f32[5] values=[1,2,3,4,5]
    c = Convolution(q, w, b; has_bias=true) : s8[1,5,5,5] scales=[0.5]
    y = Dequantize(c)
    return y)");
  const Plan plan = HostBackend().plan(graph);
  const Step& step = *steps_of<ConvolutionWork>(plan).front();
  const auto& work = std::get<ConvolutionWork>(step.work);
  EXPECT_EQ(work.geometry.in_channels, 16);
  EXPECT_EQ(work.geometry.out_channels, 16);
  EXPECT_EQ(work.unit, 0.5F);
  const auto constant = [&](std::size_t operand) -> const Tensor& {
    const View& view = step.operands[operand];
    return plan.constants[plan.buffers[static_cast<std::size_t>(view.buffer)].index];
  };
  const auto weights = constant(1).data<std::int8_t>();
  ASSERT_EQ(weights.size(), 256U);
  EXPECT_THAT(std::vector<int>(weights.begin(), weights.begin() + 4), ElementsAre(1, 2, 3, 0));
  EXPECT_THAT(std::vector<int>(weights.begin() + 16, weights.begin() + 20),
              ElementsAre(4, 5, 6, 0));
  EXPECT_TRUE(std::all_of(weights.begin() + 80, weights.end(), [](int w) { return w == 0; }));
  const auto multiplier = constant(3).data<float>();
  EXPECT_FLOAT_EQ(multiplier[0], 0.0078125F * 0.01F / 0.5F);
  EXPECT_EQ(multiplier[5], 0.0F);
  const auto bias = constant(4).data<float>();
  EXPECT_EQ(bias[4], 10.0F);
  EXPECT_EQ(bias[5], 0.0F);
}

TEST(Plan, RefusesWhatItCannotLowerNamingTheNode) {
  const auto reason = [](std::string_view text) -> std::string {
    try {
      HostBackend().plan(parse_graph(text));
    } catch (const Error& error) {
      return error.what();
    }
    return "no error";
  };
  EXPECT_THAT(reason(R"(
    data = Input(shape=[2,3])
    q = Quantize(data) : u8[2,3] scales=[0.1]
    y = Dequantize(q)
    return y)"),
              HasSubstr("node 'q' (Quantize): values of type u8"));
  EXPECT_THAT(reason(R"(
    data = Input(shape=[1,2,3,3])
    w = Input(shape=[2,2,1,1])
    y = Convolution(data, w)
    return y)"),
              HasSubstr("parameter 'w' is not a constant"));
  EXPECT_THAT(reason(R"(
    data = Input(shape=[1,1,1,1,1,1,2])
    y = Activation(data; spec=relu)
    return y)"),
              HasSubstr("rank 7"));
  EXPECT_THAT(reason(R"(
    a = Input(shape=[2,6])
    q = Quantize(a) : s8[2,6] dynamic
    moved = Reshape(q; dims=[3,4]) : s8[3,4] dynamic
    y = Dequantize(moved)
    return y)"),
              HasSubstr("'moved'"));
}

TEST(Plan, RefusesOutputsAndObservedNodesThatAreNotReal) {
  const Graph graph = parse_graph(R"(
    data = Input(shape=[2,3])
    q = Quantize(data) : s8[2,3] scales=[0.1]
    y = Dequantize(q)
    return y)");
  EXPECT_THROW(HostBackend().plan(graph, {"q"}), Error);
  EXPECT_THROW(HostBackend().plan(graph, {"nowhere"}), Error);
  Graph quantized_output = graph;
  quantized_output.set_outputs({*graph.find("q")});
  EXPECT_THROW(HostBackend().plan(quantized_output), Error);
}

TEST(Plan, CountsTheMultiplications) {
  for (const Graph& graph : {resnet_like(3, false), with_signed_values(mobilenet_like(3, true))}) {
    std::int64_t macs = 0;
    for (const Step& step : HostBackend().plan(graph).steps) macs += step.macs;
    EXPECT_EQ(macs, count_macs(graph));
  }
}

}  // namespace
}  // namespace qbench
