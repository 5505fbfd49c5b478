// Removing and folding: before and after.
#include <fmt/format.h>

#include "tests/engine/passes/golden.h"

namespace qbench {
namespace {

TEST(RemoveIdentity, WhatHandsOnItsInputGoes) {
  for (const std::string op :
       {"Dropout(x)", "Identity(x)", "Reshape(x; dims=[0,2,-1,2])",
        "Transpose(x; permutation=[0,1,2,3])", "Pad(x; value=3)", "Activation(x)", "Concat(x)",
        "Pool(x; kind=average)", "Pool(x; ceil_mode=true)"}) {
    const std::string head = "x = Input(shape=[1,2,2,2]) : f32[1,2,2,2]\n";
    expect_rewrite("remove_identity", head + "y = " + op + "\nz = Softmax(y)\nreturn z",
                   head + "z = Softmax(x) : f32[1,2,2,2]\nreturn z");
  }
}

TEST(RemoveIdentity, WhatChangesItsInputStays) {
  for (const std::string op :
       {"Flatten(x)", "Reshape(x; dims=[0,4,-1])", "Transpose(x; permutation=[0,1,3,2])",
        "Pad(x; padding=[0,0,0,1])", "Activation(x; spec=relu)", "Concat(x, x)",
        "Pool(x; global=true)", "Pool(x; stride=[2,2])", "Pool(x; kernel=[1,2])"}) {
    expect_rewrite("remove_identity",
                   "x = Input(shape=[1,2,2,2])\n y = " + op + "\n z = Softmax(y)\n return z", "");
  }
}

TEST(RemoveIdentity, OutputsKeepTheirNames) {
  expect_rewrite("remove_identity",
                 R"(x = Input(shape=[1,2])
                    y = Dropout(x)
                    z = Identity(y)
                    return z, x)",
                 R"(x = Input(shape=[1,2]) : f32[1,2]
                    z = Identity(x) : f32[1,2]
                    return z, x)");
}

TEST(RemoveIdentity, FullyConnectedFlattensByItself) {
  expect_rewrite("remove_identity",
                 R"(x = Input(shape=[1,1,1,2])
                    w = Constant() : f32[1,2] values=[2,3]
                    d = Dropout(x)
                    f = Flatten(d)
                    fc = FullyConnected(f, w)
                    return fc)",
                 R"(x = Input(shape=[1,1,1,2]) : f32[1,1,1,2]
                    w = Constant() : f32[1,2] values=[2,3]
                    fc = FullyConnected(x, w) : f32[1,1]
                    return fc)");
}

TEST(FoldConstants, SumsProductsAndShapes) {
  expect_rewrite("fold_constants",
                 R"(a = Constant() : f32[2] values=[1,2]
                    b = Constant() : f32[] values=[10]
                    c = Multiply(a, b)
                    d = Reshape(c; dims=[1,2,1,1])
                    e = Constant() : f32[2,1] values=[3,4]
                    f = Add(d, e)
                    x = Input(shape=[1,2,2,2])
                    y = Multiply(x, d)
                    return y, f)",
                 R"(d = Constant() : f32[1,2,1,1] values=[10,20]
                    e = Constant() : f32[2,1] values=[3,4]
                    f = Add(d, e) : f32[1,2,2,1]
                    x = Input(shape=[1,2,2,2]) : f32[1,2,2,2]
                    y = Multiply(x, d) : f32[1,2,2,2]
                    return y, f)");
}

TEST(FoldConstants, JoinsAlongAnyAxis) {
  expect_rewrite("fold_constants",
                 R"(a = Constant() : f32[2,1] values=[1,2]
                    b = Constant() : f32[2,2] values=[3,4,5,6]
                    c = Concat(a, b, a)
                    d = Concat(c, c; axis=0)
                    return c, d)",
                 R"(c = Constant() : f32[2,4] values=[1,3,4,1,2,5,6,2]
                    d = Constant() : f32[4,4] values=[1,3,4,1,2,5,6,2,1,3,4,1,2,5,6,2]
                    return c, d)");
}

