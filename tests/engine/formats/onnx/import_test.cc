// What the importer makes of a file, and what it says of files that it cannot read.
#include <gmock/gmock.h>

#include "engine/graph/text.h"
#include "tests/engine/formats/onnx/testing.h"
#include "tests/engine/formats/testing.h"

namespace qbench {
namespace {

using testing::add_integers;
using testing::add_tensor;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::import_onnx_proto;
using testing::message_of;
using testing::parse_onnx;
using ::testing::StartsWith;

std::string body(const std::string& nodes, const std::string& input = "1,2,4,4") {
  return "g (float[" + input + "] x) => (float y) {" + nodes + "}";
}

std::string error_of(const ::onnx::ModelProto& model) {
  return message_of([&] { import_onnx_proto(model); });
}

std::string error_of(const std::string& nodes, const std::string& input = "1,2,4,4") {
  return error_of(parse_onnx(body(nodes, input)));
}

testing::Numbers values_of(const Graph& graph, const std::string& name) {
  const auto values = graph.value(graph.find(name).value()).data<float>();
  return {values.begin(), values.end()};
}

TEST(OnnxImport, GemmTransposesAndScales) {
  auto model = parse_onnx(body("y = Gemm<alpha=2.0, beta=0.5>(x, w, b)", "1,3"));
  add_tensor(model, "w", {3, 2}, {1, 2, 3, 4, 5, 6});
  add_tensor(model, "b", {1}, {3});
  const Graph graph = import_onnx_proto(model);
  EXPECT_THAT(values_of(graph, "w"), ElementsAre(2, 6, 10, 4, 8, 12));
  EXPECT_THAT(values_of(graph, "b"), ElementsAre(1.5F, 1.5F));
  EXPECT_EQ(graph[graph.outputs()[0]].type.shape, (Shape{1, 2}));
}

TEST(OnnxImport, AveragesCountPaddingWhenAsked) {
  const auto counted = parse_onnx(
      body("y = AveragePool<kernel_shape=[3,3], pads=[1,1,1,1], count_include_pad=1>(x)"));
  EXPECT_TRUE(std::get<Pool>(import_onnx_proto(counted).nodes().back().op).count_include_pad);
  const auto real = parse_onnx(body("y = AveragePool<kernel_shape=[3,3], pads=[1,1,1,1]>(x)"));
  EXPECT_FALSE(std::get<Pool>(import_onnx_proto(real).nodes().back().op).count_include_pad);
}

TEST(OnnxImport, AWindowBehindTheDataIsLeftOut) {
  const auto model = parse_onnx(
      body("y = MaxPool<kernel_shape=[1,2], strides=[2,2], ceil_mode=1, pads=[0,0,0,1]>(x)"));
  const Graph graph = import_onnx_proto(model);
  EXPECT_EQ(graph[graph.outputs()[0]].type.shape, (Shape{1, 2, 2, 2}));
}

TEST(OnnxImport, SoftmaxIsOverOneAxisSinceVersion13) {
  EXPECT_EQ(
      std::get<Softmax>(import_onnx_proto(parse_onnx(body("y = Softmax(x)"))).nodes().back().op)
          .axis,
      3);
  const Graph old = import_onnx_proto(
      parse_onnx("<ir_version: 7, opset_import: [\"\": 11]> " + body("y = Softmax(x)")));
  EXPECT_EQ(old[old.outputs()[0]].type.shape, (Shape{1, 2, 4, 4}));
  EXPECT_EQ(std::get<Softmax>(old[old.find("y_softmax").value()].op).axis, 1);
  EXPECT_EQ(old[old.find("y_softmax").value()].type.shape, (Shape{1, 32}));
}

TEST(OnnxImport, ClipWithoutAnUpperLimitIsRelu) {
  auto model = parse_onnx(body("y = Clip(x, low)"));
  add_tensor(model, "low", {}, {0});
  EXPECT_EQ(std::get<Activation>(import_onnx_proto(model).nodes().back().op).spec,
            ActivationSpec{ActivationKind::relu});
  auto six = parse_onnx(body("y = Clip(x, low, high)"));
  add_tensor(six, "low", {}, {0});
  add_tensor(six, "high", {}, {6});
  EXPECT_EQ(std::get<Activation>(import_onnx_proto(six).nodes().back().op).spec,
            (ActivationSpec{ActivationKind::clip, 0, 6}));
}

TEST(OnnxImport, TakesTheImageShapeAndBatchAskedFor) {
  const auto model = parse_onnx(body("y = Relu(x)", "N,3,H,W"));
  const Graph graph = import_onnx_proto(model, {.image_shape = Shape{3, 8, 6}, .batch = 5});
  EXPECT_EQ(graph[graph.outputs()[0]].type.shape, (Shape{5, 3, 8, 6}));
  EXPECT_THAT(error_of(model),
              HasSubstr("input 'x': the file leaves the image shape open (3,?,?)"));
}

TEST(OnnxImport, ABatchWrittenIntoAReshapeFollowsTheBatch) {
  auto model = parse_onnx(body("y = Reshape(x, s)"));
  add_integers(model, "s", {1, 32});
  const Graph graph = import_onnx_proto(model, {.image_shape = {}, .batch = 4});
  EXPECT_EQ(graph[graph.outputs()[0]].type.shape, (Shape{4, 32}));
}

TEST(OnnxImport, NamesNodesAsTheFileDoes) {
  auto model = parse_onnx(body("a = Relu(x) \n b = Relu(a) \n y = Relu(b)"));
  model.mutable_graph()->mutable_node(0)->set_name("same");
  model.mutable_graph()->mutable_node(1)->set_name("same");
  const Graph graph = import_onnx_proto(model);
  EXPECT_TRUE(graph.find("same") && graph.find("same_1") && graph.find("y")) << print_graph(graph);
}

TEST(OnnxImport, WeightsMayBeListedAsInputs) {
  auto model = parse_onnx(body("y = Conv(x, w)"));
  add_tensor(model, "w", {1, 2, 1, 1});
  model.mutable_graph()->add_input()->set_name("w");
  EXPECT_EQ(import_onnx_proto(model).inputs().size(), 1U);
}

TEST(OnnxImport, ReadsEveryElementType) {
  auto model = parse_onnx(body("a = Add(x, c) \n b = Add(a, d) \n y = Add(b, h)", "1,2"));
  add_tensor(model, "c", {2}, {1, 2});
  auto& d = *model.mutable_graph()->add_initializer();
  d.set_name("d");
  d.set_data_type(::onnx::TensorProto::DOUBLE);
  d.add_dims(2);
  d.add_double_data(0.5);
  d.add_double_data(0.25);
  auto& h = *model.mutable_graph()->add_initializer();
  h.set_name("h");
  h.set_data_type(::onnx::TensorProto::FLOAT16);
  h.add_dims(1);
  h.set_raw_data(std::string("\x00\x3E", 2));  // 1.5
  const Graph graph = import_onnx_proto(model);
  EXPECT_THAT(values_of(graph, "d"), ElementsAre(0.5F, 0.25F));
  EXPECT_THAT(values_of(graph, "h"), ElementsAre(1.5F));
}

TEST(OnnxImport, SaysWhatItDoesNotSupport) {
  EXPECT_THAT(error_of("y = Erf(x)"),
              HasSubstr("node 0 '' (Erf): operator 'Erf' is not supported"));
  EXPECT_THAT(
      error_of("y = LRN<size=3, gamma=1.0>(x)"),
      HasSubstr("attribute 'gamma' is not supported in operator set 13; supported are alpha"));
  EXPECT_THAT(error_of("y = MaxPool<kernel_shape=[2,2], dilations=[2,2]>(x)"),
              HasSubstr("attribute 'dilations', supported is 1"));
  EXPECT_THAT(error_of("y = MaxPool<kernel_shape=[2]>(x)"),
              HasSubstr("attribute 'kernel_shape' is [2], supported are two dimensions"));
  EXPECT_THAT(error_of("y = Flatten<axis=2>(x)"), HasSubstr("'axis' is 2, supported is 1"));
  EXPECT_THAT(error_of("y = Relu(z)"), HasSubstr("no node before it delivers 'z'"));
  EXPECT_THAT(error_of("y = Conv(x, x)"),
              HasSubstr("the weight is an input of the model, expected one that is stored"));
  EXPECT_THAT(error_of("a, i = MaxPool<kernel_shape=[2,2]>(x) \n y = Relu(i)"),
              HasSubstr("'i' is a second output"));
  EXPECT_THAT(error_of("y = Pad<mode=\"reflect\">(x)"),
              HasSubstr("'mode' is 'reflect', supported is constant"));
  EXPECT_THAT(error_of("y = Softmax<axis=7>(x)"), HasSubstr("axis 7 does not exist in rank 4"));
  EXPECT_THAT(error_of("y = Relu<alpha=[1,2]>(x)"),
              HasSubstr("attribute 'alpha' is not supported"));
  EXPECT_THAT(error_of("y = LRN<size=\"3\">(x)"), HasSubstr("attribute 'size' is not an integer"));
}

TEST(OnnxImport, SaysWhichVersionsItReads) {
  EXPECT_THAT(
      error_of(parse_onnx("<ir_version: 3, opset_import: [\"\": 6]> " + body("y = Relu(x)"))),
      HasSubstr("operator set 6, supported are 7 to 27: export the model"));
  auto foreign = parse_onnx(body("y = Relu(x)"));
  foreign.mutable_graph()->mutable_node(0)->set_domain("com.example");
  EXPECT_THAT(error_of(foreign), HasSubstr("operator 'Relu' of domain 'com.example'"));
}

TEST(OnnxImport, RefusesDataThatIsElsewhereOrDoesNotFit) {
  auto model = parse_onnx(body("y = Conv(x, w)"));
  auto& weight = add_tensor(model, "w", {1, 2, 1, 1});
  weight.set_data_location(::onnx::TensorProto::EXTERNAL);
  EXPECT_THAT(error_of(model), HasSubstr("initializer 'w': data in another file"));
  weight.clear_data_location();
  weight.add_float_data(1);
  EXPECT_THAT(error_of(model), HasSubstr("3 values of data, expected 2"));
  weight.set_raw_data("1234");
  EXPECT_THAT(error_of(model), HasSubstr("4 bytes of data, expected 8"));
  weight.clear_raw_data();
  weight.set_dims(0, std::int64_t{1} << 60);
  EXPECT_THAT(error_of(model), HasSubstr("initializer 'w'"));
  weight.set_data_type(::onnx::TensorProto::BFLOAT16);
  EXPECT_THAT(error_of(model), HasSubstr("element type BFLOAT16; supported are FLOAT"));
}

TEST(OnnxImport, RefusesValuesThatTheirTypeCannotHold) {
  for (const auto& [type, value] : {std::pair{::onnx::TensorProto::INT8, 300},
                                    {::onnx::TensorProto::UINT8, -1},
                                    {::onnx::TensorProto::FLOAT16, 1 << 16}}) {
    auto model = parse_onnx(body("y = Conv(x, w)"));
    auto& weight = *model.mutable_graph()->add_initializer();
    weight.set_name("w");
    weight.set_data_type(type);
    weight.add_dims(1);
    weight.add_int32_data(value);
    EXPECT_THAT(error_of(model), HasSubstr("initializer 'w': a value of " + std::to_string(value) +
                                           " does not fit"));
  }
}

TEST(OnnxImport, AFileThatIsNoModelIsRefused) {
  const testing::TemporaryFile file(".onnx");
  EXPECT_THAT(message_of([&] {
                import_model({file.path(), ""}, {});
              }),
              StartsWith(file.path() + ": cannot be opened"));
  testing::write_file(file.path(), "{\"nodes\": []}");
  EXPECT_THAT(message_of([&] { import_model({file.path(), ""}, {}); }), HasSubstr("no ONNX model"));
  EXPECT_THAT(message_of([&] {
                import_model({file.path(), "x.params"}, {});
              }),
              HasSubstr("expected no parameter file"));
}

}  // namespace
}  // namespace qbench
