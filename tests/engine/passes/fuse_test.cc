// Fusion of residuals and activations: before and after.
#include "tests/engine/passes/golden.h"

namespace qbench {
namespace {

TEST(FuseConvActivation, EveryKind) {
  for (const std::string spec : {"relu", "clip(0,6)", "leaky(0.1)", "sigmoid", "tanh"}) {
    expect_rewrite("fuse_conv_activation",
                   R"(x = Input(shape=[1,1,2,2])
                      w = Constant() : f32[1,1,1,1] values=[2]
                      conv0 = Convolution(x, w)
                      act = Activation(conv0; spec=)" +
                       spec + R"()
                      y = Flatten(act)
                      return y)",
                   R"(x = Input(shape=[1,1,2,2]) : f32[1,1,2,2]
                      w = Constant() : f32[1,1,1,1] values=[2]
                      conv0 = Convolution(x, w; activation=)" +
                       spec + R"() : f32[1,1,2,2]
                      y = Flatten(conv0) : f32[1,4]
                      return y)");
  }
}

TEST(FuseConvActivation, TheOutputKeepsItsName) {
  expect_rewrite("fuse_conv_activation",
                 R"(x = Input(shape=[1,1,2,2])
                    w = Constant() : f32[1,1,1,1] values=[2]
                    conv0 = Convolution(x, w)
                    act = Activation(conv0; spec=relu)
                    return act)",
                 R"(x = Input(shape=[1,1,2,2]) : f32[1,1,2,2]
                    w = Constant() : f32[1,1,1,1] values=[2]
                    act = Convolution(x, w; activation=relu) : f32[1,1,2,2]
                    return act)");
}

TEST(FuseConvActivation, NotWhenTheConvolutionIsReadElsewhere) {
  const std::string graph =
      R"(x = Input(shape=[1,1,2,2])
         w = Constant() : f32[1,1,1,1] values=[2]
         conv0 = Convolution(x, w)
         act = Activation(conv0; spec=relu)
         sum = Add(act, conv0)
         return )";
  expect_rewrite("fuse_conv_activation", graph + "sum", "");
  expect_rewrite("fuse_conv_activation", graph + "act, conv0", "");
}

TEST(FuseConvActivation, NotASecondActivation) {
  expect_rewrite("fuse_conv_activation",
                 R"(x = Input(shape=[1,1,2,2])
                    w = Constant() : f32[1,1,1,1] values=[2]
                    conv0 = Convolution(x, w; activation=clip(0,6))
                    act = Activation(conv0; spec=relu)
                    return act)",
                 "");
}

TEST(FuseConvActivation, QuantizedNodesStay) {
  expect_rewrite("fuse_conv_activation",
                 R"(x = Input(shape=[1,1,2,2])
                    q = Quantize(x) : s8[1,1,2,2] scales=[0.1]
                    w = Constant() : s8[1,1,1,1] scales=[0.5] values=[2]
                    conv0 = Convolution(q, w) : s8[1,1,2,2] scales=[0.1]
                    act = Activation(conv0; spec=relu)
                    return act)",
                 "");
}

TEST(FuseFcActivation, Relu) {
  expect_rewrite("fuse_fc_activation",
                 R"(x = Input(shape=[1,2])
                    w = Constant() : f32[1,2] values=[2,3]
                    b = Constant() : f32[1] values=[1]
                    fc = FullyConnected(x, w, b; has_bias=true)
                    act = Activation(fc; spec=relu)
                    y = Softmax(act)
                    return y)",
                 R"(x = Input(shape=[1,2]) : f32[1,2]
                    w = Constant() : f32[1,2] values=[2,3]
                    b = Constant() : f32[1] values=[1]
                    fc = FullyConnected(x, w, b; has_bias=true, activation=relu) : f32[1,1]
                    y = Softmax(fc) : f32[1,1]
                    return y)");
}

