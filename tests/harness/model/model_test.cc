#include "harness/model/model.h"

#include <gmock/gmock.h>

#include "engine/graph/text.h"
#include "engine/passes/passes.h"
#include "engine/quantizer/quantizer.h"
#include "engine/zoo/zoo.h"
#include "tests/engine/quantizer/golden.h"

namespace qbench {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

LoadedModel optimized(std::string_view text) {
  LoadedModel model;
  const Graph imported = parse_graph(text);
  model.graph = optimize(imported);
  model.absorbed = find_absorbed(imported, model.graph);
  return model;
}

constexpr std::string_view kNetwork = R"(
data = Input(shape=[1,3,8,8]) : f32[1,3,8,8]
pad = Pad(data; padding=[0,0,1,1]) : f32[1,3,9,9]
w = Constant() : f32[4,3,3,3] values=random(1)
conv = Convolution(pad, w) : f32[1,4,7,7]
relu = Activation(conv; spec=relu) : f32[1,4,7,7]
drop = Dropout(relu) : f32[1,4,7,7]
flat = Flatten(drop) : f32[1,196]
fw = Constant() : f32[5,196] values=random(2)
fc = FullyConnected(flat, fw) : f32[1,5]
return fc
)";

TEST(LayersToExclude, APartOfAFusedLayerStandsForAllOfIt) {
  const LoadedModel model = optimized(kNetwork);
  const std::vector<std::string> names = {"relu", "pad", "fc"};
  EXPECT_THAT(layers_to_exclude(model, names), ElementsAre("conv", "conv", "fc"));
}

TEST(LayersToExclude, WhatComputesNothingNeedsNoExclusion) {
  const LoadedModel model = optimized(kNetwork);
  const std::vector<std::string> names = {"drop"};
  EXPECT_THAT(layers_to_exclude(model, names), IsEmpty());
}

TEST(LayersToExclude, UnknownNamesAreLeftForTheQuantizerToRefuse) {
  const LoadedModel model = optimized(kNetwork);
  const std::vector<std::string> names = {"conf"};
  EXPECT_THAT(layers_to_exclude(model, names), ElementsAre("conf"));
}

// The names that MXNet's example/ssd excludes; half of them are of anchors, which are constant.
TEST(LayersToExclude, TheDocumentedOnesOfTheDetectorAreMovesAlone) {
  LoadedModel model;
  const Graph network =
      build_zoo_model(*find_zoo_model("ssd_vgg16_reduced_300"), {.width = 0.125}).graph;
  model.graph = optimize(network);
  model.absorbed = find_absorbed(network, model.graph);
  std::vector<std::string> names = {"multibox_loc_pred", "concat0", "concat1"};
  for (int i = 1; i <= 18; ++i) names.push_back("flatten" + std::to_string(i));
  std::vector<std::string> layers = layers_to_exclude(model, names);
  EXPECT_EQ(layers.size(), 14U);
  for (const std::string& layer : layers) {
    const Op& op = model.graph[model.graph.find(layer).value()].op;
    EXPECT_TRUE(std::holds_alternative<Flatten>(op) || std::holds_alternative<Concat>(op)) << layer;
  }
  const CalibrationTable table = numbered_ranges(model.graph, {});
  const QuantizedModel with = quantize(model.graph, {.excluded_layers = layers}, &table);
  const QuantizedModel without = quantize(model.graph, {}, &table);
  EXPECT_EQ(print_graph(with.graph), print_graph(without.graph));
}

TEST(QuantizedFiles, HaveTheDocumentedNames) {
  const ModelFiles naive = quantized_files("out", "net", "naive", 5);
  EXPECT_EQ(naive.symbol, "out/net-quantized-5batches-naive-symbol.json");
  EXPECT_EQ(naive.params, "out/net-quantized-0000.params");
  EXPECT_EQ(quantized_files("out", "net", "none", 0).symbol, "out/net-quantized-symbol.json");
}

}  // namespace
}  // namespace qbench