TEST(FoldConstants, DoublingEndsBeforeMemoryDoes) {
  std::string text = "c0 = Constant() : f32[1024] values=random(1)\n";
  for (int i = 0; i < 25; ++i) {
    text += fmt::format("c{} = Concat(c{}, c{}; axis=0)\n", i + 1, i, i);
  }
  const Graph folded = optimize(parse_graph(text + "return c25"));
  EXPECT_EQ(folded[folded.outputs()[0]].type.shape, Shape{std::int64_t{1} << 35});
  EXPECT_LE(constant_bytes(folded), std::size_t{4} << 24);
}

TEST(FoldConstants, AnchorsOfADetectorBecomeOne) {
  expect_rewrite("fold_constants",
                 R"(x = Input(shape=[1,3,1,2])
                    y = Input(shape=[1,3,1,1])
                    a = MultiBoxPrior(x; sizes=[0.5])
                    b = MultiBoxPrior(y)
                    fa = Flatten(a)
                    fb = Flatten(b)
                    joined = Concat(fa, fb)
                    anchors = Reshape(joined; dims=[0,-1,4])
                    scores = Input(shape=[1,2,3])
                    offsets = Input(shape=[1,12])
                    found = MultiBoxDetection(scores, offsets, anchors)
                    return found)",
                 R"(x = Input(shape=[1,3,1,2]) : f32[1,3,1,2]
                    y = Input(shape=[1,3,1,1]) : f32[1,3,1,1]
                    anchors = Constant() : f32[1,3,4] values=[0.125,0.25,0.375,0.75,0.625,0.25,0.875,0.75,0,0,1,1]
                    scores = Input(shape=[1,2,3]) : f32[1,2,3]
                    offsets = Input(shape=[1,12]) : f32[1,12]
                    found = MultiBoxDetection(scores, offsets, anchors) : f32[1,3,6]
                    return found)");
}

TEST(FoldConstants, BroadcastsAsTheGraphDoes) {
  expect_rewrite("fold_constants",
                 R"(a = Constant() : f32[2,3] values=[1,2,3,4,5,6]
                    b = Constant() : f32[2,1] values=[10,20]
                    c = Constant() : f32[3] values=[100,200,300]
                    d = Add(a, b)
                    e = Multiply(c, d)
                    return e)",
                 R"(e = Constant() : f32[2,3] values=[1100,2400,3900,2400,5000,7800]
                    return e)");
}

TEST(FoldPadding, ConvolutionTakesZeros) {
  expect_rewrite("fold_padding",
                 R"(x = Input(shape=[1,1,2,2])
                    w = Constant() : f32[1,1,1,1] values=[2]
                    p = Pad(x; padding=[0,1,2,3])
                    conv = Convolution(p, w; padding=[1,1,1,1])
                    return conv)",
                 R"(x = Input(shape=[1,1,2,2]) : f32[1,1,2,2]
                    w = Constant() : f32[1,1,1,1] values=[2]
                    conv = Convolution(x, w; padding=[1,2,3,4]) : f32[1,1,6,8]
                    return conv)");
}

struct PoolCase {
  std::string_view before;
  std::string_view after;  // empty: the Pad stays
};

TEST(FoldPadding, PoolsTakeItWhereNothingChanges) {
  const PoolCase cases[] = {
      {"Pool(p; kind=average, kernel=[3,3])",
       "Pool(a; kind=average, kernel=[3,3], padding=[1,1,1,1])"},
      {"Pool(p; kind=average, kernel=[3,3], padding=[1,0,1,0])",
       "Pool(a; kind=average, kernel=[3,3], padding=[2,1,2,1])"},
      {"Pool(p; kind=average, kernel=[3,3], ceil_mode=true, count_include_pad=false)",
       "Pool(a; kind=average, kernel=[3,3], padding=[1,1,1,1], ceil_mode=true)"},
      {"Pool(p; kind=average, kernel=[3,3], padding=[1,0,1,0], count_include_pad=false)", ""},
      {"Pool(p; kind=average, kernel=[1,1], stride=[2,2])", ""},  // padding beyond the window
      {"Pool(p; kind=average, global=true)", ""},
      {"Pool(p; kernel=[3,3])", "Pool(a; kernel=[3,3], padding=[1,1,1,1])"},
      {"Pool(p; kernel=[3,3], ceil_mode=true)", ""},
  };
  for (const PoolCase& pool : cases) {
    const std::string head =
        "x = Input(shape=[1,1,4,4]) : f32[1,1,4,4]\n"
        "a = Activation(x; spec=relu) : f32[1,1,4,4]\n";
    const std::string before =
        head + "p = Pad(a; padding=[1,1,1,1])\ny = " + std::string(pool.before) + "\nreturn y\n";
    if (pool.after.empty()) {
      expect_rewrite("fold_padding", before, "");
      continue;
    }
    const std::string after = head + "y = " + std::string(pool.after) + "\nreturn y\n";
    expect_rewrite("fold_padding", before, print_graph(parse_graph(after)));
  }
}