TEST(FuseAddActivation, Relu) {
  expect_rewrite("fuse_add_activation",
                 R"(x = Input(shape=[1,2])
                    y = Input(shape=[1,2])
                    sum = Add(x, y)
                    act = Activation(sum; spec=relu)
                    z = Softmax(act)
                    return z)",
                 R"(x = Input(shape=[1,2]) : f32[1,2]
                    y = Input(shape=[1,2]) : f32[1,2]
                    sum = Add(x, y; activation=relu) : f32[1,2]
                    z = Softmax(sum) : f32[1,2]
                    return z)");
}

constexpr std::string_view kTwoBranches =
    R"(x = Input(shape=[1,1,2,2])
       v = Constant() : f32[1,1,1,1] values=[2]
       w = Constant() : f32[1,1,1,1] values=[3]
       first = Convolution(x, v)
       second = Convolution(x, w)
       )";

TEST(FuseConvResidual, TheLaterConvolutionTakesTheSum) {
  for (const std::string operands : {"first, second", "second, first"}) {
    expect_rewrite("fuse_conv_residual", std::string(kTwoBranches) + "sum = Add(" + operands + R"()
                      y = Flatten(sum)
                      return y)",
                   R"(x = Input(shape=[1,1,2,2]) : f32[1,1,2,2]
                      v = Constant() : f32[1,1,1,1] values=[2]
                      w = Constant() : f32[1,1,1,1] values=[3]
                      first = Convolution(x, v) : f32[1,1,2,2]
                      second = Convolution(x, w, first; has_residual=true) : f32[1,1,2,2]
                      y = Flatten(second) : f32[1,4]
                      return y)");
  }
}

TEST(FuseConvResidual, AnEarlierConvolutionMovesBehindItsResidual) {
  expect_rewrite("fuse_conv_residual",
                 R"(x = Input(shape=[1,1,2,2])
                    v = Constant() : f32[1,1,1,1] values=[2]
                    b = Constant() : f32[1] values=[1]
                    conv = Convolution(x, v, b; has_bias=true)
                    act = Activation(x; spec=tanh)
                    sum = Add(act, conv; activation=relu)
                    y = Flatten(sum)
                    return y)",
                 R"(x = Input(shape=[1,1,2,2]) : f32[1,1,2,2]
                    v = Constant() : f32[1,1,1,1] values=[2]
                    b = Constant() : f32[1] values=[1]
                    act = Activation(x; spec=tanh) : f32[1,1,2,2]
                    conv = Convolution(x, v, b, act; has_bias=true, has_residual=true, activation=relu) : f32[1,1,2,2]
                    y = Flatten(conv) : f32[1,4]
                    return y)");
}

TEST(FuseConvResidual, ChainsOfSums) {
  expect_rewrite("fuse_conv_residual", std::string(kTwoBranches) + R"(one = Add(first, x)
                    two = Add(second, one)
                    three = Add(two, x)
                    y = Flatten(three)
                    return y)",
                 R"(x = Input(shape=[1,1,2,2]) : f32[1,1,2,2]
                    v = Constant() : f32[1,1,1,1] values=[2]
                    w = Constant() : f32[1,1,1,1] values=[3]
                    first = Convolution(x, v, x; has_residual=true) : f32[1,1,2,2]
                    second = Convolution(x, w, first; has_residual=true) : f32[1,1,2,2]
                    three = Add(second, x) : f32[1,1,2,2]
                    y = Flatten(three) : f32[1,4]
                    return y)");
}

TEST(FuseConvResidual, WhatStays) {
  const std::string head(kTwoBranches);
  const std::string bodies[] = {
      "sum = Add(first, first)\n return sum",                         // one value twice
      "sum = Add(first, x)\n return sum, first",                      // an output
      "sum = Add(first, x)\n p = Multiply(first, sum)\n return p",    // another reader
      "a = Activation(first; spec=relu)\n s = Add(a, x)\n return s",  // activation before the sum
      "c = Constant() : f32[1,1,1,1] values=[1]\n s = Add(first, c)\n return s",  // broadcast
  };
  for (const std::string& body : bodies) expect_rewrite("fuse_conv_residual", head + body, "");
}

}  // namespace
}  // namespace qbench
