// What all passes together make of each architecture's building block. Weights are too many to
// print, so the values of constants are left out of the texts.
#include "tests/engine/passes/golden.h"

namespace qbench {
namespace {

std::string without_values(std::string_view text) {
  std::string result;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    result += line.substr(0, std::min(line.find(" hash="), line.find(" values=")));
    result += '\n';
    text.remove_prefix(line.size() + 1);
  }
  return result;
}

void expect_optimized(std::string_view before, std::string_view after) {
  const Graph optimized = optimize(parse_graph(before));
  EXPECT_EQ(without_values(print_graph(optimized)), flush_left(after));
}

TEST(Architectures, PlainConvolutionNormRelu) {
  expect_optimized(R"(
    data = Input(shape=[1,3,8,8])
    conv0_weight = Constant() : f32[4,3,3,3] values=random(1)
    bn0_gamma = Constant() : f32[4] values=random(2)
    bn0_beta = Constant() : f32[4] values=random(3)
    bn0_moving_mean = Constant() : f32[4] values=random(4)
    bn0_moving_var = Constant() : f32[4] values=random(5,0.5,2)
    conv0 = Convolution(data, conv0_weight; padding=[1,1,1,1])
    bn0 = BatchNorm(conv0, bn0_gamma, bn0_beta, bn0_moving_mean, bn0_moving_var)
    relu0 = Activation(bn0; spec=relu)
    pool0 = Pool(relu0; kernel=[2,2], stride=[2,2])
    flatten0 = Flatten(pool0)
    fc1_weight = Constant() : f32[5,64] values=random(6)
    fc1_bias = Constant() : f32[5] values=random(7)
    fc1 = FullyConnected(flatten0, fc1_weight, fc1_bias; has_bias=true)
    drop = Dropout(fc1)
    softmax = Softmax(drop)
    return softmax)",
                   R"(
    data = Input(shape=[1,3,8,8]) : f32[1,3,8,8]
    conv0_weight = Constant() : f32[4,3,3,3]
    conv0_bias = Constant() : f32[4]
    conv0 = Convolution(data, conv0_weight, conv0_bias; padding=[1,1,1,1], has_bias=true, activation=relu) : f32[1,4,8,8]
    pool0 = Pool(conv0; kernel=[2,2], stride=[2,2]) : f32[1,4,4,4]
    fc1_weight = Constant() : f32[5,64]
    fc1_bias = Constant() : f32[5]
    fc1 = FullyConnected(pool0, fc1_weight, fc1_bias; has_bias=true) : f32[1,5]
    softmax = Softmax(fc1) : f32[1,5]
    return softmax)");
}