TEST(FoldPadding, OtherPaddingStays) {
  const std::string bodies[] = {
      "p = Pad(x; padding=[1,1,1,1], value=1)\n y = Convolution(p, w)",
      "p = Pad(x; padding=[1,1,1,1])\n y = Pool(p; kernel=[2,2])",  // negative values may lie
                                                                    // inside
      "a = Activation(x; spec=tanh)\n p = Pad(a; padding=[1,1,1,1])\n y = Pool(p; kernel=[2,2])",
      "a = Activation(x; spec=clip(-1,1))\n p = Pad(a; padding=[1,1,1,1])\n"
      "y = Pool(p; kernel=[2,2])",
      "p = Pad(x; padding=[1,1,1,1])\n y = Flatten(p)",
  };
  for (const std::string& body : bodies) {
    expect_rewrite("fold_padding",
                   "x = Input(shape=[1,1,4,4])\n w = Constant() : f32[1,1,1,1] values=[2]\n" +
                       body + "\n return y",
                   "");
  }
}

// gamma / sqrt(variance + epsilon) = [1, 2] and shift beta - mean * scale = [-1, 20].
constexpr std::string_view kNorm =
    R"(gamma = Constant() : f32[2] values=[2,2]
       beta = Constant() : f32[2] values=[0,30]
       mean = Constant() : f32[2] values=[1,5]
       var = Constant() : f32[2] values=[3.5,0.5]
       )";

TEST(FoldBatchNorm, IntoTheConvolutionBefore) {
  expect_rewrite("fold_batch_norm", std::string(kNorm) + R"(x = Input(shape=[1,1,2,2])
                    w = Constant() : f32[2,1,1,1] values=[3,4]
                    conv0 = Convolution(x, w)
                    bn = BatchNorm(conv0, gamma, beta, mean, var; epsilon=0.5)
                    y = Flatten(bn)
                    return y)",
                 R"(x = Input(shape=[1,1,2,2]) : f32[1,1,2,2]
                    w = Constant() : f32[2,1,1,1] values=[3,8]
                    conv0_bias = Constant() : f32[2] values=[-1,20]
                    conv0 = Convolution(x, w, conv0_bias; has_bias=true) : f32[1,2,2,2]
                    y = Flatten(conv0) : f32[1,8]
                    return y)");
}

TEST(FoldBatchNorm, IntoABiasedGroupedConvolutionWithFixedGamma) {
  expect_rewrite("fold_batch_norm", std::string(kNorm) + R"(x = Input(shape=[1,2,2,2])
                    w = Constant() : f32[2,1,1,1] values=[3,4]
                    b = Constant() : f32[2] values=[10,20]
                    dw = Convolution(x, w, b; groups=2, has_bias=true)
                    bn = BatchNorm(dw, gamma, beta, mean, var; epsilon=0.5, fix_gamma=true)
                    return bn)",
                 R"(x = Input(shape=[1,2,2,2]) : f32[1,2,2,2]
                    w = Constant() : f32[2,1,1,1] values=[1.5,4]
                    b = Constant() : f32[2] values=[4.5,45]
                    bn = Convolution(x, w, b; groups=2, has_bias=true) : f32[1,2,2,2]
                    return bn)");
}

