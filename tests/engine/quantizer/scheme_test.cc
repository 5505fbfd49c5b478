// What each option of the quantizer changes, and what it says where it cannot.
#include <gmock/gmock.h>

#include "engine/core/error.h"
#include "engine/quantizer/quantizer.h"
#include "tests/engine/quantizer/architectures.h"
#include "tests/engine/quantizer/golden.h"

namespace qbench {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

constexpr std::string_view kChain = R"(
  data = Input(shape=[1,2,4,4])
  w = Constant() : f32[2,2,1,1] values=[1,2,3,4]
  conv0 = Convolution(data, w; activation=relu)
  pool = Pool(conv0; kernel=[2,2])
  conv1 = Convolution(pool, w)
  conv2 = Convolution(conv1, w)
  softmax = Softmax(conv2)
  return softmax
)";

QuantizedModel quantized(std::string_view text, const QuantScheme& scheme) {
  const Graph graph = parse_graph(text);
  const CalibrationTable table = numbered_ranges(graph, scheme);
  return quantize(graph, scheme, &table);
}

// Ranges are asked for the named layers alone, and what reads another one stays f32. A pool hands
// the range on.
TEST(Scheme, CalibratedLayersAreTheOnlyOnesWithRanges) {
  const Graph graph = parse_graph(kChain);
  const QuantScheme first{.calibrated_layers = {"conv0"}};
  EXPECT_THAT(tensors_to_calibrate(graph, first), UnorderedElementsAre("data", "conv0"));
  EXPECT_THAT(reasons(quantized(kChain, first)),
              Contains(Pair("conv2", "what it reads is not among the calibrated layers")));
  const QuantScheme all{.calibrated_layers = {"conv0", "conv1", "conv2"}};
  EXPECT_EQ(print_graph(quantized(kChain, all).graph), print_graph(quantized(kChain, {}).graph));
}