TEST(Architectures, ResNetV1Bottleneck) {
  expect_optimized(R"(
    data = Input(shape=[1,4,8,8])
    g = Constant() : f32[2] values=random(1)
    v = Constant() : f32[2] values=random(2,0.5,2)
    g8 = Constant() : f32[8] values=random(3)
    v8 = Constant() : f32[8] values=random(4,0.5,2)
    w0 = Constant() : f32[2,4,1,1] values=random(5)
    b0 = Constant() : f32[2] values=random(6)
    w1 = Constant() : f32[2,2,3,3] values=random(7)
    w2 = Constant() : f32[8,2,1,1] values=random(8)
    b2 = Constant() : f32[8] values=random(9)
    w3 = Constant() : f32[8,4,1,1] values=random(10)
    conv3 = Convolution(data, w3; stride=[2,2])
    bn3 = BatchNorm(conv3, g8, g8, g8, v8; epsilon=1e-05)
    conv0 = Convolution(data, w0, b0; stride=[2,2], has_bias=true)
    bn0 = BatchNorm(conv0, g, g, g, v; epsilon=1e-05)
    relu0 = Activation(bn0; spec=relu)
    conv1 = Convolution(relu0, w1; padding=[1,1,1,1])
    bn1 = BatchNorm(conv1, g, g, g, v; epsilon=1e-05)
    relu1 = Activation(bn1; spec=relu)
    conv2 = Convolution(relu1, w2, b2; has_bias=true)
    bn2 = BatchNorm(conv2, g8, g8, g8, v8; epsilon=1e-05)
    plus0 = Add(bn3, bn2)
    relu2 = Activation(plus0; spec=relu)
    pool1 = Pool(relu2; kind=average, global=true)
    return pool1)",
                   R"(
    data = Input(shape=[1,4,8,8]) : f32[1,4,8,8]
    w0 = Constant() : f32[2,4,1,1]
    b0 = Constant() : f32[2]
    w1 = Constant() : f32[2,2,3,3]
    w2 = Constant() : f32[8,2,1,1]
    b2 = Constant() : f32[8]
    w3 = Constant() : f32[8,4,1,1]
    conv3_bias = Constant() : f32[8]
    conv3 = Convolution(data, w3, conv3_bias; stride=[2,2], has_bias=true) : f32[1,8,4,4]
    conv0 = Convolution(data, w0, b0; stride=[2,2], has_bias=true, activation=relu) : f32[1,2,4,4]
    conv1_bias = Constant() : f32[2]
    conv1 = Convolution(conv0, w1, conv1_bias; padding=[1,1,1,1], has_bias=true, activation=relu) : f32[1,2,4,4]
    conv2 = Convolution(conv1, w2, b2, conv3; has_bias=true, has_residual=true, activation=relu) : f32[1,8,4,4]
    pool1 = Pool(conv2; kind=average, global=true) : f32[1,8,1,1]
    return pool1)");
}

TEST(Architectures, ResNetV2PreActivation) {
  expect_optimized(R"(
    data = Input(shape=[1,4,8,8])
    g = Constant() : f32[4] values=random(1)
    v = Constant() : f32[4] values=random(2,0.5,2)
    w0 = Constant() : f32[4,4,3,3] values=random(3)
    w1 = Constant() : f32[4,4,1,1] values=random(4)
    w2 = Constant() : f32[4,4,3,3] values=random(5)
    bn_data = BatchNorm(data, g, g, g, v; epsilon=2e-05, fix_gamma=true)
    conv0 = Convolution(bn_data, w0; padding=[1,1,1,1])
    bn1 = BatchNorm(conv0, g, g, g, v; epsilon=2e-05)
    relu1 = Activation(bn1; spec=relu)
    conv1 = Convolution(relu1, w1)
    bn2 = BatchNorm(conv1, g, g, g, v; epsilon=2e-05)
    relu2 = Activation(bn2; spec=relu)
    conv2 = Convolution(relu2, w2; padding=[1,1,1,1])
    plus0 = Add(conv2, relu1)
    unit2_bn1 = BatchNorm(plus0, g, g, g, v; epsilon=2e-05)
    unit2_relu1 = Activation(unit2_bn1; spec=relu)
    unit2_conv1 = Convolution(unit2_relu1, w1)
    plus1 = Add(unit2_conv1, plus0)
    return plus1)",
                   R"(
    data = Input(shape=[1,4,8,8]) : f32[1,4,8,8]
    g = Constant() : f32[4]
    v = Constant() : f32[4]
    w0 = Constant() : f32[4,4,3,3]
    w1 = Constant() : f32[4,4,1,1]
    w2 = Constant() : f32[4,4,3,3]
    bn_data = BatchNorm(data, g, g, g, v; epsilon=2e-05, fix_gamma=true) : f32[1,4,8,8]
    conv0_bias = Constant() : f32[4]
    conv0 = Convolution(bn_data, w0, conv0_bias; padding=[1,1,1,1], has_bias=true, activation=relu) : f32[1,4,8,8]
    w1_1 = Constant() : f32[4,4,1,1]
    conv1_bias = Constant() : f32[4]
    conv1 = Convolution(conv0, w1_1, conv1_bias; has_bias=true, activation=relu) : f32[1,4,8,8]
    conv2 = Convolution(conv1, w2, conv0; padding=[1,1,1,1], has_residual=true) : f32[1,4,8,8]
    unit2_bn1 = BatchNorm(conv2, g, g, g, v; epsilon=2e-05) : f32[1,4,8,8]
    unit2_relu1 = Activation(unit2_bn1; spec=relu) : f32[1,4,8,8]
    plus1 = Convolution(unit2_relu1, w1, conv2; has_residual=true) : f32[1,4,8,8]
    return plus1)");
}

