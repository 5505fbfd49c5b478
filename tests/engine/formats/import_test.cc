// Every f32 operator of MXNet, as the graph's text.
#include <gmock/gmock.h>

#include "engine/graph/text.h"
#include "tests/engine/formats/testing.h"

namespace qbench {
namespace {

using ::testing::HasSubstr;
using testing::message_of;
using testing::Net;
using ::testing::Not;

// The text's line of node `name`, without what follows " : " (the type) unless it is asked for.
std::string line_of(const Graph& graph, const std::string& name, bool with_type = false) {
  const std::string text = "\n" + print_graph(graph);
  const auto before = text.find("\n" + name + " = ");
  if (before == std::string::npos) return "no node " + name + " in" + text;
  const auto begin = before + 1;
  std::string line = text.substr(begin, text.find('\n', begin) - begin);
  return with_type ? line : line.substr(name.size() + 3, line.find(" : ") - name.size() - 3);
}

// One operator "x" on data [1,4,6,6] and the parameters listed, each [4] unless said otherwise.
struct OperatorCase {
  const char* op;
  SymbolAttributes attributes;
  std::vector<std::pair<const char*, Shape>> parameters;
  const char* expected;
};

Net net_of(const OperatorCase& c) {
  Net net;
  std::vector<SymbolEntry> inputs = {net.variable("data")};
  for (const auto& [name, shape] : c.parameters) inputs.push_back(net.parameter(name, shape));
  net.node(c.op, "x", c.attributes, inputs);
  return net;
}

using Parameters4 = std::vector<std::pair<const char*, Shape>>;
const Parameters4 kNorm = {{"g", {4}}, {"b", {4}}, {"m", {4}}, {"v", {4}}};

TEST(Import, Operators) {
  const OperatorCase cases[] = {
      {"Convolution",
       {{"kernel", "(3, 1)"},
        {"num_filter", "8"},
        {"stride", "(2, 1)"},
        {"pad", "(1, 0)"},
        {"dilate", "(2, 1)"},
        {"num_group", "2"}},
       {{"w", {8, 2, 3, 1}}, {"b", {8}}},
       "Convolution(data, w, b; stride=[2,1], dilation=[2,1], padding=[1,0,1,0], groups=2, "
       "has_bias=true)"},
      {"Convolution_v1",
       {{"kernel", "[1,1]"}, {"num_filter", "2"}, {"no_bias", "True"}},
       {{"w", {2, 4, 1, 1}}},
       "Convolution(data, w)"},
      {"FullyConnected",
       {{"num_hidden", "3"}},
       {{"w", {3, 144}}, {"b", {3}}},
       "FullyConnected(data, w, b; has_bias=true)"},
      {"FullyConnected",
       {{"num_hidden", "3"}, {"no_bias", "1"}},
       {{"w", {3, 144}}},
       "FullyConnected(data, w)"},
      {"BatchNorm", {}, kNorm, "BatchNorm(data, g, b, m, v; fix_gamma=true)"},
      {"BatchNorm_v1",
       {{"fix_gamma", "False"}, {"eps", "1e-05"}},
       kNorm,
       "BatchNorm(data, g, b, m, v; epsilon=1e-05)"},
      {"CuDNNBatchNorm", {{"fix_gamma", "False"}}, kNorm, "BatchNorm(data, g, b, m, v)"},
      {"Activation", {{"act_type", "relu"}}, {}, "Activation(data; spec=relu)"},
      {"Activation", {{"act_type", "sigmoid"}}, {}, "Activation(data; spec=sigmoid)"},
      {"Activation", {{"act_type", "tanh"}}, {}, "Activation(data; spec=tanh)"},
      {"relu", {}, {}, "Activation(data; spec=relu)"},
      {"sigmoid", {}, {}, "Activation(data; spec=sigmoid)"},
      {"tanh", {}, {}, "Activation(data; spec=tanh)"},
      {"LeakyReLU", {}, {}, "Activation(data; spec=leaky(0.25))"},
      {"LeakyReLU",
       {{"act_type", "leaky"}, {"slope", "0.1"}},
       {},
       "Activation(data; spec=leaky(0.1))"},
      {"LeakyReLU", {{"act_type", "prelu"}}, {{"s", {4}}}, "PRelu(data, s)"},
      {"LeakyReLU", {{"act_type", "prelu"}}, {{"s", {1}}}, "PRelu(data, s)"},
      {"clip", {{"a_min", "0.0"}, {"a_max", "6.0"}}, {}, "Activation(data; spec=clip(0,6))"},
      {"Pooling", {{"kernel", "(2, 2)"}}, {}, "Pool(data; kernel=[2,2])"},
      {"Pooling_v1",
       {{"kernel", "(3, 3)"},
        {"pool_type", "max"},
        {"stride", "(2, 2)"},
        {"pad", "(1, 1)"},
        {"pooling_convention", "full"}},
       {},
       "Pool(data; kernel=[3,3], stride=[2,2], padding=[1,1,1,1], ceil_mode=true)"},
      {"Pooling",
       {{"kernel", "(2,3)"}, {"pool_type", "avg"}, {"count_include_pad", "False"}},
       {},
       "Pool(data; kind=average, kernel=[2,3], count_include_pad=false)"},
      {"Pooling",
       {{"kernel", "(7, 7)"}, {"pool_type", "avg"}, {"global_pool", "True"}, {"stride", "(2, 2)"}},
       {},
       "Pool(data; kind=average, global=true)"},
      {"Flatten", {}, {}, "Flatten(data)"},
      {"Reshape", {{"shape", "(0, -1, 2)"}}, {}, "Reshape(data; dims=[0,-1,2])"},
      {"transpose", {{"axes", "(0, 2, 3, 1)"}}, {}, "Transpose(data; permutation=[0,2,3,1])"},
      {"transpose", {}, {}, "Transpose(data; permutation=[3,2,1,0])"},
      {"Concat", {{"dim", "1"}, {"num_args", "2"}}, {{"c", {1, 2, 6, 6}}}, "Concat(data, c)"},
      {"concat", {{"dim", "-1"}}, {{"c", {1, 4, 6, 2}}}, "Concat(data, c; axis=3)"},
      {"Concat", {{"num_args", "1"}}, {}, "Identity(data)"},
      {"elemwise_add", {}, {{"c", {1, 4, 6, 6}}}, "Add(data, c)"},
      {"_Plus", {}, {{"c", {1, 4, 6, 6}}}, "Add(data, c)"},
      {"broadcast_add", {}, {{"c", {1, 4, 1, 1}}}, "Add(data, c)"},
      {"add_n", {}, {{"c", {1, 4, 6, 6}}, {"d", {1, 4, 6, 6}}}, "Add(x_sum1, d)"},
      {"broadcast_mul", {}, {{"c", {1, 4, 1, 1}}}, "Multiply(data, c)"},
      {"_mul", {}, {{"c", {1, 4, 6, 6}}}, "Multiply(data, c)"},
      {"_minus", {}, {{"c", {1, 4, 6, 6}}}, "Add(data, x_negated)"},
      {"_plus_scalar", {{"scalar", "2"}}, {}, "Add(data, x_scalar)"},
      {"_MulScalar", {{"scalar", "0.5"}}, {}, "Multiply(data, x_scalar)"},
      {"_div_scalar", {{"scalar", "4"}}, {}, "Multiply(data, x_scalar)"},
      {"_minus_scalar", {{"scalar", "3"}}, {}, "Add(data, x_scalar)"},
      {"_rminus_scalar", {{"scalar", "1"}}, {}, "Add(x_negated, x_scalar)"},
      {"softmax", {}, {}, "Softmax(data; axis=3)"},
      {"softmax", {{"axis", "1"}}, {}, "Softmax(data)"},
      {"SoftmaxActivation", {{"mode", "channel"}}, {}, "Softmax(data)"},
      {"SoftmaxActivation", {}, {}, "Reshape(x_softmax; dims=[0,4,6,6])"},
      {"SoftmaxOutput", {{"multi_output", "True"}}, {}, "Softmax(data)"},
      {"SoftmaxOutput", {{"preserve_shape", "True"}}, {}, "Softmax(data; axis=3)"},
      {"Dropout", {{"p", "0.5"}}, {}, "Dropout(data)"},
      {"_copy", {}, {}, "Identity(data)"},
      {"BlockGrad", {}, {}, "Identity(data)"},
      {"Cast", {{"dtype", "float32"}}, {}, "Identity(data)"},
      {"L2Normalization", {{"mode", "channel"}}, {}, "L2Normalize(data)"},
      {"L2Normalization",
       {{"eps", "1e-05"}},
       {},
       "L2Normalize(data; mode=instance, epsilon=1e-05)"},
      {"LRN",
       {{"nsize", "3"}, {"alpha", "0.1"}, {"beta", "0.5"}, {"knorm", "1"}},
       {},
       "Lrn(data; size=3, alpha=0.1, beta=0.5, bias=1)"},
      {"Pad",
       {{"mode", "constant"}, {"pad_width", "(0,0,0,0,1,2,3,4)"}, {"constant_value", "0.5"}},
       {},
       "Pad(data; padding=[1,3,2,4], value=0.5)"},
      {"MakeLoss", {{"grad_scale", "0"}}, {}, "Identity(data)"},
      {"_contrib_MultiBoxPrior", {}, {}, "MultiBoxPrior(data)"},
      {"MultiBoxPrior",
       {{"sizes", "(0.1,0.141)"},
        {"ratios", "(1,2,0.5)"},
        {"steps", "(0.25, 0.5)"},
        {"offsets", "(0.75, 0.25)"},
        {"clip", "True"}},
       {},
       "MultiBoxPrior(data; sizes=[0.1,0.141], ratios=[1,2,0.5], step_y=0.25, step_x=0.5, "
       "offset_y=0.75, offset_x=0.25, clip=true)"},
  };
  for (const OperatorCase& c : cases)
    EXPECT_EQ(line_of(net_of(c).import(), "x"), c.expected) << c.op;
}

TEST(Import, ScalarsHaveTheirSign) {
  const struct {
    const char* op;
    const char* name;
    const char* values;
  } cases[] = {{"_minus_scalar", "x_scalar", "values=[-4]"},
               {"_plus_scalar", "x_scalar", "values=[4]"},
               {"_div_scalar", "x_scalar", "values=[0.25]"},
               {"_rminus_scalar", "x_scalar", "values=[4]"},
               {"_rminus_scalar", "x_minus_one", "values=[-1]"}};
  for (const auto& c : cases) {
    const Graph graph = net_of({c.op, {{"scalar", "4"}}, {}, ""}).import();
    EXPECT_THAT(line_of(graph, c.name, true), HasSubstr(c.values)) << c.op;
  }
}

TEST(Import, WhatDoesNotFitIsRefused) {
  const OperatorCase cases[] = {
      {"Convolution",
       {{"kernel", "(3,)"}, {"num_filter", "8"}},
       {},
       "attribute 'kernel' is (3,), supported are two dimensions"},
      {"Convolution", {{"num_filter", "8"}}, {}, "'kernel' is missing"},
      {"Convolution", {{"kernel", "(1,1)"}}, {}, "'num_filter' is missing"},
      {"Convolution",
       {{"kernel", "(1,1)"}, {"num_filter", "8"}, {"layout", "NHWC"}},
       {},
       "attribute 'layout' is 'NHWC', supported: NCHW"},
      {"Convolution",
       {{"kernel", "(1,1)"}, {"num_filter", "8"}, {"num_group", "0"}},
       {},
       "'num_group' is 0"},
      {"Convolution",
       {{"kernel", "(1,1)"}, {"num_filter", "8"}},
       {{"w", {8, 4, 2, 1}}},
       "node 2 'x' (Convolution): parameter 'w' of the file has shape [8,4,2,1], expected "
       "[8,4,1,1]"},
      {"Convolution",
       {{"kernel", "(1,1)"}, {"num_filter", "8"}},
       {{"x_weigth", {8, 4, 1, 1}}},
       "no parameter 'x_bias' in the file"},
      {"Convolution",
       {{"kernel", "(9,9)"}, {"num_filter", "1"}, {"no_bias", "True"}},
       {{"w", {1, 4, 9, 9}}},
       "node 'x' (Convolution): window of 9 does not fit 6"},
      {"FullyConnected", {{"num_hidden", "3"}, {"flatten", "False"}}, {}, "flatten=False"},
      {"BatchNorm", {{"axis", "3"}}, {}, "attribute 'axis' is '3'"},
      {"Activation", {{"act_type", "softrelu"}}, {}, "act_type 'softrelu', supported are relu"},
      {"LeakyReLU", {{"act_type", "elu"}}, {}, "act_type 'elu'"},
      {"clip", {{"a_min", "0"}}, {}, "'a_max' is missing"},
      {"Pooling", {{"kernel", "(2,2)"}, {"pool_type", "sum"}}, {}, "'pool_type' is 'sum'"},
      {"Pooling", {{"kernel", "(2,2)"}, {"pooling_convention", "same"}}, {}, "'same', supported"},
      {"Pooling", {}, {}, "'kernel' is missing"},
      {"Pooling_v1",
       {{"kernel", "(2,2)"}, {"pool_type", "avg"}, {"pooling_convention", "full"}},
       {},
       "supported is 'valid'"},
      {"Reshape", {}, {}, "'shape' is missing"},
      {"Reshape", {{"shape", "(0,-3)"}}, {}, "supported are sizes, 0 and -1"},
      {"Reshape", {{"shape", "(0,7)"}}, {}, "node 'x' (Reshape)"},
      {"Concat", {{"num_args", "3"}}, {{"c", {1, 4, 6, 6}}}, "2 inputs, expected 3 or more"},
      {"Concat", {{"dim", "9"}}, {{"c", {1, 4, 6, 6}}}, "axis 9 does not exist"},
      {"elemwise_add", {}, {{"c", {1, 4, 1, 1}}}, "expected equal shapes"},
      {"_div_scalar", {{"scalar", "0"}}, {}, "expected a divisor"},
      {"softmax", {{"temperature", "2"}}, {}, "'temperature', supported is 1"},
      {"Cast", {{"dtype", "float16"}}, {}, "'dtype' is 'float16'"},
      {"Pad", {{"mode", "edge"}, {"pad_width", "(0,0,0,0,1,1,1,1)"}}, {}, "'mode' is 'edge'"},
      {"Pad", {{"pad_width", "(0,0,1,1,0,0,0,0)"}}, {}, "supported is padding of height and width"},
      {"LRN", {}, {}, "'nsize' is missing"},
      {"MultiBoxPrior", {{"steps", "(1,)"}}, {}, "'steps' is (1,), expected two numbers"},
      {"MultiBoxPrior", {{"sizes", "(0.1,x)"}}, {}, "'sizes' is '(0.1,x)'"},
      {"MultiBoxPrior", {{"ratios", "(-1,)"}}, {}, "ratio -1, expected positive"},
      {"MultiBoxPrior", {{"sizes", "()"}}, {}, "no sizes or no ratios"},
      {"Deconvolution",
       {},
       {},
       "node 1 'x' (Deconvolution): operator 'Deconvolution' is not supported; supported are "
       "Activation, BatchNorm"},
  };
  for (const OperatorCase& c : cases)
    EXPECT_THAT(message_of([&] { net_of(c).import(); }), HasSubstr(c.expected)) << c.op;
}

TEST(Import, MissingVariablesHaveTheirDefaultNames) {
  Net net;  // before 0.9 auxiliary variables were not in the file
  const SymbolEntry data = net.variable("data");
  const SymbolEntry gamma = net.parameter("bn_gamma", {4});
  net.node("BatchNorm", "bn", {}, {data, gamma, net.parameter("bn_beta", {4})});
  net.array("aux:bn_moving_mean", {4});
  net.array("aux:bn_moving_var", {4});
  EXPECT_EQ(line_of(net.import(), "bn"),
            "BatchNorm(data, bn_gamma, bn_beta, bn_moving_mean, bn_moving_var; fix_gamma=true)");
  net.arrays.pop_back();
  net.array("aux:bn_moving_vr", {4});
  EXPECT_THAT(message_of([&] { net.import(); }),
              HasSubstr("no parameter 'bn_moving_var' in the file; the nearest is 'bn_moving_vr'"));
}

TEST(Import, LabelsVanishAndHeadsBecomeOutputs) {
  Net net;
  const SymbolEntry data = net.variable("data");
  const SymbolEntry label = net.variable("softmax_label");
  const SymbolEntry relu = net.node("relu", "r", {}, {data});
  const SymbolEntry softmax = net.node("SoftmaxOutput", "softmax", {}, {relu, label});
  net.symbol.heads = {softmax, relu, label};
  const Graph graph = net.import();
  EXPECT_THAT(print_graph(graph), HasSubstr("return softmax, r\n"));
  EXPECT_THAT(print_graph(graph), Not(HasSubstr("label")));
}

TEST(Import, TheInputsShape) {
  Net net;
  net.node("relu", "r", {}, {net.variable("x", {{"__shape__", "(8, 3, 5, 5)"}})});
  EXPECT_EQ(net.import({}).nodes()[0].type.shape, (Shape{1, 3, 5, 5}));
  EXPECT_EQ(net.import({.image_shape = {}, .batch = 4}).nodes()[0].type.shape, (Shape{4, 3, 5, 5}));
  EXPECT_EQ(net.import({.image_shape = Shape{3, 7, 9}, .batch = 2}).nodes()[0].type.shape,
            (Shape{2, 3, 7, 9}));
  Net bare;
  bare.node("relu", "r", {}, {bare.variable("data")});
  EXPECT_THAT(message_of([&] { bare.import(ImportOptions{}); }),
              HasSubstr("input 'data': the file does not say the image shape: one is needed"));
}

TEST(Import, SeveralNodesOfOneName) {
  Net net;
  const SymbolEntry data = net.variable("data");
  const SymbolEntry first = net.node("relu", "act", {}, {data});
  const SymbolEntry taken = net.node("tanh", "act_1", {}, {first});
  const SymbolEntry second = net.node("relu", "act", {}, {taken});
  net.node("_plus_scalar", "act", {{"scalar", "2"}}, {second});
  const Graph graph = net.import();
  EXPECT_EQ(line_of(graph, "act_1"), "Activation(act; spec=tanh)");  // its own name
  EXPECT_EQ(line_of(graph, "act_2"), "Activation(act_1; spec=relu)");
  EXPECT_EQ(line_of(graph, "act_3"), "Add(act_2, act_3_scalar)");
}

// A Gluon block that is called twice: both layers have its name and its parameters.
TEST(Import, LayersOfOneNameShareTheirParameters) {
  Net net;
  const SymbolEntry data = net.variable("data");
  const SymbolEntry weight = net.parameter("conv_weight", {4, 4, 1, 1});
  const SymbolAttributes attributes = {{"kernel", "(1,1)"}, {"num_filter", "4"}, {"no_bias", "1"}};
  const SymbolEntry a = net.node("Convolution", "conv_fwd", attributes, {data, weight});
  net.node("Convolution", "conv_fwd", attributes, {a, weight});
  const Graph graph = net.import();
  EXPECT_EQ(line_of(graph, "conv_fwd"), "Convolution(data, conv_weight)");
  EXPECT_EQ(line_of(graph, "conv_fwd_1"), "Convolution(conv_fwd, conv_weight)");
}

Net net_of_two_outputs() {
  Net net;
  const SymbolEntry a = net.node("relu", "a", {}, {net.variable("data")});
  const SymbolEntry b = net.node("tanh", "b", {}, {a});
  const SymbolEntry c = net.node("NoSuchOperator", "c", {}, {b});
  net.symbol.heads = {b, c};
  return net;
}

TEST(Import, OneOfSeveralOutputs) {
  const Net net = net_of_two_outputs();
  for (const char* name : {"b", "b_output"}) {
    const Graph graph = net.import({.image_shape = Shape{4, 6, 6}, .output = name});
    EXPECT_THAT(print_graph(graph), HasSubstr("return b\n")) << name;
  }
  EXPECT_THAT(message_of([&] {
                net.import({.image_shape = Shape{4, 6, 6}, .output = "softmax"});
              }),
              HasSubstr("no output 'softmax'; there are b, c"));
}

TEST(Import, EndsAtTheNodeAskedFor) {
  const Net net = net_of_two_outputs();
  const Graph graph = net.import({.image_shape = Shape{4, 6, 6}, .until = "a"});
  EXPECT_THAT(print_graph(graph), HasSubstr("return a\n"));
  EXPECT_EQ(graph.size(), 2);
  EXPECT_THAT(message_of([&] {
                net.import({.image_shape = Shape{4, 6, 6}, .until = "aa"});
              }),
              HasSubstr("no node 'aa'; did you mean 'a'?"));
}

TEST(Import, ConstantsAndSharedParameters) {
  Net net;
  const SymbolEntry data = net.variable("data");
  const SymbolEntry weight = net.parameter("w", {4, 4, 1, 1});
  const SymbolAttributes attributes = {{"kernel", "(1,1)"}, {"num_filter", "4"}, {"no_bias", "1"}};
  const SymbolEntry a = net.node("Convolution", "a", attributes, {data, weight});
  const SymbolEntry b = net.node("Convolution", "b", attributes, {a, weight});
  net.node("broadcast_mul", "m", {}, {b, net.parameter("scale", {1, 4, 1, 1}, 1)});
  net.parameter("unused", {3});
  net.symbol.nodes.pop_back();
  const Graph graph = net.import();
  EXPECT_EQ(graph.size(), 6);
  EXPECT_EQ(line_of(graph, "b"), "Convolution(a, w)");
  EXPECT_THAT(line_of(graph, "scale", true), HasSubstr("values=[1,1.0625,1.125,1.1875]"));
}

TEST(Import, HalfAndDoubleBecomeSingle) {
  Net net;
  const SymbolEntry data = net.variable("data");
  auto half = std::make_shared<Tensor>(DType::f16, Shape{1, 4, 1, 1});
  auto* bits = reinterpret_cast<std::uint16_t*>(half->bytes().data());
  for (int h : {0x3C00, 0xC100, 0x0001, 0x7C00})
    *bits++ = static_cast<std::uint16_t>(h);  // 1, -2.5, 2^-24, inf
  net.arrays.push_back({"half", half});
  net.arrays.push_back(
      {"wide", std::make_shared<Tensor>(Tensor::of<double>({1, 1, 1, 1}, std::array{0.5}))});
  const SymbolEntry m = net.node("broadcast_mul", "m", {}, {data, net.variable("half")});
  net.node("broadcast_mul", "n", {}, {m, net.variable("wide")});
  const Graph graph = net.import();
  EXPECT_THAT(line_of(graph, "half", true), HasSubstr("values=[1,-2.5,5.9604645e-08,inf]"));
  EXPECT_THAT(line_of(graph, "wide", true), HasSubstr("f32[1,1,1,1] values=[0.5]"));

  net.arrays[1].value = std::make_shared<Tensor>(DType::s32, Shape{1});
  EXPECT_THAT(message_of([&] { net.import(); }),
              HasSubstr("parameter 'wide' of the file: s32, expected floating point"));
}

TEST(Import, ParameterNamesThatClash) {
  Net net;
  net.node("relu", "r", {}, {net.variable("data")});
  net.array("arg:x", {1});
  net.array("aux:x", {1});
  EXPECT_THAT(message_of([&] { net.import(); }), HasSubstr("two arrays are named 'x'"));
  net.arrays.back().name = "";
  EXPECT_THAT(message_of([&] { net.import(); }), HasSubstr("an array without a name"));
  net.arrays.back() = {"y", nullptr};
  net.node("broadcast_mul", "m", {}, {{1, 0}, net.variable("y")});
  EXPECT_THAT(message_of([&] { net.import(); }), HasSubstr("parameter 'y' has no value"));
}

Net random_net() {
  Net net;
  const SymbolEntry data = net.variable("data");
  const SymbolEntry conv = net.node("Convolution", "c", {{"kernel", "(3,3)"}, {"num_filter", "8"}},
                                    {data, net.variable("c_weight")});
  const SymbolEntry bn = net.node("BatchNorm", "b", {}, {conv});
  const SymbolEntry scale = net.variable(
      "s", {{"__shape__", "(1, 8, 1, 1)"}, {"__init__", R"(["constant", {"value": 20}])"}});
  net.node("broadcast_mul", "m", {}, {bn, scale});
  return net;
}

TEST(Import, RandomParameters) {
  const Graph graph = random_net().import_random(1);
  EXPECT_THAT(line_of(graph, "b_gamma", true), HasSubstr("values=[1,1,1,1,1,1,1,1]"));
  EXPECT_THAT(line_of(graph, "b_moving_var", true), HasSubstr("values=[1,1,"));
  EXPECT_THAT(line_of(graph, "b_moving_mean", true), HasSubstr("values=[0,0,"));
  EXPECT_THAT(line_of(graph, "c_bias", true), HasSubstr("values=[0,0,"));
  EXPECT_THAT(line_of(graph, "s", true), HasSubstr("values=[20,20,"));

  // Xavier, uniform: bound sqrt(2 / ((4 * 9 + 8 * 9) / 2))
  const float bound = std::sqrt(2.0F / 54.0F);
  float largest = 0;
  double sum = 0;
  for (float w : graph.value(*graph.find("c_weight")).data<float>()) {
    largest = std::max(largest, std::fabs(w));
    sum += w;
  }
  EXPECT_LE(largest, bound);
  EXPECT_GT(largest, 0.9F * bound);
  EXPECT_LT(std::fabs(sum / 288), 0.15 * bound);
}

TEST(Import, RandomParametersDependOnTheSeedAlone) {
  const std::string once = hash_graph(random_net().import_random(1));
  EXPECT_EQ(once, hash_graph(random_net().import_random(1)));
  EXPECT_NE(once, hash_graph(random_net().import_random(2)));
  // The same on every platform: the generator is the project's own. From SplitMix64 in Python.
  constexpr float kFirst = 0.0431071868F;
  const Graph graph = random_net().import_random(1);
  EXPECT_FLOAT_EQ(graph.value(*graph.find("c_weight")).data<float>()[0], kFirst);
}

TEST(Import, RandomParametersAreBounded) {
  Net net;
  net.node("FullyConnected", "f", {{"num_hidden", "100000000"}}, {net.variable("data")});
  EXPECT_THAT(message_of([&] { net.import_random(1); }),
              HasSubstr("random values, expected at most"));
}

}  // namespace
}  // namespace qbench