TEST(FoldBatchNorm, IntoFullyConnected) {
  expect_rewrite("fold_batch_norm", std::string(kNorm) + R"(x = Input(shape=[1,2])
                    w = Constant() : f32[2,2] values=[3,4,5,6]
                    fc = FullyConnected(x, w)
                    bn = BatchNorm(fc, gamma, beta, mean, var; epsilon=0.5)
                    y = Softmax(bn)
                    return y)",
                 R"(x = Input(shape=[1,2]) : f32[1,2]
                    w = Constant() : f32[2,2] values=[3,4,10,12]
                    fc_bias = Constant() : f32[2] values=[-1,20]
                    fc = FullyConnected(x, w, fc_bias; has_bias=true) : f32[1,2]
                    y = Softmax(fc) : f32[1,2]
                    return y)");
}

TEST(FoldBatchNorm, IntoTheConvolutionAfter) {
  expect_rewrite("fold_batch_norm", std::string(kNorm) + R"(x = Input(shape=[1,2,2,2])
                    bn = BatchNorm(x, gamma, beta, mean, var; epsilon=0.5)
                    w = Constant() : f32[2,2,1,1] values=[3,4,5,6]
                    conv = Convolution(bn, w; activation=relu)
                    return conv)",
                 R"(x = Input(shape=[1,2,2,2]) : f32[1,2,2,2]
                    w = Constant() : f32[2,2,1,1] values=[3,8,5,12]
                    conv_bias = Constant() : f32[2] values=[77,115]
                    conv = Convolution(x, w, conv_bias; has_bias=true, activation=relu) : f32[1,2,2,2]
                    return conv)");
}

TEST(FoldBatchNorm, IntoTheFullyConnectedAfterFourDimensionalData) {
  expect_rewrite("fold_batch_norm", std::string(kNorm) + R"(x = Input(shape=[1,2,1,2])
                    bn = BatchNorm(x, gamma, beta, mean, var; epsilon=0.5)
                    w = Constant() : f32[1,4] values=[1,2,3,4]
                    b = Constant() : f32[1] values=[0.5]
                    fc = FullyConnected(bn, w, b; has_bias=true)
                    return fc)",
                 R"(x = Input(shape=[1,2,1,2]) : f32[1,2,1,2]
                    w = Constant() : f32[1,4] values=[1,2,6,8]
                    b = Constant() : f32[1] values=[137.5]
                    fc = FullyConnected(x, w, b; has_bias=true) : f32[1,1]
                    return fc)");
}

TEST(FoldBatchNorm, SharedWeightsAreCopied) {
  expect_rewrite("fold_batch_norm", std::string(kNorm) + R"(x = Input(shape=[1,1,2,2])
                    w = Constant() : f32[2,1,1,1] values=[3,4]
                    plain = Convolution(x, w)
                    conv = Convolution(x, w)
                    bn = BatchNorm(conv, gamma, beta, mean, var; epsilon=0.5)
                    sum = Add(plain, bn)
                    return sum)",
                 R"(x = Input(shape=[1,1,2,2]) : f32[1,1,2,2]
                    w = Constant() : f32[2,1,1,1] values=[3,4]
                    plain = Convolution(x, w) : f32[1,2,2,2]
                    w_1 = Constant() : f32[2,1,1,1] values=[3,8]
                    conv_bias = Constant() : f32[2] values=[-1,20]
                    conv = Convolution(x, w_1, conv_bias; has_bias=true) : f32[1,2,2,2]
                    sum = Add(plain, conv) : f32[1,2,2,2]
                    return sum)");
}

TEST(FoldBatchNorm, WhatStays) {
  const std::string head = std::string(kNorm) +
                           "x = Input(shape=[1,2,2,2])\n"
                           "w = Constant() : f32[2,2,1,1] values=[1,2,3,4]\n";
  const auto norm = [](const std::string& data, const std::string& variance = "var") {
    return "bn = BatchNorm(" + data + ", gamma, beta, mean, " + variance + "; epsilon=0.5)\n";
  };
  const std::string bodies[] = {
      norm("x") + "y = Activation(bn; spec=relu)\n return y",
      norm("x") + "y = Convolution(bn, w; padding=[1,1,1,1])\n return y",  // shifted, but not zeros
      norm("x") + "y = Convolution(bn, w)\n return y, bn",
      "c = Convolution(x, w)\n" + norm("c") + "return bn, c",
      "c = Convolution(x, w; activation=relu)\n" + norm("c") + "return bn",
      "c = Convolution(x, w, x; has_residual=true)\n" + norm("c") + "return bn",
      "v = Input(shape=[2,2,1,1])\n c = Convolution(x, v)\n" + norm("c") + "return bn",
      "v = Input(shape=[2])\n c = Convolution(x, w)\n" + norm("c", "v") + "return bn",
      "v = Constant() : f32[2] values=[-0.5,-2]\n c = Convolution(x, w)\n" + norm("c", "v") +
          "return bn",  // infinite and not a number: left for whoever computes it
  };
  for (const std::string& body : bodies) expect_rewrite("fold_batch_norm", head + body, "");
}

