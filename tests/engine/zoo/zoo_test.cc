// The networks against their documents: parameters, work, operators, sizes and names.
#include "engine/zoo/zoo.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "engine/backends/backends.h"
#include "engine/core/error.h"
#include "engine/graph/text.h"
#include "engine/passes/passes.h"

namespace qbench {
namespace {

ZooNetwork build(std::string_view name, const ZooOptions& options = {}) {
  return build_zoo_model(*find_zoo_model(name), options);
}

struct Documented {
  std::string name;
  ZooOptions options;
  std::int64_t arguments;
  std::int64_t auxiliary;
  double gmacs;
  std::array<int, 6> operators;  // convolution, batch norm, ReLU, pooling, concat, add
};

const Documented kDocumented[] = {
    {"resnet50_v1", {}, 25'575'912, 53'120, 3.858, {53, 53, 49, 2, 0, 16}},
    {"resnet101_v1", {}, 44'589'800, 105'344, 7.570, {104, 104, 100, 2, 0, 33}},
    {"squeezenet1.0", {}, 1'248'424, 0, 0.819, {26, 0, 26, 4, 8, 0}},
    {"mobilenet1.0", {}, 4'231'976, 21'888, 0.569, {27, 27, 27, 1, 0, 0}},
    {"inceptionv3", {}, 23'834'568, 34'432, 5.713, {94, 94, 94, 14, 15, 0}},
    {"imagenet1k-resnet-152", {}, 60'185'262, 143'878, 11.514, {155, 153, 152, 2, 0, 50}},
    {"imagenet1k-inception-bn", {}, 11'295'240, 20'032, 1.987, {69, 69, 69, 13, 10, 0}},
    {"ssd_vgg16_reduced_300", {}, 26'285'486, 0, 31.37, {35, 0, 23, 5, 3, 0}},
    {"ssd_vgg16_reduced_300", {.classes = 80}, 34'305'206, 0, 34.36, {35, 0, 23, 5, 3, 0}},
};

class DocumentedNetwork : public testing::TestWithParam<Documented> {};

template <class T>
int count(const Graph& graph) {
  return static_cast<int>(std::ranges::count_if(
      graph.nodes(), [](const Node& node) { return std::holds_alternative<T>(node.op); }));
}

TEST_P(DocumentedNetwork, HasTheDocumentedNumbers) {
  const Documented& expected = GetParam();
  const Graph graph = build(expected.name, expected.options).graph;
  std::set<NodeId> statistics;
  for (const Node& node : graph.nodes()) {
    if (std::holds_alternative<BatchNorm>(node.op))
      statistics.insert({node.inputs[3], node.inputs[4]});
  }
  std::int64_t arguments = 0;
  std::int64_t auxiliary = 0;
  for (NodeId id = 0; id < graph.size(); ++id) {
    if (graph.as_constant(id) == nullptr) continue;
    (statistics.contains(id) ? auxiliary : arguments) += graph[id].type.shape.elements();
  }
  EXPECT_EQ(arguments, expected.arguments);
  EXPECT_EQ(auxiliary, expected.auxiliary);
  EXPECT_NEAR(static_cast<double>(count_macs(graph)) / 1e9, expected.gmacs,
              expected.gmacs > 20 ? 0.005 : 0.0005);
  const std::array<int, 6> operators = {count<Convolution>(graph), count<BatchNorm>(graph),
                                        count<Activation>(graph),  count<Pool>(graph),
                                        count<Concat>(graph),      count<Add>(graph)};
  EXPECT_EQ(operators, expected.operators);
}

INSTANTIATE_TEST_SUITE_P(Zoo, DocumentedNetwork, testing::ValuesIn(kDocumented),
                         [](const auto& test) {
                           std::string name = test.param.name;
                           std::ranges::replace_if(
                               name, [](char c) { return c == '.' || c == '-'; }, '_');
                           return name + (test.param.options.classes > 0 ? "_other_classes" : "");
                         });

struct NodeShape {
  std::string network;
  std::string node;
  Shape shape;
};

TEST(Zoo, NodesHaveTheDocumentedNamesAndSizes) {
  const NodeShape expected[] = {
      {"resnet50_v1", "resnetv10_conv0_fwd", {1, 64, 112, 112}},
      {"resnet50_v1", "resnetv10_pool0_fwd", {1, 64, 56, 56}},
      {"resnet101_v1", "resnetv10_dense0_fwd", {1, 1000}},
      {"squeezenet1.0", "squeezenet0_conv0_fwd", {1, 96, 109, 109}},
      {"squeezenet1.0", "squeezenet0_flatten0_flatten0", {1, 1000}},
      {"mobilenet1.0", "mobilenet0_conv26_fwd", {1, 1024, 7, 7}},
      {"mobilenet1.0", "mobilenet0_pool0_fwd", {1, 1024, 1, 1}},
      {"inceptionv3", "inception30_conv0_fwd", {1, 32, 149, 149}},
      {"imagenet1k-resnet-152", "conv0", {1, 64, 112, 112}},
      {"imagenet1k-resnet-152", "stage4_unit3_conv3", {1, 2048, 7, 7}},
      {"imagenet1k-resnet-152", "flatten0", {1, 2048}},
      {"imagenet1k-inception-bn", "conv_1", {1, 64, 112, 112}},
      {"imagenet1k-inception-bn", "pool_1", {1, 64, 55, 55}},
      {"imagenet1k-inception-bn", "pool_2", {1, 192, 27, 27}},
      {"imagenet1k-inception-bn", "ch_concat_5b_chconcat", {1, 1024, 7, 7}},
      {"ssd_vgg16_reduced_300", "relu4_3", {1, 512, 38, 38}},
      {"ssd_vgg16_reduced_300", "relu7", {1, 1024, 19, 19}},
      {"ssd_vgg16_reduced_300", "multi_feat_5_conv_3x3_relu", {1, 256, 1, 1}},
      {"ssd_vgg16_reduced_300", "multibox_loc_pred", {1, 4 * 8732}},
      {"ssd_vgg16_reduced_300", "detection", {1, 8732, 6}},
  };
  std::string built;
  Graph graph;
  for (const NodeShape& each : expected) {
    if (each.network != built) graph = build(each.network).graph;
    built = each.network;
    const auto id = graph.find(each.node);
    ASSERT_TRUE(id.has_value()) << each.network << " " << each.node;
    EXPECT_EQ(graph[*id].type.shape, each.shape) << each.network << " " << each.node;
  }
}

// The names that the documented scripts leave out of the quantization.
TEST(Zoo, HasTheDocumentedExcludedLayers) {
  const Graph ssd = build("ssd_vgg16_reduced_300").graph;
  for (int i = 1; i <= 18; ++i) EXPECT_TRUE(ssd.find("flatten" + std::to_string(i))) << i;
  for (const char* name : {"multibox_loc_pred", "concat0", "concat1", "conv1_1"})
    EXPECT_TRUE(ssd.find(name)) << name;
  const Graph inception = build("imagenet1k-inception-bn").graph;
  for (const char* block : {"3a", "3b", "3c", "4a", "4b", "4c", "4d", "4e", "5a", "5b"})
    EXPECT_TRUE(inception.find(std::string("ch_concat_") + block + "_chconcat")) << block;
}

TEST(Zoo, HasNarrowVariantsForSmallImages) {
  for (const ZooModel& model : zoo()) {
    ZooOptions options{.image_shape = {3, 48, 48}, .classes = 10, .width = 0.125};
    if (model.name == "inceptionv3") options.image_shape = {3, 96, 96};
    if (model.task == Task::detection) options.image_shape = {3, 128, 128};
    const Graph narrow = build(model.name, options).graph;
    const Shape& output = narrow[narrow.outputs().front()].type.shape;
    if (model.task == Task::classification) {
      EXPECT_EQ(output, (Shape{1, 10})) << model.name;
    }
    EXPECT_LT(constant_bytes(narrow), constant_bytes(build(model.name).graph) / 20) << model.name;
  }
}

TEST(Zoo, RefusesWhatCannotBeBuilt) {
  for (const ZooOptions& options :
       {ZooOptions{.width = 0}, ZooOptions{.width = -1}, ZooOptions{.classes = -1},
        ZooOptions{.image_shape = {3, 8, 8}}, ZooOptions{.batch = 0}})
    EXPECT_THROW(build("inceptionv3", options), Error);
  EXPECT_EQ(find_zoo_model("resnet50"), nullptr);
}

TEST(Zoo, WeightsDependOnTheSeedAlone) {
  const ZooOptions small{.width = 0.125, .seed = 1};
  EXPECT_EQ(hash_graph(build("mobilenet1.0", small).graph),
            hash_graph(build("mobilenet1.0", small).graph));
  EXPECT_NE(hash_graph(build("mobilenet1.0", small).graph),
            hash_graph(build("mobilenet1.0", {.width = 0.125, .seed = 2}).graph));
}

// Through all layers values neither vanish nor explode, and two images are told apart.
class RandomWeights : public testing::TestWithParam<std::string> {};

TEST_P(RandomWeights, KeepActivationsInARange) {
  const Graph graph = optimize(build(GetParam()).graph);
  CompileOptions options;
  for (const Node& node : graph.nodes()) {
    const bool watched = std::holds_alternative<Convolution>(node.op) ||
                         std::holds_alternative<Add>(node.op) ||
                         std::holds_alternative<FullyConnected>(node.op);
    if (watched) options.observed.push_back(node.name);
  }
  const auto executable = all_backends().front()->compile(graph, options);
  const Shape& shape = graph[graph.inputs().front()].type.shape;
  std::vector<std::vector<float>> outputs;
  for (const unsigned seed : {1U, 2U}) {
    std::mt19937 random(seed);
    std::vector<float> image(static_cast<std::size_t>(shape.elements()));
    const bool raw = GetParam() == "imagenet1k-resnet-152";  // its first layer normalizes
    for (float& value : image) {
      const float unit = static_cast<float>(random()) / 4294967296.0F;
      value = raw ? 255 * unit : 4 * unit - 2;
    }
    std::vector<float>& output = outputs.emplace_back(
        static_cast<std::size_t>(graph[graph.outputs().front()].type.shape.elements()));
    const std::span<const float> in(image);
    const std::span<float> out(output);
    executable->run_observed(
        {&in, 1}, {&out, 1}, [&](int, std::size_t i, std::span<const float> values) {
          double squares = 0;
          for (const float v : values) squares += static_cast<double>(v) * v;
          const double rms = std::sqrt(squares / static_cast<double>(values.size()));
          EXPECT_GT(rms, 0.02) << options.observed[i];
          EXPECT_LT(rms, 100) << options.observed[i];
        });
  }
  EXPECT_NE(outputs[0], outputs[1]);
}

INSTANTIATE_TEST_SUITE_P(Zoo, RandomWeights,
                         testing::Values("resnet50_v1", "squeezenet1.0", "mobilenet1.0",
                                         "inceptionv3", "imagenet1k-resnet-152",
                                         "imagenet1k-inception-bn", "ssd_vgg16_reduced_300"),
                         [](const auto& test) {
                           std::string name = test.param;
                           std::ranges::replace_if(
                               name, [](char c) { return c == '.' || c == '-'; }, '_');
                           return name;
                         });

}  // namespace
}  // namespace qbench
