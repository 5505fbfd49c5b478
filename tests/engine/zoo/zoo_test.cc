// The networks against their documents: parameters, work, operators, sizes and names.
#include "engine/zoo/zoo.h"

#include <gmock/gmock.h>

#include <set>

#include "engine/core/error.h"
#include "engine/graph/text.h"

namespace qbench {
namespace {

using testing::HasSubstr;

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

}  // namespace
}  // namespace qbench