TEST(FoldBatchNorm, BeforeAPaddedConvolutionWhenItOnlyScales) {
  expect_rewrite("fold_batch_norm",
                 R"(one = Constant() : f32[1] values=[1]
                    zero = Constant() : f32[1] values=[0]
                    quarter = Constant() : f32[1] values=[0.25]
                    x = Input(shape=[1,1,2,2])
                    bn = BatchNorm(x, one, zero, zero, quarter; epsilon=0)
                    w = Constant() : f32[1,1,1,1] values=[3]
                    conv = Convolution(bn, w; padding=[1,1,1,1])
                    return conv)",
                 R"(x = Input(shape=[1,1,2,2]) : f32[1,1,2,2]
                    w = Constant() : f32[1,1,1,1] values=[6]
                    conv = Convolution(x, w; padding=[1,1,1,1]) : f32[1,1,4,4]
                    return conv)");
}

TEST(FoldChannelScale, ProductsAndSumsOfConstants) {
  expect_rewrite("fold_channel_scale",
                 R"(x = Input(shape=[1,1,2,2])
                    scale = Constant() : f32[1,2,1,1] values=[2,3]
                    shift = Constant() : f32[2,1,1] values=[10,20]
                    all = Constant() : f32[] values=[100]
                    w = Constant() : f32[2,1,1,1] values=[3,4]
                    conv = Convolution(x, w)
                    a = Multiply(scale, conv)
                    b = Add(a, shift)
                    c = Multiply(b, all)
                    y = Flatten(c)
                    return y)",
                 R"(x = Input(shape=[1,1,2,2]) : f32[1,1,2,2]
                    w = Constant() : f32[2,1,1,1] values=[600,1200]
                    conv_bias = Constant() : f32[2] values=[1000,2000]
                    conv = Convolution(x, w, conv_bias; has_bias=true) : f32[1,2,2,2]
                    y = Flatten(conv) : f32[1,8]
                    return y)");
}

TEST(FoldChannelScale, AnInputScaleGoesIntoAPaddedConvolution) {
  expect_rewrite("fold_channel_scale",
                 R"(x = Input(shape=[1,1,2,2])
                    s = Constant() : f32[1] values=[0.5]
                    w = Constant() : f32[1,1,1,1] values=[3]
                    scaled = Multiply(x, s)
                    conv = Convolution(scaled, w; padding=[1,1,1,1])
                    return conv)",
                 R"(x = Input(shape=[1,1,2,2]) : f32[1,1,2,2]
                    w = Constant() : f32[1,1,1,1] values=[1.5]
                    conv = Convolution(x, w; padding=[1,1,1,1]) : f32[1,1,4,4]
                    return conv)");
}

TEST(FoldChannelScale, WhatStays) {
  const std::string head =
      "x = Input(shape=[1,2,2,2])\n"
      "w = Constant() : f32[2,2,1,1] values=[1,2,3,4]\n"
      "s = Constant() : f32[] values=[2]\n"
      "conv = Convolution(x, w)\n";
  const std::string bodies[] = {
      "c = Constant() : f32[2] values=[1,2]\n y = Multiply(conv, c)\n return y",  // along the width
      "y = Multiply(conv, x)\n return y",
      "c = Constant() : f32[2,1,1,1] values=[1,2]\n y = Add(conv, c)\n return y",  // data
                                                                                   // broadcasts
      "y = Add(conv, s; activation=relu)\n return y",
      "y = Add(x, s)\n z = Convolution(y, w; padding=[0,0,0,1])\n return z",
      "y = Multiply(conv, s)\n return y, conv",
  };
  for (const std::string& body : bodies) expect_rewrite("fold_channel_scale", head + body, "");
}

}  // namespace
}  // namespace qbench
