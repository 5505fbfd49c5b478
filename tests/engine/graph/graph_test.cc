// Building, rewriting, pruning and measuring graphs.
#include "engine/graph/graph.h"

#include <gmock/gmock.h>

#include "engine/core/error.h"
#include "engine/graph/text.h"

namespace qbench {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

template <class Function>
std::string message_of(Function&& function) {
  try {
    function();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

TEST(Graph, RefusesNamesAndInputsThatDoNotFit) {
  Graph graph;
  const NodeId x = graph.add("x", Input{{1, 2}});
  EXPECT_THAT(message_of([&] { graph.add("x", Identity{}, {x}); }), HasSubstr("the name is taken"));
  EXPECT_THAT(message_of([&] { graph.add("", Identity{}, {x}); }), HasSubstr("without a name"));
  EXPECT_THAT(message_of([&] { graph.add("y", Identity{}, {1}); }), HasSubstr("input 1"));
  EXPECT_THAT(message_of([&] { graph.add("y", Identity{}, {-1}); }), HasSubstr("input -1"));
  EXPECT_THAT(message_of([&] { graph.add("y", Constant{}); }), HasSubstr("without a value"));
  EXPECT_THAT(message_of([&] { graph.set_outputs({7}); }), HasSubstr("output 7"));
  EXPECT_THAT(message_of([&] { graph.value(x); }), HasSubstr("'x' is no constant"));
  EXPECT_EQ(graph.size(), 1) << "a refused node leaves nothing behind";
  EXPECT_EQ(graph.add("y", Identity{}, {x}), 1) << "the name of a refused node is free";
}

TEST(Graph, FindsNodesInputsAndValues) {
  Graph graph;
  const std::vector<float> values = {1, 2};
  const NodeId c = graph.constant("c", Tensor::of<float>({2}, values));
  const NodeId x = graph.add("x", Input{{1, 2}});
  EXPECT_EQ(graph.find("c"), c);
  EXPECT_EQ(graph.find("z"), std::nullopt);
  EXPECT_THAT(graph.inputs(), ElementsAre(x));
  EXPECT_THAT(graph.value(c).data<float>(), ElementsAre(1, 2));
  EXPECT_EQ(graph.as_constant(x), nullptr);
  EXPECT_EQ(constant_bytes(graph), 8U);
}

TEST(Graph, CountsReadersAndOutputs) {
  const Graph graph =
      parse_graph("x = Input(shape=[1])\ny = Add(x, x)\nz = Input(shape=[1])\nreturn y, x, y");
  EXPECT_THAT(count_uses(graph), ElementsAre(3, 2, 0));
}

TEST(Graph, OpNamesFollowTheVariant) {
  EXPECT_EQ(op_name(Input{}), "Input");
  EXPECT_EQ(op_name(Convolution{}), "Convolution");
  EXPECT_EQ(op_name(Softmax{}), "Softmax");
  EXPECT_EQ(op_name(Dequantize{}), "Dequantize");
}

TEST(Rewriter, CopiesEverythingQuantizationIncluded) {
  const std::string text =
      "x = Input(shape=[1,2]) : f32[1,2]\n"
      "q = Quantize(x) : s8[1,2] scales=[0.5]\n"
      "d = Quantize(x) : u8[1,2] dynamic\n"
      "w = Constant() : s8[1,2] scales=[2] axis=0 values=[1,2]\n"
      "f = FullyConnected(q, w) : u8[1,1] scales=[3]\n"
      "return f, d\n";
  const Graph graph = parse_graph(text);
  const Graph copy = Rewriter(graph).run([](Rewriter&, NodeId) { return std::optional<NodeId>(); });
  EXPECT_EQ(print_graph(copy), text);
}

TEST(Rewriter, ReplacesAndDropsWhatIsNoLongerNeeded) {
  const Graph graph = parse_graph(R"(
    x = Input(shape=[1,2])
    y = Input(shape=[1,2])
    a = Identity(y)
    b = Softmax(x)
    c = Add(a, b)
    return c)");
  const Graph rewritten = Rewriter(graph).run([](Rewriter& to, NodeId id) -> std::optional<NodeId> {
    const Node& node = to.old()[id];
    if (node.name == "c")
      return to.graph().add("c2", Identity{}, to(std::span(node.inputs).last(1)));
    return std::nullopt;
  });
  EXPECT_EQ(print_graph(rewritten),
            "x = Input(shape=[1,2]) : f32[1,2]\n"
            "y = Input(shape=[1,2]) : f32[1,2]\n"
            "b = Softmax(x) : f32[1,2]\n"
            "c2 = Identity(b) : f32[1,2]\n"
            "return c2\n");
}

TEST(Rewriter, RefusesValuesThatDoNotExistYet) {
  const Graph graph = parse_graph("x = Input(shape=[1])\ny = Identity(x)\nreturn y");
  EXPECT_THAT(
      message_of([&] {
        Rewriter(graph).run([](Rewriter& to, NodeId) { return std::optional<NodeId>(to(1)); });
      }),
      HasSubstr("'y' is used before"));
}

TEST(Prune, KeepsInputsAndDropsWhatNoOutputNeeds) {
  const Graph graph = parse_graph(R"(
    x = Input(shape=[1])
    unused = Input(shape=[2])
    c = Constant() : f32[1] values=[1]
    y = Identity(x)
    dead = Add(y, c)
    return y)");
  EXPECT_EQ(print_graph(prune(graph)),
            "x = Input(shape=[1]) : f32[1]\n"
            "unused = Input(shape=[2]) : f32[2]\n"
            "y = Identity(x) : f32[1]\n"
            "return y\n");
}

TEST(WithBatch, ChangesInputsAndWhatFollows) {
  const Graph graph = parse_graph(R"(
    x = Input(shape=[1,2,4,4])
    w = Constant() : f32[3,2,1,1] values=[1,2,3,4,5,6]
    c = Convolution(x, w)
    f = Reshape(c; dims=[1,-1])
    s = Softmax(f)
    return s)");
  const Graph batched = with_batch(graph, 8);
  EXPECT_EQ(batched[*batched.find("c")].type.shape, (Shape{8, 3, 4, 4}));
  EXPECT_EQ(batched[*batched.find("s")].type.shape, (Shape{8, 48}));
  EXPECT_EQ(print_graph(with_batch(batched, 1)).find("dims=[1"), std::string::npos);
  EXPECT_EQ(with_batch(batched, 1)[*batched.find("s")].type, graph[*graph.find("s")].type);
  EXPECT_THAT(message_of([&] { with_batch(graph, 0); }), HasSubstr("batch size 0"));
}

TEST(WithBatch, RefusesWhatIsTiedToTheOldBatch) {
  const Graph graph = parse_graph(R"(
    x = Input(shape=[2,3])
    c = Constant() : f32[2,3] values=[1,2,3,4,5,6]
    y = Add(x, c)
    return y)");
  EXPECT_THAT(message_of([&] { with_batch(graph, 5); }), HasSubstr("node 'y'"));
}

TEST(CountMacs, ConvolutionsAndFullyConnected) {
  const Graph graph = parse_graph(R"(
    x = Input(shape=[2,4,6,6])
    w = Constant() : f32[8,2,3,3] values=full(1)
    c = Convolution(x, w; padding=[1,1,1,1], groups=2)
    v = Constant() : f32[5,288] values=full(1)
    f = FullyConnected(c, v)
    return f)");
  EXPECT_EQ(count_macs(graph), 2 * 8 * 36 * (2 * 9) + 2 * 5 * 288);
}

}  // namespace
}  // namespace qbench