TEST(Architectures, SqueezeNetFire) {
  expect_optimized(R"(
    data = Input(shape=[1,8,7,7])
    w0 = Constant() : f32[4,8,1,1] values=random(1)
    b0 = Constant() : f32[4] values=random(2)
    w1 = Constant() : f32[6,4,1,1] values=random(3)
    w2 = Constant() : f32[6,4,3,3] values=random(4)
    b1 = Constant() : f32[6] values=random(5)
    squeeze = Convolution(data, w0, b0; has_bias=true)
    squeeze_relu = Activation(squeeze; spec=relu)
    expand1 = Convolution(squeeze_relu, w1, b1; has_bias=true)
    expand1_relu = Activation(expand1; spec=relu)
    expand3 = Convolution(squeeze_relu, w2, b1; padding=[1,1,1,1], has_bias=true)
    expand3_relu = Activation(expand3; spec=relu)
    concat0 = Concat(expand1_relu, expand3_relu)
    pool0 = Pool(concat0; kernel=[3,3], stride=[2,2], ceil_mode=true)
    dropout0 = Dropout(pool0)
    w3 = Constant() : f32[5,12,1,1] values=random(6)
    classes = Convolution(dropout0, w3)
    classes_relu = Activation(classes; spec=relu)
    pool1 = Pool(classes_relu; kind=average, kernel=[3,3], stride=[3,3])
    flatten0 = Flatten(pool1)
    return flatten0)",
                   R"(
    data = Input(shape=[1,8,7,7]) : f32[1,8,7,7]
    w0 = Constant() : f32[4,8,1,1]
    b0 = Constant() : f32[4]
    w1 = Constant() : f32[6,4,1,1]
    w2 = Constant() : f32[6,4,3,3]
    b1 = Constant() : f32[6]
    squeeze = Convolution(data, w0, b0; has_bias=true, activation=relu) : f32[1,4,7,7]
    expand1 = Convolution(squeeze, w1, b1; has_bias=true, activation=relu) : f32[1,6,7,7]
    expand3 = Convolution(squeeze, w2, b1; padding=[1,1,1,1], has_bias=true, activation=relu) : f32[1,6,7,7]
    concat0 = Concat(expand1, expand3) : f32[1,12,7,7]
    pool0 = Pool(concat0; kernel=[3,3], stride=[2,2], ceil_mode=true) : f32[1,12,3,3]
    w3 = Constant() : f32[5,12,1,1]
    classes = Convolution(pool0, w3; activation=relu) : f32[1,5,3,3]
    pool1 = Pool(classes; kind=average, kernel=[3,3], stride=[3,3]) : f32[1,5,1,1]
    flatten0 = Flatten(pool1) : f32[1,5]
    return flatten0)");
}

