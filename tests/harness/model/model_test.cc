#include "harness/model/model.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "engine/core/error.h"
#include "engine/core/hash.h"
#include "engine/graph/text.h"
#include "engine/passes/passes.h"
#include "engine/quantizer/quantizer.h"
#include "engine/zoo/zoo.h"
#include "tests/engine/quantizer/golden.h"

namespace qbench {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
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

LoadedModel reading(const Shape& image) {
  LoadedModel model;
  std::vector<std::int64_t> dims = image.dims();
  dims.insert(dims.begin(), 1);
  model.graph.set_outputs({model.graph.add("data", Input{Shape(dims)})});
  model.image_shape = image.rank() == 3 ? image : Shape(std::vector<std::int64_t>{});
  return model;
}

template <class Call>
std::string message_of(Call&& call) {
  try {
    std::forward<Call>(call)();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

TEST(PreprocessFor, TakesTheNetworksShape) {
  LoadedModel model = reading({3, 20, 24});
  const Preprocess preprocess = preprocess_for(model, {.mean = {1, 2, 3}, .std = {4, 5, 6}});
  EXPECT_EQ(preprocess.channels, 3);
  EXPECT_EQ(preprocess.height, 20);
  EXPECT_EQ(preprocess.width, 24);
  EXPECT_THAT(preprocess.rgb_mean, ElementsAre(1, 2, 3));
  EXPECT_THAT(model.notices, IsEmpty());
}

TEST(PreprocessFor, GreyNetworksSayWhichMeanTheyTake) {
  LoadedModel model = reading({1, 20, 24});
  EXPECT_EQ(preprocess_for(model, {.mean = {9, 9, 9}, .std = {2, 2, 2}}).channels, 1);
  EXPECT_THAT(model.notices, IsEmpty());
  preprocess_for(model, {.mean = {1, 2, 3}, .std = {2, 2, 2}});
  EXPECT_THAT(model.notices,
              ElementsAre(HasSubstr("first mean 1 and the first std 2, found 1,2,3 and 2,2,2")));
}

TEST(PreprocessFor, OtherInputsAreNoImages) {
  LoadedModel vectors = reading({7});
  EXPECT_THAT(message_of([&] { preprocess_for(vectors, {}); }),
              HasSubstr("the network reads 'data' [1,7], expected one input of images [N,C,H,W]"));
  LoadedModel last = reading({20, 24, 3});
  EXPECT_THAT(message_of([&] { preprocess_for(last, {}); }), HasSubstr("looks like channels last"));
  LoadedModel four = reading({4, 20, 24});
  EXPECT_THAT(message_of([&] { preprocess_for(four, {}); }), HasSubstr("images of 4 channels"));
}

TEST(LoadModel, ZooNetworksEndWhereTheyAreAskedTo) {
  const ModelFiles files{"zoo:squeezenet1.0,width=0.125", ""};
  EXPECT_EQ(load_model(files, {.image_shape = Shape{3, 64, 64}}).image_shape, (Shape{3, 64, 64}));
  const LoadedModel whole = load_model(files, {});
  EXPECT_EQ(whole.image_shape, (Shape{3, 224, 224}));
  EXPECT_THAT(whole.notices, IsEmpty());
  const Graph imported = import_network(files, {});
  ImportOptions options;
  for (const Node& node : imported.nodes()) {
    if (std::holds_alternative<Pool>(node.op) && options.until.empty()) options.until = node.name;
  }
  const Graph ended = import_network(files, options);
  EXPECT_EQ(ended[ended.outputs().at(0)].name, options.until);
  EXPECT_LT(ended.size(), imported.size());
  options.until = "nowhere at all";
  EXPECT_THAT(message_of([&] { import_network(files, options); }),
              HasSubstr("zoo:squeezenet1.0,width=0.125: no node 'nowhere at all'"));
}

TEST(UsualImageShape, IsTheDocumentedOne) {
  EXPECT_EQ(usual_image_shape("inceptionv3"), (Shape{3, 299, 299}));
  EXPECT_EQ(usual_image_shape("something else"), (Shape{3, 224, 224}));
}

TEST(QuantizedFiles, HaveTheDocumentedNames) {
  const ModelFiles naive = quantized_files("out", "net", "naive", 5);
  EXPECT_EQ(naive.symbol, "out/net-quantized-5batches-naive-symbol.json");
  EXPECT_EQ(naive.params, "out/net-quantized-0000.params");
  EXPECT_EQ(quantized_files("out", "net", "none", 0).symbol, "out/net-quantized-symbol.json");
}

TEST(BytesWithData, CountAndHashWhatLiesBesideTheModel) {
  const std::filesystem::path folder =
      std::filesystem::path(testing::TempDir()) / fmt::format("bytes_with_data_{}", ::getpid());
  std::filesystem::create_directories(folder);
  const std::string file = (folder / "m.onnx").string();
  const auto write = [](const std::string& path, std::string_view content) {
    std::ofstream(path, std::ios::binary) << content;
  };
  // ModelProto: graph (7) { initializer (5) { dims 3, FLOAT, external_data (13) { location:
  // m.data }, data_location (14) EXTERNAL } }
  constexpr std::string_view kEntry = "\x6a\x12\x0a\x08location\x12\x06m.data";
  const std::string tensor = std::string("\x08\x03\x10\x01") + std::string(kEntry) + "\x70\x01";
  const std::string graph = "\x2a" + std::string(1, static_cast<char>(tensor.size())) + tensor;
  write(file, "\x3a" + std::string(1, static_cast<char>(graph.size())) + graph);
  write((folder / "m.data").string(), "0123456789ab");
  EXPECT_EQ(bytes_with_data(file), std::filesystem::file_size(file) + 12);
  const std::string hash = hash_with_data(file);
  EXPECT_NE(hash, hash_file(file));
  EXPECT_EQ(hash, hash_with_data(file));
  write((folder / "m.data").string(), "0123456789aB");
  EXPECT_NE(hash, hash_with_data(file));
  std::filesystem::remove((folder / "m.data").string());
  EXPECT_THROW(hash_with_data(file), Error);
  EXPECT_THROW(bytes_with_data(file), Error);
  std::filesystem::remove_all(folder);
}

TEST(BytesWithData, OtherFilesStandForThemselves) {
  const std::string file =
      (std::filesystem::path(testing::TempDir()) / fmt::format("m-{}-0000.params", ::getpid()))
          .string();
  std::ofstream(file) << "12345";
  EXPECT_EQ(bytes_with_data(file), 5U);
  EXPECT_EQ(hash_with_data(file), hash_file(file));
  std::filesystem::remove(file);
  EXPECT_THROW(bytes_with_data(file), Error);
}

}  // namespace
}  // namespace qbench