TEST(Scheme, ExcludedLayersStayF32) {
  const QuantScheme scheme{.excluded_layers = {"conv1"}};
  EXPECT_EQ(quantized_text(kChain, scheme), brief(R"(
    data = Input(shape=[1,2,4,4]) : f32[1,2,4,4]
    data_quantize = Quantize(data) : s8[1,2,4,4] scales=[0.125]
    conv0 = Convolution(data_quantize, w_quantize; activation=relu) : f32[1,2,4,4]
    pool = Pool(conv0; kernel=[2,2]) : f32[1,2,3,3]
    conv1 = Convolution(pool, w) : f32[1,2,3,3]
    conv1_quantize = Quantize(conv1) : s8[1,2,3,3] scales=[0.25]
    conv2 = Convolution(conv1_quantize, w_quantize) : f32[1,2,3,3]
    softmax = Softmax(conv2) : f32[1,2,3,3]
    return softmax
  )"));
  EXPECT_THAT(reasons(quantized(kChain, scheme)),
              UnorderedElementsAre(Pair("pool", "no INT8 layer reads it"),
                                   Pair("conv1", "excluded by name"),
                                   Pair("softmax", "no INT8 form of this operator")));
  EXPECT_THAT(tensors_to_calibrate(parse_graph(kChain), scheme), ElementsAre("data", "conv1"));
}

TEST(Scheme, AnExcludedPoolIsReachedByOneDequantize) {
  EXPECT_EQ(quantized_text(kChain, {.excluded_layers = {"pool"}}), brief(R"(
    data = Input(shape=[1,2,4,4]) : f32[1,2,4,4]
    data_quantize = Quantize(data) : s8[1,2,4,4] scales=[0.125]
    conv0 = Convolution(data_quantize, w; activation=relu) : f32[1,2,4,4]
    pool = Pool(conv0; kernel=[2,2]) : f32[1,2,3,3]
    pool_quantize = Quantize(pool) : u8[1,2,3,3] scales=[0.25]
    conv1 = Convolution(pool_quantize, w) : s8[1,2,3,3] scales=[0.375]
    conv2 = Convolution(conv1, w) : f32[1,2,3,3]
    softmax = Softmax(conv2) : f32[1,2,3,3]
    return softmax
  )"));
}

TEST(Scheme, ExcludingEverythingLeavesTheGraph) {
  const Graph graph = parse_graph(kChain);
  const QuantizedModel model = quantized(kChain, {.excluded_layers = {"conv0", "conv1", "conv2"}});
  EXPECT_EQ(print_graph(model.graph), print_graph(graph));
}

TEST(Scheme, UnknownNameIsAnError) {
  const Graph graph = parse_graph(kChain);
  for (const auto& [name, message] :
       std::vector<std::pair<std::string, std::string>>{{"conv_1", "did you mean 'conv1'?"},
                                                        {"w", "no layer 'w'"},
                                                        {"data", "no layer 'data'"}}) {
    try {
      quantize(graph, {.excluded_layers = {name}}, nullptr);
      FAIL() << name;
    } catch (const Error& error) {
      EXPECT_THAT(error.what(), HasSubstr(message));
    }
    EXPECT_THROW(tensors_to_calibrate(graph, {.excluded_layers = {name}}), Error);
  }
}

TEST(Scheme, FirstConvolution) {
  EXPECT_THAT(reasons(quantized(kChain, {.exclude_first_conv = true}))["conv0"],
              "first convolution");
  EXPECT_THAT(reasons(quantized(kChain, {.dtype = QuantizedDType::u8}))["conv0"],
              "first convolution");
  EXPECT_THAT(reasons(quantized(kChain, {})), UnorderedElementsAre(Pair("softmax", testing::_)));
}

TEST(Scheme, Int8UsesNoU8) {
  const std::string text = quantized_text(kFire, {.dtype = QuantizedDType::s8});
  EXPECT_THAT(text, HasSubstr("s8[1,8,2,2] scales=[0.625]"));
  EXPECT_THAT(text, testing::Not(HasSubstr("u8[")));
}

TEST(Scheme, OneScalePerTensorForWeights) {
  const Graph per_tensor = quantized(kChain, {.per_channel_weights = false}).graph;
  const Graph per_channel = quantized(kChain, {}).graph;
  EXPECT_EQ(per_tensor[*per_tensor.find("w")].type.quant->scales.size(), 1U);
  EXPECT_EQ(per_channel[*per_channel.find("w")].type.quant->scales.size(), 2U);
  EXPECT_EQ(per_channel[*per_channel.find("w")].type.quant->axis, 0);
}

TEST(Parameters, WhatEntersIsU8WhenItWasNeverNegative) {
  const Graph graph = parse_graph(kChain);
  CalibrationTable table = numbered_ranges(graph, {});
  table.ranges["data"] = {{0, 255}, {0, 200}, {0, 127.5F}};
  EXPECT_THAT(print_graph(quantize(graph, {}, &table).graph),
              HasSubstr("Quantize(data) : u8[1,2,4,4] scales=[0.5]"));
  // What a convolution delivers might become negative with other images.
  table.ranges["conv1"].observed = {0, 1};
  EXPECT_THAT(print_graph(quantize(graph, {}, &table).graph),
              HasSubstr("conv1 = Convolution(pool, w) : s8"));
}

// Calibrated on images brighter than the mean: others are darker.
TEST(Parameters, WhatImagesCanBringDecidesOfTheInput) {
  const Graph graph = parse_graph(kChain);
  CalibrationTable table = numbered_ranges(graph, {});
  table.ranges["data"] = {{0.5F, 2}, {0, 2}, {0, 2}};
  const auto input = [&](const Range& possible) {
    const std::string text = print_graph(quantize(graph, {.input_range = possible}, &table).graph);
    const std::size_t at = text.find("Quantize(data)");
    return text.substr(at, text.find('\n', at) - at);
  };
  EXPECT_EQ(input({-1, 2.1F}), "Quantize(data) : s8[1,2,4,4] scales=[0.015748031]");  // 2 / 127
  // Ends that calibration saw nothing near of are taken in, others are not.
  EXPECT_EQ(input({-25.4F, 2}), "Quantize(data) : s8[1,2,4,4] scales=[0.2]");
  EXPECT_EQ(input({-1, 12.7F}), "Quantize(data) : s8[1,2,4,4] scales=[0.1]");
  EXPECT_EQ(input({0, 255}), "Quantize(data) : u8[1,2,4,4] scales=[1]");
  EXPECT_EQ(input({0.5F, 2.05F}), "Quantize(data) : u8[1,2,4,4] scales=[0.007843138]");  // 2 / 255
}

// The same without calibration: the input's possible values are known all the same.
TEST(Parameters, WithoutCalibrationTheInputIsU8WhereItCannotBeNegative) {
  const Graph graph = parse_graph(kChain);
  const auto text = [&graph](const Range& possible) {
    return print_graph(quantize(graph, {.input_range = possible}, nullptr).graph);
  };
  EXPECT_THAT(text({0, 255}), HasSubstr("Quantize(data) : u8[1,2,4,4] dynamic"));
  EXPECT_THAT(text({-1, 255}), HasSubstr("Quantize(data) : s8[1,2,4,4] dynamic"));
}

// A batch norm in f32 was never negative in calibration; it can be.
TEST(Parameters, WhatMayBecomeNegativeIsS8WhateverCalibrationSaw) {
  const Graph graph = parse_graph(R"(
    data = Input(shape=[1,2,4,4])
    one = Constant() : f32[2] values=full(1)
    norm = BatchNorm(data, one, one, one, one)
    pool = Pool(norm; kernel=[2,2])
    w = Constant() : f32[2,2,1,1] values=[1,2,3,4]
    conv = Convolution(pool, w)
    return conv
  )");
  CalibrationTable table = numbered_ranges(graph, {});
  for (auto& [name, range] : table.ranges) range.observed = {0, 1};
  EXPECT_THAT(print_graph(quantize(graph, {}, &table).graph), HasSubstr("Quantize(pool) : s8"));
}

TEST(Parameters, AMissingRangeIsNamed) {
  const Graph graph = parse_graph(kChain);
  CalibrationTable table = numbered_ranges(graph, {});
  table.ranges.erase("conv0");
  try {
    quantize(graph, {}, &table);
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("no range of tensor 'conv0'"));
  }
}

TEST(Quantize, AQuantizedGraphIsAnError) {
  const Graph graph = quantize(parse_graph(kChain), {}, nullptr).graph;
  EXPECT_THROW(quantize(graph, {}, nullptr), Error);
}

TEST(QuantizedDType, Names) {
  for (const auto dtype : {QuantizedDType::automatic, QuantizedDType::s8, QuantizedDType::u8})
    EXPECT_EQ(quantized_dtype_from_string(to_string(dtype)), dtype);
  EXPECT_THROW(quantized_dtype_from_string("int4"), Error);
}

}  // namespace
}  // namespace qbench
