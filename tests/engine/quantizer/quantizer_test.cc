// What quantization makes of each architecture's building block.
#include "engine/quantizer/quantizer.h"

#include <gmock/gmock.h>

#include "engine/core/error.h"
#include "tests/engine/quantizer/architectures.h"
#include "tests/engine/quantizer/golden.h"

namespace qbench {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

// What is joined has one scale, so that joining and pooling copy. The classifier has no reader in
// INT8 and delivers f32.
TEST(Quantize, Fire) {
  EXPECT_EQ(quantized_text(kFire), brief(R"(
    data = Input(shape=[1,3,9,9]) : f32[1,3,9,9]
    data_quantize = Quantize(data) : s8[1,3,9,9] scales=[0.125]
    conv0 = Convolution(data_quantize, w0; stride=[2,2], padding=[1,1,1,1], activation=relu) : u8[1,4,5,5] scales=[0.25]
    pool0 = Pool(conv0; kernel=[3,3], stride=[2,2]) : u8[1,4,2,2] scales=[0.25]
    squeeze = Convolution(pool0, w1; activation=relu) : u8[1,2,2,2] scales=[0.375]
    expand1 = Convolution(squeeze, w2; activation=relu) : u8[1,4,2,2] scales=[0.625]
    expand3 = Convolution(squeeze, w3; padding=[1,1,1,1], activation=relu) : u8[1,4,2,2] scales=[0.625]
    join = Concat(expand1, expand3) : u8[1,8,2,2] scales=[0.625]
    pool1 = Pool(join; kernel=[2,2], stride=[2,2]) : u8[1,8,1,1] scales=[0.625]
    conv10 = Convolution(pool1, w4, b4; has_bias=true, activation=relu) : f32[1,10,1,1]
    pool2 = Pool(conv10; kind=average, global=true) : f32[1,10,1,1]
    flat = Flatten(pool2) : f32[1,10]
    softmax = Softmax(flat) : f32[1,10]
    return softmax
  )"));
}

// Residual sums are INT8 inside the convolutions; the shortcut has a scale of its own. The global
// pool has its own scale, finer than that of what it averages.
TEST(Quantize, ResNetV1) {
  EXPECT_EQ(quantized_text(kResNetV1), brief(R"(
    data = Input(shape=[1,4,8,8]) : f32[1,4,8,8]
    data_quantize = Quantize(data) : s8[1,4,8,8] scales=[0.125]
    stem = Convolution(data_quantize, w; padding=[1,1,1,1], activation=relu) : u8[1,4,8,8] scales=[0.25]
    shortcut = Convolution(stem, w3; stride=[2,2]) : s8[1,8,4,4] scales=[0.375]
    conv0 = Convolution(stem, w0; stride=[2,2], activation=relu) : u8[1,2,4,4] scales=[0.5]
    conv1 = Convolution(conv0, w1; padding=[1,1,1,1], activation=relu) : u8[1,2,4,4] scales=[0.625]
    conv2 = Convolution(conv1, w2, shortcut; has_residual=true, activation=relu) : u8[1,8,4,4] scales=[0.75]
    conv3 = Convolution(conv2, w4, conv2; padding=[1,1,1,1], has_residual=true, activation=relu) : u8[1,8,4,4] scales=[0.875]
    pool = Pool(conv3; kind=average, global=true) : u8[1,8,1,1] scales=[1]
    fc = FullyConnected(pool, wf, bf; has_bias=true) : f32[1,5]
    return fc
  )"));
}

// The residual stream is read by batch norms, which are f32: it stays f32 all along.
TEST(Quantize, ResNetV2) {
  EXPECT_EQ(quantized_text(kResNetV2), brief(R"(
    data = Input(shape=[1,4,8,8]) : f32[1,4,8,8]
    data_quantize = Quantize(data) : s8[1,4,8,8] scales=[0.125]
    conv0 = Convolution(data_quantize, w0; padding=[1,1,1,1]) : f32[1,4,8,8]
    bn1 = BatchNorm(conv0, g, b, b, g) : f32[1,4,8,8]
    relu1 = Activation(bn1; spec=relu) : f32[1,4,8,8]
    relu1_quantize = Quantize(relu1) : u8[1,4,8,8] scales=[0.25]
    conv1 = Convolution(relu1_quantize, w0; padding=[1,1,1,1], activation=relu) : u8[1,4,8,8] scales=[0.375]
    conv2 = Convolution(conv1, w1, conv0; has_residual=true) : f32[1,4,8,8]
    bn2 = BatchNorm(conv2, g, b, b, g) : f32[1,4,8,8]
    relu2 = Activation(bn2; spec=relu) : f32[1,4,8,8]
    relu2_quantize = Quantize(relu2) : u8[1,4,8,8] scales=[0.5]
    conv3 = Convolution(relu2_quantize, w1, conv2; has_residual=true) : f32[1,4,8,8]
    bn3 = BatchNorm(conv3, g, b, b, g) : f32[1,4,8,8]
    relu3 = Activation(bn3; spec=relu) : f32[1,4,8,8]
    pool = Pool(relu3; kind=average, global=true) : f32[1,4,1,1]
    pool_quantize = Quantize(pool) : u8[1,4,1,1] scales=[0.625]
    fc = FullyConnected(pool_quantize, wf) : f32[1,5]
    return fc
  )"));
}

// The linear layer may be negative: s8.
TEST(Quantize, MobileNet) {
  EXPECT_EQ(quantized_text(kMobileNet), brief(R"(
    data = Input(shape=[1,3,8,8]) : f32[1,3,8,8]
    data_quantize = Quantize(data) : s8[1,3,8,8] scales=[0.125]
    conv0 = Convolution(data_quantize, w0; stride=[2,2], padding=[0,0,1,1], activation=clip(0,6)) : u8[1,4,4,4] scales=[0.25]
    depthwise = Convolution(conv0, w1; padding=[1,1,1,1], groups=4, activation=clip(0,6)) : u8[1,4,4,4] scales=[0.375]
    linear = Convolution(depthwise, w2) : s8[1,8,4,4] scales=[0.5]
    pointwise = Convolution(linear, w3; activation=clip(0,6)) : u8[1,8,4,4] scales=[0.625]
    pool = Pool(pointwise; kind=average, global=true) : u8[1,8,1,1] scales=[0.75]
    fc = FullyConnected(pool, wf) : f32[1,5]
    softmax = Softmax(fc) : f32[1,5]
    return softmax
  )"));
}

// The heads read integers and deliver f32: what rearranges, joins and interprets their results is
// as exact as in FP32. The normalization reads the features that the trunk reads as integers.
TEST(Quantize, Ssd) {
  EXPECT_EQ(quantized_text(kSsd), brief(R"(
    data = Input(shape=[1,3,8,8]) : f32[1,3,8,8]
    data_quantize = Quantize(data) : s8[1,3,8,8] scales=[0.125]
    conv0 = Convolution(data_quantize, w0; padding=[1,1,1,1], activation=relu) : u8[1,4,8,8] scales=[0.25]
    conv0_dequantize = Dequantize(conv0) : f32[1,4,8,8]
    norm = L2Normalize(conv0_dequantize) : f32[1,4,8,8]
    scaled = Multiply(norm, factor) : f32[1,4,8,8]
    scaled_quantize = Quantize(scaled) : s8[1,4,8,8] scales=[0.375]
    loc0 = Convolution(scaled_quantize, w1; padding=[1,1,1,1]) : f32[1,4,8,8]
    loc0_t = Transpose(loc0; permutation=[0,2,3,1]) : f32[1,8,8,4]
    loc0_flat = Flatten(loc0_t) : f32[1,256]
    cls0 = Convolution(scaled_quantize, w2; padding=[1,1,1,1]) : f32[1,3,8,8]
    cls0_t = Transpose(cls0; permutation=[0,2,3,1]) : f32[1,8,8,3]
    cls0_flat = Flatten(cls0_t) : f32[1,192]
    pool = Pool(conv0; kernel=[2,2], stride=[2,2]) : u8[1,4,4,4] scales=[0.25]
    conv1 = Convolution(pool, w3; dilation=[2,2], padding=[2,2,2,2], activation=relu) : u8[1,4,4,4] scales=[0.5]
    loc1 = Convolution(conv1, w1; padding=[1,1,1,1]) : f32[1,4,4,4]
    loc1_t = Transpose(loc1; permutation=[0,2,3,1]) : f32[1,4,4,4]
    loc1_flat = Flatten(loc1_t) : f32[1,64]
    cls1 = Convolution(conv1, w2; padding=[1,1,1,1]) : f32[1,3,4,4]
    cls1_t = Transpose(cls1; permutation=[0,2,3,1]) : f32[1,4,4,3]
    cls1_flat = Flatten(cls1_t) : f32[1,48]
    loc = Concat(loc0_flat, loc1_flat) : f32[1,320]
    cls = Concat(cls0_flat, cls1_flat) : f32[1,240]
    cls_by_anchor = Reshape(cls; dims=[0,-1,3]) : f32[1,80,3]
    cls_by_class = Transpose(cls_by_anchor; permutation=[0,2,1]) : f32[1,3,80]
    prob = Softmax(cls_by_class) : f32[1,3,80]
    detection = MultiBoxDetection(prob, loc, anchors) : f32[1,80,6]
    return prob, detection
  )"));
  const Graph graph = parse_graph(kSsd);
  const CalibrationTable table = numbered_ranges(graph, {});
  const std::map<std::string, std::string> left = reasons(quantize(graph, {}, &table));
  EXPECT_EQ(left.size(), 16U);
  EXPECT_EQ(left.at("norm"), "no INT8 form of this operator");
  EXPECT_EQ(left.at("loc0_t"), "no INT8 layer reads it");
  EXPECT_EQ(left.at("cls"), "no INT8 layer reads it");
  EXPECT_EQ(left.at("prob"), "no INT8 form of this operator");
}

// Averaging keeps the scale. Of the values that the last block joins, those of the pool have
// another reader with their own scale: joining rescales them.
TEST(Quantize, Inception) {
  EXPECT_EQ(quantized_text(kInception), brief(R"(
    data = Input(shape=[1,3,8,8]) : f32[1,3,8,8]
    data_quantize = Quantize(data) : s8[1,3,8,8] scales=[0.125]
    stem = Convolution(data_quantize, w0; activation=relu) : u8[1,4,8,8] scales=[0.25]
    a1 = Convolution(stem, w1; activation=relu) : u8[1,2,8,8] scales=[0.625]
    a3 = Convolution(stem, w2; padding=[1,1,1,1], activation=relu) : u8[1,3,8,8] scales=[0.625]
    average = Pool(stem; kind=average, kernel=[3,3], padding=[1,1,1,1]) : u8[1,4,8,8] scales=[0.25]
    projection = Convolution(average, w3; activation=relu) : u8[1,2,8,8] scales=[0.625]
    join_a = Concat(a1, a3, projection) : u8[1,7,8,8] scales=[0.625]
    b3 = Convolution(join_a, w4; stride=[2,2], padding=[1,1,1,1], activation=relu) : u8[1,3,4,4] scales=[0.75]
    pool_b = Pool(join_a; kernel=[3,3], stride=[2,2], padding=[1,1,1,1]) : u8[1,7,4,4] scales=[0.625]
    join_b = Concat(b3, pool_b) : u8[1,10,4,4] scales=[0.75]
    last = Convolution(join_b, w5; activation=relu) : f32[1,6,4,4]
    return last
  )"));
}

// Without a table: ranges are found at run time, and everything between the layers is f32.
TEST(Quantize, WithoutCalibration) {
  const QuantizedModel model = quantize(parse_graph(kFire), {}, nullptr);
  EXPECT_EQ(brief(print_graph(model.graph)), brief(R"(
    data = Input(shape=[1,3,9,9]) : f32[1,3,9,9]
    data_quantize = Quantize(data) : s8[1,3,9,9] dynamic
    conv0 = Convolution(data_quantize, w0; stride=[2,2], padding=[1,1,1,1], activation=relu) : f32[1,4,5,5]
    pool0 = Pool(conv0; kernel=[3,3], stride=[2,2]) : f32[1,4,2,2]
    pool0_quantize = Quantize(pool0) : u8[1,4,2,2] dynamic
    squeeze = Convolution(pool0_quantize, w1; activation=relu) : f32[1,2,2,2]
    squeeze_quantize = Quantize(squeeze) : u8[1,2,2,2] dynamic
    expand1 = Convolution(squeeze_quantize, w2; activation=relu) : f32[1,4,2,2]
    expand3 = Convolution(squeeze_quantize, w3; padding=[1,1,1,1], activation=relu) : f32[1,4,2,2]
    join = Concat(expand1, expand3) : f32[1,8,2,2]
    pool1 = Pool(join; kernel=[2,2], stride=[2,2]) : f32[1,8,1,1]
    pool1_quantize = Quantize(pool1) : u8[1,8,1,1] dynamic
    conv10 = Convolution(pool1_quantize, w4, b4; has_bias=true, activation=relu) : f32[1,10,1,1]
    pool2 = Pool(conv10; kind=average, global=true) : f32[1,10,1,1]
    flat = Flatten(pool2) : f32[1,10]
    softmax = Softmax(flat) : f32[1,10]
    return softmax
  )"));
  EXPECT_EQ(reasons(model)["pool0"], "without calibration only layers with weights are INT8");
}

// Joining s8 and u8: all are s8, since joining copies. Sums and activations have their own scale.
TEST(Quantize, JoinsAndSumsOfDifferentSigns) {
  EXPECT_EQ(quantized_text(R"(
    data = Input(shape=[1,2,4,4])
    w = Constant() : f32[2,2,1,1] values=[1,2,3,4]
    a = Convolution(data, w; activation=relu)
    b = Convolution(data, w)
    join = Concat(a, b)
    wide = Constant() : f32[2,4,1,1] values=random(1)
    c = Convolution(join, wide)
    d = Convolution(join, wide; activation=sigmoid)
    sum = Add(c, d; activation=relu)
    bounded = Activation(sum; spec=clip(0,1))
    padded = Pad(bounded; padding=[1,1,1,1])
    e = Convolution(padded, w)
    return e
  )"),
            brief(R"(
    data = Input(shape=[1,2,4,4]) : f32[1,2,4,4]
    data_quantize = Quantize(data) : s8[1,2,4,4] scales=[0.125]
    a = Convolution(data_quantize, w; activation=relu) : s8[1,2,4,4] scales=[0.375]
    b = Convolution(data_quantize, w) : s8[1,2,4,4] scales=[0.375]
    join = Concat(a, b) : s8[1,4,4,4] scales=[0.375]
    c = Convolution(join, wide) : s8[1,2,4,4] scales=[0.5]
    d = Convolution(join, wide; activation=sigmoid) : u8[1,2,4,4] scales=[0.625]
    sum = Add(c, d; activation=relu) : u8[1,2,4,4] scales=[0.75]
    bounded = Activation(sum; spec=clip(0,1)) : u8[1,2,4,4] scales=[0.875]
    padded = Pad(bounded; padding=[1,1,1,1]) : u8[1,2,6,6] scales=[0.875]
    e = Convolution(padded, w) : f32[1,2,6,6]
    return e
  )"));
}

// A value with readers of both kinds is stored quantized, and brought back to f32 once.
TEST(Quantize, ReadersOfBothKinds) {
  EXPECT_EQ(quantized_text(R"(
    data = Input(shape=[1,2,4,4])
    w = Constant() : f32[2,2,1,1] values=[1,2,3,4]
    a = Convolution(data, w; activation=relu)
    a_dequantize = L2Normalize(a)
    s = Softmax(a)
    b = Convolution(a, w)
    return a_dequantize, s, b, a
  )"),
            brief(R"(
    data = Input(shape=[1,2,4,4]) : f32[1,2,4,4]
    data_quantize = Quantize(data) : s8[1,2,4,4] scales=[0.125]
    a = Convolution(data_quantize, w; activation=relu) : u8[1,2,4,4] scales=[0.25]
    a_dequantize_2 = Dequantize(a) : f32[1,2,4,4]
    a_dequantize = L2Normalize(a_dequantize_2) : f32[1,2,4,4]
    s = Softmax(a_dequantize_2) : f32[1,2,4,4]
    b = Convolution(a, w) : f32[1,2,4,4]
    return a_dequantize, s, b, a_dequantize_2
  )"));
}

TEST(Quantize, LayersWithoutConstantWeightsStay) {
  const Graph graph = parse_graph(R"(
    data = Input(shape=[1,2,2,2])
    w = Input(shape=[2,2,1,1])
    c = Constant() : f32[1,2,2,2] values=full(1)
    k = Constant() : f32[2,2,1,1] values=full(1)
    a = Convolution(data, w)
    b = Convolution(c, k)
    d = Convolution(data, k, c; has_residual=true)
    return a, b, d
  )");
  EXPECT_THAT(tensors_to_calibrate(graph, {}), testing::IsEmpty());
  EXPECT_THAT(
      reasons(quantize(graph, {}, nullptr)),
      UnorderedElementsAre(Pair("a", "its weights are no f32 constants"),
                           Pair("b", "it reads a constant"), Pair("d", "it reads a constant")));
}

}  // namespace
}  // namespace qbench