TEST(Architectures, MobileNetWithExplicitPaddingAndRelu6) {
  expect_optimized(R"(
    data = Input(shape=[1,4,8,8])
    g = Constant() : f32[4] values=random(1)
    v = Constant() : f32[4] values=random(2,0.5,2)
    g6 = Constant() : f32[6] values=random(3)
    v6 = Constant() : f32[6] values=random(4,0.5,2)
    w0 = Constant() : f32[4,1,3,3] values=random(5)
    w1 = Constant() : f32[6,4,1,1] values=random(6)
    pad0 = Pad(data; padding=[0,0,1,1])
    dw = Convolution(pad0, w0; stride=[2,2], groups=4)
    dw_bn = BatchNorm(dw, g, g, g, v)
    dw_clip = Activation(dw_bn; spec=clip(0,6))
    pw = Convolution(dw_clip, w1)
    pw_bn = BatchNorm(pw, g6, g6, g6, v6)
    pw_clip = Activation(pw_bn; spec=clip(0,6))
    out = Pool(pw_clip; kind=average, global=true)
    return out)",
                   R"(
    data = Input(shape=[1,4,8,8]) : f32[1,4,8,8]
    w0 = Constant() : f32[4,1,3,3]
    w1 = Constant() : f32[6,4,1,1]
    dw_bias = Constant() : f32[4]
    dw = Convolution(data, w0, dw_bias; stride=[2,2], padding=[0,0,1,1], groups=4, has_bias=true, activation=clip(0,6)) : f32[1,4,4,4]
    pw_bias = Constant() : f32[6]
    pw = Convolution(dw, w1, pw_bias; has_bias=true, activation=clip(0,6)) : f32[1,6,4,4]
    out = Pool(pw; kind=average, global=true) : f32[1,6,1,1]
    return out)");
}

TEST(Architectures, InceptionModule) {
  expect_optimized(R"(
    data = Input(shape=[1,4,7,7])
    g = Constant() : f32[2] values=random(1)
    v = Constant() : f32[2] values=random(2,0.5,2)
    w0 = Constant() : f32[2,4,1,1] values=random(3)
    w1 = Constant() : f32[2,4,1,1] values=random(4)
    w2 = Constant() : f32[2,2,1,7] values=random(5)
    w3 = Constant() : f32[2,4,1,1] values=random(6)
    c0 = Convolution(data, w0)
    bn0 = BatchNorm(c0, g, g, g, v)
    r0 = Activation(bn0; spec=relu)
    c1 = Convolution(data, w1)
    bn1 = BatchNorm(c1, g, g, g, v)
    r1 = Activation(bn1; spec=relu)
    c2 = Convolution(r1, w2; padding=[0,3,0,3])
    bn2 = BatchNorm(c2, g, g, g, v)
    r2 = Activation(bn2; spec=relu)
    pool = Pool(data; kind=average, kernel=[3,3], padding=[1,1,1,1])
    c3 = Convolution(pool, w3)
    bn3 = BatchNorm(c3, g, g, g, v)
    r3 = Activation(bn3; spec=relu)
    concat = Concat(r0, r2, r3)
    return concat)",
                   R"(
    data = Input(shape=[1,4,7,7]) : f32[1,4,7,7]
    w0 = Constant() : f32[2,4,1,1]
    w1 = Constant() : f32[2,4,1,1]
    w2 = Constant() : f32[2,2,1,7]
    w3 = Constant() : f32[2,4,1,1]
    c0_bias = Constant() : f32[2]
    c0 = Convolution(data, w0, c0_bias; has_bias=true, activation=relu) : f32[1,2,7,7]
    c1_bias = Constant() : f32[2]
    c1 = Convolution(data, w1, c1_bias; has_bias=true, activation=relu) : f32[1,2,7,7]
    c2_bias = Constant() : f32[2]
    c2 = Convolution(c1, w2, c2_bias; padding=[0,3,0,3], has_bias=true, activation=relu) : f32[1,2,7,7]
    pool = Pool(data; kind=average, kernel=[3,3], padding=[1,1,1,1]) : f32[1,4,7,7]
    c3_bias = Constant() : f32[2]
    c3 = Convolution(pool, w3, c3_bias; has_bias=true, activation=relu) : f32[1,2,7,7]
    concat = Concat(c0, c2, c3) : f32[1,6,7,7]
    return concat)");
}

}  // namespace
}  // namespace qbench
