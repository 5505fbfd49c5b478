// Quantized models as MXNet itself writes them.
#include <gmock/gmock.h>

#include "engine/core/quant_params.h"
#include "engine/graph/text.h"
#include "tests/engine/formats/testing.h"

namespace qbench {
namespace {

using ::testing::HasSubstr;
using testing::message_of;
using testing::Net;

const SymbolAttributes kConvolution = {{"kernel", "(1,1)"}, {"num_filter", "2"}};

// data -> quantize: entries 0, 1, 2 of the node given back
SymbolEntry quantize(Net& net, SymbolEntry data, const char* low, const char* high) {
  return net.node("_contrib_quantize_v2", "data_quantize",
                  {{"out_type", "auto"}, {"min_calib_range", low}, {"max_calib_range", high}},
                  {data});
}
SymbolEntry output(SymbolEntry entry, int number) { return {entry.node, number}; }

// Convolution, BatchNorm, [elemwise_add], relu: inner inputs in the order of the outer node's.
Symbol body(bool sum) {
  Net net;
  std::vector<SymbolEntry> in;
  for (const char* name : {"data0", "w0", "g0", "b0", "m0", "v0"}) in.push_back(net.variable(name));
  SymbolAttributes attributes = kConvolution;
  attributes["no_bias"] = "True";
  SymbolEntry last = net.node("Convolution", "conv", attributes, {in[0], in[1]});
  last = net.node("BatchNorm", "bn", {{"eps", "0"}, {"fix_gamma", "False"}},
                  {last, in[2], in[3], in[4], in[5]});
  if (sum) last = net.node("elemwise_add", "plus", {}, {net.variable("other0"), last});
  last = net.node("Activation", "relu", {{"act_type", "relu"}}, {last});
  net.symbol.heads = {last};
  return net.symbol;
}

struct FusedNet {
  Net net;
  SymbolEntry data, quantized, conv;
};

FusedNet fused_net(const SymbolAttributes& attributes, bool sum) {
  FusedNet f;
  f.data = f.net.variable("data");
  f.quantized = quantize(f.net, f.data, "-2.0", "1.0");
  std::vector<SymbolEntry> inputs = {f.quantized,
                                     f.net.parameter("conv_weight", {2, 4, 1, 1}, 1),
                                     f.net.values("bn_gamma", {2, 3}),
                                     f.net.values("bn_beta", {10, 20}),
                                     f.net.values("bn_running_mean", {1, 2}),
                                     f.net.values("bn_running_var", {4, 9})};
  if (sum) inputs.push_back(f.quantized);
  for (int i = 0; i < (sum ? 2 : 1); ++i) {
    inputs.push_back(output(f.quantized, 1));
    inputs.push_back(output(f.quantized, 2));
  }
  f.conv = f.net.node("_sg_mkldnn_conv", "quantized_sg_mkldnn_conv_bn_act_0", attributes, inputs);
  f.net.symbol.nodes.back().subgraphs.push_back(body(sum));
  return f;
}

TEST(QuantizedImport, FusedConvolutionWithFloatWeights) {
  FusedNet f = fused_net({{"quantized", "true"},
                          {"with_bn", "true"},
                          {"with_relu", "true"},
                          {"min_calib_range", "-0.000000"},
                          {"max_calib_range", "25.5"}},
                         false);
  f.net.node("_contrib_dequantize", "out", {}, {f.conv, output(f.conv, 1), output(f.conv, 2)});
  const Graph graph = f.net.import();

  // gamma / sqrt(variance) is 1 for both channels: weights 1 .. 1 + 7/16 stay, bias = beta - mean.
  const std::string text = print_graph(graph);
  EXPECT_THAT(text, HasSubstr("data_quantize = Quantize(data) : s8[1,4,6,6] scales=[0.015748031]"));
  EXPECT_THAT(text, HasSubstr("conv_bias = Constant() : f32[2] values=[9,18]"));
  EXPECT_THAT(text, HasSubstr("conv = Convolution(data_quantize, conv_weight, conv_bias; "
                              "has_bias=true, activation=relu) : u8[1,2,6,6] scales=[0.1]"));
  const Node& weight = graph[*graph.find("conv_weight")];
  EXPECT_EQ(weight.type.quant->axis, 0);
  EXPECT_EQ(weight.type.quant->scales[0], scale_for({0, 1 + 3.0F / 16}, DType::s8));
  EXPECT_EQ(weight.type.quant->scales[1], scale_for({0, 1 + 7.0F / 16}, DType::s8));
}

TEST(QuantizedImport, FusedSum) {
  Net net;
  const SymbolEntry data = net.variable("data");
  const SymbolEntry q = quantize(net, data, "-2", "1");
  const SymbolEntry conv = net.node("_sg_mkldnn_conv", "c",
                                    {{"quantized", "true"},
                                     {"with_sum", "true"},
                                     {"min_calib_range", "-1"},
                                     {"max_calib_range", "1"}},
                                    {q, net.parameter("w", {4, 4, 1, 1}), q, output(q, 1),
                                     output(q, 2), output(q, 1), output(q, 2)});
  Net inner;
  const SymbolEntry x = inner.variable("data0");
  const SymbolEntry c = inner.node("Convolution", "conv",
                                   {{"kernel", "(1,1)"}, {"num_filter", "4"}, {"no_bias", "True"}},
                                   {x, inner.variable("w0")});
  inner.symbol.heads = {inner.node("elemwise_add", "plus", {}, {inner.variable("q0"), c})};
  net.symbol.nodes.back().subgraphs = {inner.symbol};
  net.node("_contrib_dequantize", "out", {}, {conv});
  EXPECT_THAT(print_graph(net.import()),
              HasSubstr("conv = Convolution(data_quantize, w, data_quantize; has_residual=true) : "
                        "s8[1,4,6,6]"));

  // Not calibrated: MXNet delivers int32 and requantizes by what it finds.
  net.symbol.nodes[4 - 1].attributes = {{"quantized", "true"}, {"with_sum", "true"}};
  net.symbol.nodes.pop_back();
  const SymbolEntry again = net.node("_contrib_requantize", "requantize_c", {}, {conv});
  net.node("_contrib_dequantize", "out", {}, {again});
  const std::string text = print_graph(net.import());
  EXPECT_THAT(text, HasSubstr("conv_residual = Dequantize(data_quantize)"));
  EXPECT_THAT(text, HasSubstr("requantize_c = Quantize(conv) : s8[1,4,6,6] dynamic"));
}

TEST(QuantizedImport, FullyConnectedWithStoredBias) {
  Net net;
  const SymbolEntry q = quantize(net, net.variable("data"), "0", "5.1");
  const std::vector<SymbolEntry> inputs = {
      q,
      net.parameter("fc_weight_quantize", {2, 144}, 0, DType::s8),
      net.parameter("fc_bias_quantize", {2}, 64, DType::s8),
      output(q, 1),
      output(q, 2),
      net.values("fc_weight_quantize_min", {-12.7F}),
      net.values("fc_weight_quantize_max", {12.7F}),
      net.values("fc_bias_quantize_min", {-127}),
      net.values("fc_bias_quantize_max", {127})};
  const SymbolEntry fc = net.node("_sg_mkldnn_fully_connected", "quantized_fc",
                                  {{"quantized", "True"}, {"enable_float_output", "True"}}, inputs);
  Net inner;
  const std::vector<SymbolEntry> in = {inner.variable("d0"), inner.variable("w0"),
                                       inner.variable("b0")};
  inner.symbol.heads = {inner.node("FullyConnected", "fc", {{"num_hidden", "2"}}, in)};
  net.symbol.nodes.back().subgraphs = {inner.symbol};
  net.node("softmax", "out", {}, {fc});
  const std::string text = print_graph(net.import());
  EXPECT_THAT(text, HasSubstr("data_quantize = Quantize(data) : u8[1,4,6,6] scales=[0.02]"));
  EXPECT_THAT(text, HasSubstr("fc_weight = Constant() : s8[2,144] scales=[0.1]"));
  EXPECT_THAT(text, HasSubstr("fc_bias = Constant() : f32[2] values=[64,65]"));
  EXPECT_THAT(text, HasSubstr("fc = FullyConnected(data_quantize, fc_weight, fc_bias; "
                              "has_bias=true) : f32[1,2]"));
}

TEST(QuantizedImport, UnfusedOperators) {
  Net net;
  const SymbolEntry q = quantize(net, net.variable("data"), "-1.27", "1");
  const auto limits = [&](SymbolEntry e) { return std::vector{e, output(e, 1), output(e, 2)}; };
  const SymbolEntry conv =
      net.node("_contrib_quantized_conv", "quantized_conv0",
               {{"kernel", "(1,1)"}, {"num_filter", "2"}, {"no_bias", "True"}},
               {q, net.parameter("conv0_weight_quantize", {2, 4, 1, 1}, 1, DType::s8), output(q, 1),
                output(q, 2), net.values("conv0_weight_quantize_min", {-1.27F}),
                net.values("conv0_weight_quantize_max", {1.27F})});
  const SymbolEntry r = net.node(
      "_contrib_requantize", "requantize_conv0",
      {{"out_type", "int8"}, {"min_calib_range", "-2.54"}, {"max_calib_range", "1"}}, limits(conv));
  const SymbolEntry pool = net.node("_contrib_quantized_pooling", "quantized_pool0",
                                    {{"kernel", "(2, 2)"}, {"pool_type", "max"}}, limits(r));
  const SymbolEntry act =
      net.node("_contrib_quantized_act", "quantized_relu0", {{"act_type", "relu"}}, limits(pool));
  const SymbolEntry both = net.node("_contrib_quantized_concat", "quantized_concat0",
                                    {{"num_args", "2"}, {"dim", "1"}}, {act, pool});
  const SymbolEntry flat =
      net.node("_contrib_quantized_flatten", "quantized_flat", {}, limits(both));
  net.node("_contrib_dequantize", "flat_dequantize", {}, limits(flat));
  EXPECT_EQ(print_graph(net.import()), R"(data = Input(shape=[1,4,6,6]) : f32[1,4,6,6]
data_quantize = Quantize(data) : s8[1,4,6,6] scales=[0.01]
conv0_weight = Constant() : s8[2,4,1,1] scales=[0.01] values=[1,2,3,4,5,6,7,8]
conv0 = Convolution(data_quantize, conv0_weight) : f32[1,2,6,6]
requantize_conv0 = Quantize(conv0) : s8[1,2,6,6] scales=[0.02]
pool0 = Pool(requantize_conv0; kernel=[2,2]) : s8[1,2,5,5] scales=[0.02]
relu0 = Activation(pool0; spec=relu) : s8[1,2,5,5] scales=[0.02]
concat0 = Concat(relu0, pool0) : s8[1,4,5,5] scales=[0.02]
flat = Flatten(concat0) : s8[1,100] scales=[0.02]
flat_dequantize = Dequantize(flat) : f32[1,100]
return flat_dequantize
)");
}

TEST(QuantizedImport, ConcatOfDifferentScalesTakesTheWidest) {
  Net net;
  const SymbolEntry data = net.variable("data");
  const auto q = [&](const char* name, const char* low, const char* high) {
    return net.node("_contrib_quantize_v2", name,
                    {{"min_calib_range", low}, {"max_calib_range", high}}, {data});
  };
  const SymbolEntry narrow = q("narrow", "0", "2.55");
  const SymbolEntry wide = q("wide", "0", "5.1");
  const SymbolEntry negative = q("negative", "-1.27", "0");
  const auto concat = [&](const char* name, std::vector<SymbolEntry> parts) {
    return net.node("_contrib_quantized_concat", name, {{"num_args", "2"}}, std::move(parts));
  };
  net.symbol.heads = {net.node("_contrib_dequantize", "a", {}, {concat("u", {narrow, wide})}),
                      net.node("_contrib_dequantize", "b", {}, {concat("m", {wide, negative})})};
  const std::string text = print_graph(net.import());
  EXPECT_THAT(text, HasSubstr("u = Concat(narrow, wide) : u8[1,8,6,6] scales=[0.02]"));
  EXPECT_THAT(text, HasSubstr("m = Concat(wide, negative) : s8[1,8,6,6] scales=[0.04015748]"));
}

TEST(QuantizedImport, DynamicQuantize) {
  for (const auto& [type, expected] : {std::pair{"auto", "s8"}, {"int8", "s8"}, {"uint8", "u8"}}) {
    Net net;
    const SymbolEntry q =
        net.node("_contrib_quantize_v2", "q", {{"out_type", type}}, {net.variable("data")});
    net.node("_contrib_dequantize", "d", {}, {q});
    EXPECT_THAT(print_graph(net.import()),
                HasSubstr(std::string("q = Quantize(data) : ") + expected + "[1,4,6,6] dynamic"));
  }
}

TEST(QuantizedImport, WhatIsWrongIsSaid) {
  const SymbolAttributes good = {
      {"quantized", "true"}, {"min_calib_range", "0"}, {"max_calib_range", "1"}};
  const auto failure = [&](auto&& change, SymbolAttributes attributes) {
    FusedNet f = fused_net(attributes, true);
    change(f.net, f.net.symbol.nodes.back());
    return message_of([&] { f.net.import(); });
  };
  const auto inner = [](SymbolNode& node, const std::string& name) -> SymbolNode& {
    for (SymbolNode& n : node.subgraphs[0].nodes) {
      if (n.name == name) return n;
    }
    throw std::logic_error(name);
  };
  const auto same = [](Net&, SymbolNode&) {};
  EXPECT_THAT(failure([](Net&, SymbolNode& n) { n.subgraphs.clear(); }, good),
              HasSubstr("0 subgraphs in a fused node, expected 1"));
  EXPECT_THAT(failure([&](Net&, SymbolNode& n) { inner(n, "relu").op = "Pooling"; }, good),
              HasSubstr("inner node 'relu' (Pooling): act_type"));
  EXPECT_THAT(failure([&](Net&, SymbolNode& n) { inner(n, "conv").op = "relu"; }, good),
              HasSubstr("inner node 'conv' (relu): stands before the layer"));
  EXPECT_THAT(failure([&](Net&, SymbolNode& n) { inner(n, "conv").op = "FullyConnected"; }, good),
              HasSubstr("a fused FullyConnected"));
  EXPECT_THAT(failure([&](Net&, SymbolNode& n) { inner(n, "bn").inputs.pop_back(); }, good),
              HasSubstr("inner node 'bn' (BatchNorm): expected once"));
  EXPECT_THAT(
      failure([&](Net&,
                  SymbolNode& n) { std::swap(inner(n, "bn").inputs[1], inner(n, "bn").inputs[2]); },
              good),
      HasSubstr("parameters in another order"));
  EXPECT_THAT(failure(
                  [&](Net&, SymbolNode& n) {
                    inner(n, "plus").inputs[1] = {0, 0};
                  },
                  good),
              HasSubstr("inner node 'plus' (elemwise_add): does not follow"));
  EXPECT_THAT(failure(
                  [](Net&, SymbolNode& n) {
                    n.subgraphs[0].heads = {{0, 0}};
                  },
                  good),
              HasSubstr("does not deliver its last operator"));
  EXPECT_THAT(failure([](Net&, SymbolNode& n) { n.inputs.resize(3); }, good),
              HasSubstr("3 inputs for a subgraph of 7"));
  EXPECT_THAT(failure(same, {{"quantized", "true"}, {"min_calib_range", "0"}}),
              HasSubstr("'max_calib_range' is missing"));
  EXPECT_THAT(failure(same, {{"min_calib_range", "0"}, {"max_calib_range", "inf"}}),
              HasSubstr("range is not finite"));
  FusedNet negative = fused_net(good, false);
  negative.net.symbol.nodes.back().attributes["__qbench_scale__"] = "-1";
  EXPECT_THAT(message_of([&] { negative.net.import(); }), HasSubstr("scale -1 is not positive"));
}

TEST(QuantizedImport, RangesOfStoredWeights) {
  const auto import = [](std::vector<float> low, std::vector<float> high,
                         SymbolAttributes variable) {
    Net net;
    const SymbolEntry q = quantize(net, net.variable("data"), "0", "1");
    const SymbolEntry weight = net.parameter("w_quantize", {3, 4, 1, 1}, 1, DType::s8);
    net.symbol.nodes.back().attributes = std::move(variable);
    net.node("_contrib_quantized_conv", "quantized_c",
             {{"kernel", "(1,1)"}, {"num_filter", "3"}, {"no_bias", "True"}},
             {q, weight, output(q, 1), output(q, 2), net.values("w_quantize_min", std::move(low)),
              net.values("w_quantize_max", std::move(high))});
    return net.import();
  };
  const auto text = [&](auto... args) { return print_graph(import(args...)); };
  EXPECT_THAT(text(std::vector{-1.27F}, std::vector{1.0F}, SymbolAttributes{}),
              HasSubstr("w = Constant() : s8[3,4,1,1] scales=[0.01] values"));
  EXPECT_THAT(
      text(std::vector{-1.27F, 0.F, -2.F}, std::vector{1.F, 2.54F, 3.81F}, SymbolAttributes{}),
      HasSubstr("scales=[0.01,0.02,0.03] axis=0"));
  EXPECT_THAT(text(std::vector{-1.F}, std::vector{1.F},
                   SymbolAttributes{{"__qbench_scale__", "(0.5, 0.25, 0.125)"}}),
              HasSubstr("scales=[0.5,0.25,0.125] axis=0"));
  const auto failure = [&](auto... args) { return message_of([&] { import(args...); }); };
  EXPECT_THAT(failure(std::vector{-1.F, -1.F}, std::vector{1.F, 1.F}, SymbolAttributes{}),
              HasSubstr("ranges 'w_quantize_min' of shapes [2] and [2], expected [1] or [3]"));
  EXPECT_THAT(failure(std::vector{-1.F}, std::vector{1.F},
                      SymbolAttributes{{"__qbench_scale__", "(1, 0, 1)"}}),
              HasSubstr("'w_quantize' has 3 scales, expected 1 or 3, positive and finite"));
}

}  // namespace
}  // namespace qbench
