// What is left of an ONNX model when one output or node is asked for.
#include "engine/formats/onnx/narrow.h"

#include <gmock/gmock.h>

#include <limits>

#include "engine/graph/text.h"
#include "tests/engine/formats/onnx/testing.h"
#include "tests/engine/formats/testing.h"

namespace qbench {
namespace {

using testing::add_tensor;
using ::testing::HasSubstr;
using testing::import_onnx_proto;
using testing::message_of;
using testing::parse_onnx;

// A network and what comes after it, with an operator that is not supported and an input for it.
::onnx::ModelProto detector() {
  return parse_onnx(
      "g (float[1,2,4,4] image, float[2] size) => (float[1,2,4,4] scores, float boxes) {"
      "  a = Relu(image) \n scores = Tanh(a) \n b = NoSuchOperator(a, size) \n"
      "  boxes = Relu(b) }");
}

TEST(OnnxNarrow, TheOutputAskedForNeedsNoMoreThanItsOwnNodes) {
  const Graph graph = import_onnx_proto(detector(), {.image_shape = {}, .output = "scores"});
  EXPECT_EQ(graph.size(), 3);
  EXPECT_EQ(graph.inputs().size(), 1U);
  EXPECT_THAT(print_graph(graph), HasSubstr("return scores\n"));
  EXPECT_THAT(
      message_of([] { import_onnx_proto(detector(), {.image_shape = {}, .output = "score"}); }),
      HasSubstr("no output 'score'; did you mean 'scores'?"));
}

TEST(OnnxNarrow, EndsAtANodeOrAValue) {
  auto model = detector();
  model.mutable_graph()->mutable_node(0)->set_name("first");
  for (const char* until : {"first", "a"}) {
    const Graph graph = import_onnx_proto(model, {.image_shape = {}, .until = until});
    EXPECT_EQ(graph.size(), 2) << until;
    EXPECT_EQ(graph[graph.outputs().at(0)].type.shape, (Shape{1, 2, 4, 4}));
  }
  EXPECT_THAT(message_of([&] { import_onnx_proto(model, {.image_shape = {}, .until = "zzzz"}); }),
              HasSubstr("no node 'zzzz'; there are first, scores, b, boxes"));
  EXPECT_THAT(message_of([&] {
                import_onnx_proto(model, {.image_shape = {}, .output = "scores", .until = "a"});
              }),
              HasSubstr("expected one of them"));
}

TEST(OnnxNarrow, ParametersThatAreReadMustBeNumbers) {
  constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
  constexpr float kInf = std::numeric_limits<float>::infinity();
  const auto with = [](const char* node, std::vector<float> values) {
    auto model = parse_onnx(std::string("g (float[1,2,4,4] x) => (float y) {") + node + "}");
    add_tensor(model, "w", {1, 2, 1, 1}, values);
    add_tensor(model, "low", {}, {-kInf});
    add_tensor(model, "unused", {1}, {kNan});
    return message_of([&] { import_onnx_proto(model); });
  };
  EXPECT_EQ(with("y = Conv(x, w)", {1, 2}), "no error");
  EXPECT_THAT(with("y = Conv(x, w)", {1, kNan}),
              HasSubstr("parameter 'w' has 1 NaN, first at index 1"));
  EXPECT_THAT(with("y = Conv(x, w)", {-kInf, 1}), HasSubstr("parameter 'w' has 1 Inf"));
  EXPECT_EQ(with("y = Clip(x, low)", {1, 2}), "no error");
  EXPECT_EQ(with("m = Add(x, w) \n y = Softmax(m)", {0, -kInf}), "no error");  // a mask
}

TEST(OnnxNarrow, TheImageIsTheFirstInputThatCanBeOne) {
  const auto model = parse_onnx(
      "g (float[1,2] size, float[N,3,H,W] x) => (float y, float z) {"
      " y = Relu(x) \n z = Relu(size) }");
  const Graph graph = import_onnx_proto(model, {.image_shape = Shape{3, 8, 6}});
  EXPECT_EQ(graph[graph.find("x").value()].type.shape, (Shape{1, 3, 8, 6}));
  EXPECT_EQ(graph[graph.find("size").value()].type.shape, (Shape{1, 2}));
  const auto vectors = parse_onnx("g (float[N,5] x) => (float y) { y = Relu(x) }");
  EXPECT_THAT(message_of([&] {
                import_onnx_proto(vectors, {.image_shape = Shape{3, 8, 6}});
              }),
              HasSubstr("input 'x': shape [-1,5], expected [N,C,H,W]: an image shape was given"));
}

}  // namespace
}  // namespace qbench
