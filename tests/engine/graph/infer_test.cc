// Every shape and type rule, and what each refuses. Inputs a (4-D), v ([4]), m ([2,6]), q (u8) and
// dyn (dynamic s8) are at hand.
#include <gmock/gmock.h>

#include "engine/core/error.h"
#include "engine/graph/text.h"

namespace qbench {
namespace {

constexpr std::string_view kInputs = R"(
  a = Input(shape=[2,4,6,8])
  v = Input(shape=[4])
  v6 = Input(shape=[6])
  one = Input(shape=[1])
  m = Input(shape=[2,6])
  big = Input(shape=[2,4,113,113])
  q = Quantize(a) : u8[2,4,6,8] scales=[0.5]
  s = Quantize(a) : s8[2,4,6,8] scales=[0.25]
  dyn = Quantize(a) : s8[2,4,6,8] dynamic
  w = Constant() : f32[6,4,3,3] values=full(1)
  w1 = Constant() : f32[4,4,1,1] values=full(1)
  wg = Constant() : f32[6,2,3,3] values=full(1)
  qw = Constant() : s8[4,4,1,1] scales=[1,2,3,4] axis=0 values=full(1)
  qw1 = Constant() : s8[4,4,1,1] scales=[0.5] values=full(1)
  qwi = Constant() : s8[4,4,1,1] scales=[1,2,3,4] axis=1 values=full(1)
  fw = Constant() : f32[3,192] values=full(1)
  fq = Constant() : s8[3,192] scales=[1,2,3] axis=0 values=full(1)
  scores = Input(shape=[2,3,8])
  background = Input(shape=[2,1,8])
  scoresq = Quantize(scores) : u8[2,3,8] scales=[1]
  offsets = Input(shape=[2,32])
  offsets3 = Input(shape=[2,8,4])
  anchors = Constant() : f32[1,8,4] values=full(1)
)";

std::string type_of(std::string_view node) {
  const Graph graph = parse_graph(std::string(kInputs) + "y = " + std::string(node) + "\nreturn y");
  const std::string text = print_graph(graph);
  const std::size_t line = text.find("\ny = ");
  const std::size_t start = text.find(" : ", line) + 3;
  return text.substr(start, text.find('\n', start) - start);
}

struct Case {
  std::string_view node;
  std::string_view expected;  // the type, or part of the message
};

void expect_types(std::initializer_list<Case> cases) {
  for (const Case& c : cases) {
    try {
      EXPECT_EQ(type_of(c.node), c.expected) << c.node;
    } catch (const Error& error) {
      ADD_FAILURE() << c.node << ": " << error.what();
    }
  }
}

void expect_refused(std::initializer_list<Case> cases) {
  for (const Case& c : cases) {
    try {
      ADD_FAILURE() << c.node << " gave " << type_of(c.node);
    } catch (const Error& error) {
      EXPECT_THAT(error.what(), testing::HasSubstr(std::string(c.expected))) << c.node;
      EXPECT_THAT(error.what(), testing::HasSubstr("node 'y'")) << c.node;
    }
  }
}

TEST(Infer, Input) {
  expect_types({{"Input(shape=[5])", "f32[5]"}});
  expect_refused({{"Input(shape=[])", "expected positive"},
                  {"Input(shape=[0,2])", "expected positive"},
                  {"Input(shape=[-1,2])", "negative dimension"},
                  {"Input(shape=[1048576,1048577])", "2^40"}});
}

TEST(Infer, Constant) {
  expect_types({{"Constant() : s8[2,1] scales=[1,2] axis=0 values=[1,2]",
                 "s8[2,1] scales=[1,2] axis=0 values=[1,2]"}});
  expect_refused({{"Constant() : f32[0,4,1,1] values=full(1)", "[0,4,1,1] has no elements"},
                  {"Constant() : s8[2] scales=[1,2,3] axis=0 values=[1,2]", "3 scales"},
                  {"Constant() : s8[2] scales=[1,2] values=[1,2]", "expected 1"},
                  {"Constant() : s8[2] scales=[] values=[1,2]", "0 scales"},
                  {"Constant() : s8[2] scales=[1,2] axis=1 values=[1,2]", "axis 1"},
                  {"Constant() : s8[2] scales=[-1] values=[1,2]", "scale -1"},
                  {"Constant() : s8[2] scales=[inf] values=[1,2]", "scale inf"},
                  {"Constant() : s8[2] dynamic values=[1,2]", "0 scales"}});
}

TEST(Infer, Convolution) {
  expect_types({{"Convolution(a, w)", "f32[2,6,4,6]"},
                {"Convolution(a, w; padding=[1,1,1,1])", "f32[2,6,6,8]"},
                {"Convolution(a, w; padding=[0,1,2,3], stride=[2,3])", "f32[2,6,3,4]"},
                {"Convolution(a, w; dilation=[2,3])", "f32[2,6,2,2]"},
                {"Convolution(a, wg; groups=2)", "f32[2,6,4,6]"},
                {"Convolution(a, w, v6; has_bias=true)", "f32[2,6,4,6]"},
                {"Convolution(a, w1, v, a; has_bias=true, has_residual=true)", "f32[2,4,6,8]"}});
  expect_refused({{"Convolution(a)", "1 inputs, expected 2"},
                  {"Convolution(a, w, v6)", "3 inputs, expected 2"},
                  {"Convolution(a, w; has_bias=true)", "2 inputs, expected 3"},
                  {"Convolution(m, w)", "data has shape [2,6], expected rank 4"},
                  {"Convolution(a, m)", "weight has shape"},
                  {"Convolution(a, w; stride=[0,1])", "stride"},
                  {"Convolution(a, w; dilation=[1,-1])", "dilation"},
                  {"Convolution(a, w; padding=[-1,0,0,0])", "padding"},
                  {"Convolution(a, w; padding=[99999999,0,0,0])", "padding"},
                  {"Convolution(a, w; groups=0)", "groups"},
                  {"Convolution(a, w; groups=3)", "3 groups do not divide 4"},
                  {"Convolution(a, w; groups=2)", "expected 2 per group"},
                  {"Convolution(a, w; dilation=[3,1])", "window of 7 does not fit 6"},
                  {"Convolution(a, w, v; has_bias=true)", "bias has shape [4], expected [6]"},
                  {"Convolution(a, w1, m; has_residual=true)", "residual [2,6] added"}});
}

TEST(Infer, QuantizedConvolution) {
  expect_types(
      {{"Convolution(q, qw) : s8[2,4,6,8] scales=[0.1]", "s8[2,4,6,8] scales=[0.1]"},
       {"Convolution(s, qw1) : u8[2,4,6,8] scales=[0.1]", "u8[2,4,6,8] scales=[0.1]"},
       {"Convolution(q, qw)", "f32[2,4,6,8]"},
       {"Convolution(dyn, qw)", "f32[2,4,6,8]"},
       {"Convolution(dyn, qw, a; has_residual=true)", "f32[2,4,6,8]"},
       {"Convolution(q, qw, v, s; has_bias=true, has_residual=true) : u8[2,4,6,8] scales=[1]",
        "u8[2,4,6,8] scales=[1]"}});
  expect_refused(
      {{"Convolution(a, w1) : s8[2,4,6,8] scales=[1]", "needs quantized data"},
       {"Convolution(a, qw)", "weight is s8, expected f32"},
       {"Convolution(q, w1)", "s8 weights with scales"},
       {"Convolution(q, qwi)", "4 scales, expected one or one per output channel"},
       {"Convolution(q, qw) : s8[2,4,6,8] scales=[0]", "scale 0"},
       {"Convolution(q, qw) : s8[2,4,6,8] scales=[1,2]", "one scale"},
       {"Convolution(q, qw) : s32[2,4,6,8] scales=[1]", "quantized to s32"},
       {"Convolution(dyn, qw) : s8[2,4,6,8] scales=[1]", "dynamic data gives f32"},
       {"Convolution(q, qw, a; has_residual=true) : s8[2,4,6,8] scales=[1]", "both quantized"},
       {"Convolution(q, qw, s; has_residual=true)", "must both be f32"},
       {"Convolution(q, qw, dyn; has_residual=true) : s8[2,4,6,8] scales=[1]", "dynamic"},
       {"Convolution(q, qw, q; has_bias=true)", "bias is u8"}});
}

TEST(Infer, FullyConnected) {
  expect_types({{"FullyConnected(a, fw)", "f32[2,3]"},
                {"FullyConnected(q, fq)", "f32[2,3]"},
                {"FullyConnected(q, fq) : u8[2,3] scales=[1]", "u8[2,3] scales=[1]"},
                {"FullyConnected(dyn, fq)", "f32[2,3]"}});
  expect_refused({{"FullyConnected(m, fw)", "weight [3,192] for 6 features"},
                  {"FullyConnected(a, w)", "weight has shape"},
                  {"FullyConnected(a, fw, v; has_bias=true)", "bias has shape [4], expected [3]"},
                  {"FullyConnected(a, fq)", "weight is s8"},
                  {"FullyConnected(q, fw)", "s8 weights"}});
}

TEST(Infer, Normalization) {
  expect_types({{"BatchNorm(a, v, v, v, v)", "f32[2,4,6,8]"},
                {"BatchNorm(m, v6, v6, v6, v6)", "f32[2,6]"},
                {"L2Normalize(a)", "f32[2,4,6,8]"},
                {"Lrn(a)", "f32[2,4,6,8]"},
                {"Softmax(m)", "f32[2,6]"}});
  expect_refused({{"BatchNorm(a, v, v, v)", "4 inputs, expected 5"},
                  {"BatchNorm(a, v, v, v, v6)", "parameter 4 has shape [6], expected [4]"},
                  {"BatchNorm(v, v, v, v, v)", "no channels"},
                  {"BatchNorm(a, v, v, v, v; epsilon=-1)", "epsilon"},
                  {"BatchNorm(a, v, v, v, v; epsilon=nan)", "epsilon"},
                  {"BatchNorm(q, v, v, v, v)", "data is u8"},
                  {"L2Normalize(m)", "rank 4"},
                  {"Lrn(a; size=4)", "odd"},
                  {"Lrn(a; size=-3)", "odd"},
                  {"Softmax(m; axis=2)", "axis 2"},
                  {"Softmax(m; axis=-1)", "axis -1"},
                  {"Softmax(q)", "data is u8"},
                  {"Softmax(a) : u8[2,4,6,8] scales=[1]", "f32 only"}});
}

TEST(Infer, ActivationsKeepTheirInputsType) {
  expect_types({{"Activation(a; spec=relu)", "f32[2,4,6,8]"},
                {"Activation(q; spec=relu)", "u8[2,4,6,8] scales=[0.5]"},
                {"Activation(q; spec=relu) : s8[2,4,6,8] scales=[2]", "s8[2,4,6,8] scales=[2]"},
                {"Dropout(dyn)", "s8[2,4,6,8] dynamic"},
                {"Identity(a)", "f32[2,4,6,8]"},
                {"PRelu(a, v)", "f32[2,4,6,8]"},
                {"PRelu(a, one)", "f32[2,4,6,8]"}});
  expect_refused({{"Activation(a) : s8[2,4,6,8] scales=[2]", "needs quantized inputs"},
                  {"Activation(dyn) : s8[2,4,6,8] scales=[2]", "cannot be requantized"},
                  {"Activation()", "0 inputs"},
                  {"Activation(a; spec=clip(2,1))", "clip from 2 to 1, expected limits"},
                  {"Activation(a; spec=clip(nan,1))", "clip from nan to 1"},
                  {"Convolution(a, w; activation=clip(2,1))", "clip from 2 to 1"},
                  {"FullyConnected(a, fw; activation=clip(2,1))", "clip from 2 to 1"},
                  {"Add(a, a; activation=clip(2,1))", "clip from 2 to 1"},
                  {"PRelu(a, v6)", "slope has shape [6], expected [4]"},
                  {"PRelu(v, v)", "no channels"},
                  {"PRelu(q, v)", "data is u8"}});
}

TEST(Infer, Pool) {
  expect_types({{"Pool(a; global=true)", "f32[2,4,1,1]"},
                {"Pool(q; global=true, kind=average)", "u8[2,4,1,1] scales=[0.5]"},
                {"Pool(a; kernel=[3,3], stride=[2,2])", "f32[2,4,2,3]"},
                {"Pool(a; kernel=[3,3], stride=[2,2], ceil_mode=true)", "f32[2,4,3,4]"},
                {"Pool(a; kernel=[3,3], stride=[2,2], padding=[1,1,1,1])", "f32[2,4,3,4]"},
                {"Pool(big; kernel=[3,3], stride=[2,2], padding=[0,0,1,1])", "f32[2,4,56,56]"},
                {"Pool(big; kernel=[2,2], stride=[2,2], ceil_mode=true)", "f32[2,4,57,57]"},
                {"Pool(q; kernel=[2,2]) : s8[2,4,5,7] scales=[1]", "s8[2,4,5,7] scales=[1]"}});
  expect_refused({{"Pool(m)", "rank 4"},
                  {"Pool(a; kernel=[0,1])", "kernel"},
                  {"Pool(a; stride=[1,0])", "stride"},
                  {"Pool(a; kernel=[2,2], padding=[2,0,0,0])", "padding is as large"},
                  {"Pool(a; kernel=[2,2], padding=[0,0,-1,0])", "padding is"},
                  {"Pool(a; kernel=[7,1])", "window of 7 does not fit 6"},
                  {"Pool(big; kernel=[2,2], stride=[2,2], padding=[1,1,1,1], ceil_mode=true)",
                   "nothing but padding"},
                  {"Pool(a; kernel=[1,1], stride=[9,1], ceil_mode=true)", "nothing but padding"}});
}

TEST(Infer, Shapes) {
  expect_types({{"Flatten(a)", "f32[2,192]"},
                {"Flatten(v)", "f32[4,1]"},
                {"Flatten(q)", "u8[2,192] scales=[0.5]"},
                {"Reshape(a; dims=[0,-1])", "f32[2,192]"},
                {"Reshape(a; dims=[-1,0,3])", "f32[32,4,3]"},
                {"Reshape(one; dims=[])", "f32[]"},
                {"Reshape(dyn; dims=[-1])", "s8[384] dynamic"},
                {"Transpose(a; permutation=[0,2,3,1])", "f32[2,6,8,4]"},
                {"Pad(a; padding=[1,2,3,4])", "f32[2,4,10,14]"},
                {"Pad(q; padding=[1,0,0,0])", "u8[2,4,7,8] scales=[0.5]"}});
  expect_refused({{"Reshape(a; dims=[-1,-1])", "more than one"},
                  {"Reshape(a; dims=[5,-1])", "does not reshape"},
                  {"Reshape(a; dims=[1,1])", "does not reshape"},
                  {"Reshape(v; dims=[4,0])", "dimension 1 to copy"},
                  {"Reshape(a; dims=[-2,4])", "dimension -2"},
                  {"Reshape(a; dims=[4611686018427387904,4611686018427387904])", "dimension"},
                  {"Transpose(a; permutation=[0,1,2])", "no permutation"},
                  {"Transpose(a; permutation=[0,1,2,2])", "no permutation"},
                  {"Pad(m; padding=[1,1,1,1])", "rank 4"},
                  {"Pad(a; padding=[-1,1,1,1])", "padding"}});
}

TEST(Infer, Concat) {
  expect_types({{"Concat(a, a, a)", "f32[2,12,6,8]"},
                {"Concat(a, a; axis=3)", "f32[2,4,6,16]"},
                {"Concat(q, q)", "u8[2,8,6,8] scales=[0.5]"},
                {"Concat(q, s) : s8[2,8,6,8] scales=[0.5]", "s8[2,8,6,8] scales=[0.5]"}});
  expect_refused({{"Concat()", "no inputs"},
                  {"Concat(a, m)", "different rank"},
                  {"Concat(a, big)", "joined to"},
                  {"Concat(a, a; axis=4)", "axis 4"},
                  {"Concat(q, a)", "f32 joined to quantized"},
                  {"Concat(q, s)", "need a scale"},
                  {"Concat(dyn, dyn)", "dynamic"},
                  {"Concat(a, a) : s8[2,8,6,8] scales=[0.5]", "needs quantized inputs"}});
}

TEST(Infer, ElementwiseBroadcastsAsNumpy) {
  expect_types({{"Add(a, a)", "f32[2,4,6,8]"},
                {"Add(a, one)", "f32[2,4,6,8]"},
                {"Multiply(one, m)", "f32[2,6]"},
                {"Multiply(v6, m)", "f32[2,6]"},
                {"Add(q, s) : u8[2,4,6,8] scales=[1]", "u8[2,4,6,8] scales=[1]"},
                {"Add(q, s)", "f32[2,4,6,8]"}});
  expect_refused({{"Add(a, v)", "[2,4,6,8] and [4] do not broadcast"},
                  {"Add(a)", "1 inputs"},
                  {"Add(q, a)", "f32 added to quantized"},
                  {"Add(q, dyn)", "dynamic"},
                  {"Add(a, a) : s8[2,4,6,8] scales=[1]", "needs quantized inputs"},
                  {"Multiply(q, q)", "input 0 is u8"},
                  {"Multiply(a, a) : s8[2,4,6,8] scales=[1]", "f32 only"}});
}

TEST(Infer, MultiBoxPrior) {
  expect_types({{"MultiBoxPrior(a)", "f32[1,48,4]"},
                {"MultiBoxPrior(q; sizes=[0.1,0.2], ratios=[1,2,0.5])", "f32[1,192,4]"},
                {"MultiBoxPrior(dyn; ratios=[1,3])", "f32[1,96,4]"}});
  expect_refused({{"MultiBoxPrior(m)", "rank 4"},
                  {"MultiBoxPrior(a, a)", "2 inputs"},
                  {"MultiBoxPrior(a; sizes=[])", "no sizes"},
                  {"MultiBoxPrior(a; ratios=[])", "no ratios"},
                  {"MultiBoxPrior(a; sizes=[0.1,0])", "size 0, expected positive"},
                  {"MultiBoxPrior(a; sizes=[nan])", "size nan, expected positive"},
                  {"MultiBoxPrior(a; ratios=[1,-2])", "ratio -2, expected positive"},
                  {"MultiBoxPrior(a) : s8[1,48,4] scales=[1]", "f32 only"}});
}

TEST(Infer, MultiBoxDetection) {
  expect_types({{"MultiBoxDetection(scores, offsets, anchors)", "f32[2,8,6]"},
                {"MultiBoxDetection(scores, offsets3, anchors; top_k=3)", "f32[2,8,6]"}});
  expect_refused(
      {{"MultiBoxDetection(scores, offsets)", "2 inputs, expected 3"},
       {"MultiBoxDetection(m, offsets, anchors)", "class scores has shape [2,6]"},
       {"MultiBoxDetection(background, offsets, anchors)", "the background alone"},
       {"MultiBoxDetection(scores, m, anchors)", "box offsets for 8 anchors of shape"},
       {"MultiBoxDetection(scores, offsets, offsets3)", "anchors for 8 scores of shape"},
       {"MultiBoxDetection(scoresq, offsets, anchors)", "input 0 is u8"},
       {"MultiBoxDetection(scores, offsets, anchors; variances=[1,1])", "2 variances"},
       {"MultiBoxDetection(scores, offsets, anchors) : s8[2,8,6] scales=[1]", "f32 only"}});
}

TEST(Infer, QuantizeAndDequantize) {
  expect_types({{"Quantize(a) : u8[2,4,6,8] dynamic", "u8[2,4,6,8] dynamic"},
                {"Dequantize(q)", "f32[2,4,6,8]"},
                {"Dequantize(dyn)", "f32[2,4,6,8]"}});
  expect_refused({{"Quantize(a)", "no scale"},
                  {"Quantize(q) : s8[2,4,6,8] scales=[1]", "data is u8"},
                  {"Dequantize(a)", "expected quantized"},
                  {"Dequantize(q) : s8[2,4,6,8] scales=[1]", "f32 only"}});
}

}  // namespace
}  // namespace qbench
