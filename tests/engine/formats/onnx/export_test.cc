// What is exported passes ONNX's own checker, and comes back computing the same.
#include <gmock/gmock.h>
#include <onnx/checker.h>
#include <onnx/shape_inference/implementation.h>

#include <algorithm>
#include <set>
#include <sstream>

#include "engine/backends/reference/reference_backend.h"
#include "engine/formats/onnx/exporter.h"
#include "engine/graph/text.h"
#include "engine/passes/passes.h"
#include "engine/quantizer/quantizer.h"
#include "tests/engine/backends/case_runner.h"
#include "tests/engine/backends/op_cases.h"
#include "tests/engine/formats/onnx/testing.h"
#include "tests/engine/formats/testing.h"

namespace qbench {
namespace {

using ::testing::HasSubstr;
using testing::message_of;

std::string exported(const Graph& graph) {
  const testing::TemporaryFile file(".onnx");
  export_model(graph, {file.path(), ""});
  return testing::read_file(file.path());
}

Graph imported(const std::string& content, std::int64_t batch) {
  const testing::TemporaryFile file(".onnx");
  testing::write_file(file.path(), content);
  return import_model({file.path(), ""}, {.image_shape = {}, .batch = batch});
}

std::int64_t batch_of(const Graph& graph) { return graph[graph.inputs()[0]].type.shape[0]; }

::onnx::ModelProto checked(const std::string& content) {
  ::onnx::ModelProto model;
  EXPECT_TRUE(model.ParseFromString(content));
  EXPECT_NO_THROW(::onnx::checker::check_model(model));
  // Strict inference throws where a shape contradicts the operators.
  EXPECT_NO_THROW(::onnx::shape_inference::InferShapes(model, ::onnx::OpSchemaRegistry::Instance(),
                                                       {true, 1, false}));
  return model;
}

bool has_dynamic_scales(const Graph& graph) {
  return std::ranges::any_of(
      graph.nodes(), [](const Node& node) { return node.type.quant && node.type.quant->dynamic; });
}

bool has_detection(const Graph& graph) {
  return std::ranges::any_of(graph.nodes(), [](const Node& node) {
    return std::holds_alternative<MultiBoxDetection>(node.op);
  });
}

class Exported : public ::testing::TestWithParam<OpCase> {};

TEST_P(Exported, ComesBackComputingTheSame) {
  const Graph& graph = GetParam().graph;
  if (has_detection(graph)) return;  // DetectionIsLeftOut
  if (has_dynamic_scales(graph)) {
    EXPECT_THAT(message_of([&] { exported(graph); }), HasSubstr("found at run time"));
    return;
  }
  const std::string content = exported(graph);
  checked(content);
  for (NodeId id : graph.inputs()) {
    if (graph[id].type.shape[0] != batch_of(graph)) return;  // read back at one batch size only
  }
  const Graph back = imported(content, batch_of(graph));
  ASSERT_EQ(back.outputs().size(), graph.outputs().size());
  for (std::size_t i = 0; i < graph.outputs().size(); ++i) {
    EXPECT_EQ(to_string(back[back.outputs()[i]].type.shape),
              to_string(graph[graph.outputs()[i]].type.shape));
  }
  const Values inputs = draw_inputs(GetParam());
  expect_close(graph, run_on(reference_backend(), back, inputs),
               run_on(reference_backend(), graph, inputs));
}

INSTANTIATE_TEST_SUITE_P(Onnx, Exported, ::testing::ValuesIn(op_cases()),
                         [](const auto& tested) { return tested.param.name; });

// Lines of the text form, without the values of the biases, in no order.
std::set<std::string> structure(const Graph& graph) {
  std::istringstream text(print_graph(graph));
  std::set<std::string> lines;
  for (std::string line; std::getline(text, line);) {
    const bool is_bias = line.find("bias = Constant") != std::string::npos;
    lines.insert(is_bias ? line.substr(0, std::min(line.find(" values"), line.find(" hash")))
                         : line);
  }
  return lines;
}

constexpr const char* kResidual = R"(
data = Input(shape=[2,3,8,8]) : f32[2,3,8,8]
w1 = Constant() : f32[4,3,3,3] values=random(1)
b1_bias = Constant() : f32[4] values=random(2)
conv1 = Convolution(data, w1, b1_bias; padding=[1,1,1,1], has_bias=true, activation=relu) : f32[2,4,8,8]
pool = Pool(conv1; kernel=[2,2], stride=[2,2]) : f32[2,4,4,4]
w2 = Constant() : f32[4,4,3,3] values=random(3)
conv2 = Convolution(pool, w2, pool; padding=[1,1,1,1], has_residual=true, activation=relu) : f32[2,4,4,4]
w3 = Constant() : f32[4,4,1,1] values=random(4)
conv3 = Convolution(conv2, w3) : f32[2,4,4,4]
both = Concat(conv2, conv3) : f32[2,8,4,4]
w4 = Constant() : f32[8,1,3,3] values=random(5)
conv4 = Convolution(both, w4; padding=[0,0,1,1], stride=[2,2], groups=8, activation=clip(0,6)) : f32[2,8,2,2]
mean = Pool(conv4; kind=average, global=true) : f32[2,8,1,1]
flat = Flatten(mean) : f32[2,8]
w5 = Constant() : f32[5,8] values=random(6)
fc_bias = Constant() : f32[5] values=random(7)
fc = FullyConnected(flat, w5, fc_bias; has_bias=true) : f32[2,5]
return fc
)";

CalibrationTable table_for(const Graph& graph) {
  CalibrationTable table;
  float top = 1;
  for (const std::string& name : tensors_to_calibrate(graph, {})) {
    const Range range{name == "data" || name == "conv3" ? -1.5F : 0.0F, top *= 1.3F};
    table.ranges[name] = {range, range, range};
  }
  return table;
}

TEST(OnnxExport, AnF32NetworkComesBackAsItWas) {
  const Graph graph = optimize(parse_graph(kResidual));
  const Graph back = optimize(imported(exported(graph), 2));
  EXPECT_THAT(structure(back), ::testing::ContainerEq(structure(graph)));
}

TEST(OnnxExport, AQuantizedNetworkComesBackAsItWas) {
  const Graph graph = optimize(parse_graph(kResidual));
  const CalibrationTable table = table_for(graph);
  const Graph quantized = quantize(graph, {}, &table).graph;
  const std::string content = exported(quantized);
  checked(content);
  const Graph back = imported(content, 2);
  EXPECT_THAT(structure(back), ::testing::ContainerEq(structure(quantized)));
  // Only the biases were rounded, to units that they keep from then on.
  EXPECT_EQ(exported(back).size(), content.size());
  EXPECT_EQ(print_graph(imported(exported(back), 2)), print_graph(back));
  EXPECT_LT(
      testing::difference(testing::run_reference(back)[0], testing::run_reference(quantized)[0]),
      0.02F);
}

TEST(OnnxExport, ABiasTooLargeForIntegersStaysF32) {
  const Graph graph = parse_graph(R"(
data = Input(shape=[1,1,2,2]) : f32[1,1,2,2]
q = Quantize(data) : u8[1,1,2,2] scales=[1e-6]
w = Constant() : s8[1,1,1,1] scales=[1e-6] values=random(1)
b = Constant() : f32[1] values=[1]
conv = Convolution(q, w, b; has_bias=true) : f32[1,1,2,2]
return conv
)");
  const Graph back = imported(exported(graph), 1);
  EXPECT_EQ(back.value(back.find("b").value()).data<float>()[0], 1);
  EXPECT_TRUE(back[back[back.find("conv").value()].inputs[0]].type.quant);
}

TEST(OnnxExport, TheBatchIsLeftOpenWhereItCanBe) {
  const auto first_dim = [](const std::string& content) {
    return checked(content).graph().input(0).type().tensor_type().shape().dim(0);
  };
  EXPECT_EQ(first_dim(exported(optimize(parse_graph(kResidual)))).dim_param(), "N");
  const Graph fixed = parse_graph(R"(
data = Input(shape=[2,3]) : f32[2,3]
all = Reshape(data; dims=[6,1]) : f32[6,1]
return all
)");
  EXPECT_EQ(first_dim(exported(fixed)).dim_value(), 2);
}

TEST(OnnxExport, OutputsKeepTheirNames) {
  const auto model = checked(exported(parse_graph(R"(
data = Input(shape=[1,1,2,2]) : f32[1,1,2,2]
w = Constant() : f32[1,1,1,1] values=random(1)
conv = Convolution(data, w; activation=relu) : f32[1,1,2,2]
return conv
)")));
  EXPECT_EQ(model.graph().output(0).name(), "conv");
  EXPECT_EQ(model.graph().node(0).name(), "conv_fwd");
  EXPECT_EQ(model.graph().node(1).op_type(), "Relu");
}

TEST(OnnxExport, DetectionIsLeftOut) {
  for (const OpCase& op_case : op_cases()) {
    const Graph& graph = op_case.graph;
    if (!has_detection(graph)) continue;
    const std::string content = exported(graph);
    EXPECT_GE(checked(content).graph().output_size(), 3) << op_case.name;
    EXPECT_FALSE(has_detection(imported(content, batch_of(graph))));
    return;
  }
  FAIL() << "no case with detection";
}

TEST(OnnxExport, RealModelsComeBackAsTheyWere) {
  SKIP_WITHOUT_REAL_DATA();
  const std::string stem = testing::real_data() + "/models/resnet20_cifar10";
  const Graph graph = optimize(import_model({stem + "-symbol.json", stem + "-0000.params"},
                                            {.image_shape = Shape{3, 32, 32}}));
  EXPECT_THAT(structure(optimize(imported(exported(graph), 1))),
              ::testing::ContainerEq(structure(graph)));
  CalibrationTable table;
  for (const std::string& name : tensors_to_calibrate(graph, {})) {
    const Range range{name == "data" ? -2.0F : 0.0F, 2.0F};
    table.ranges[name] = {range, range, range};
  }
  const Graph quantized = quantize(graph, {}, &table).graph;
  const std::string content = exported(quantized);
  checked(content);
  EXPECT_THAT(structure(imported(content, 1)), ::testing::ContainerEq(structure(quantized)));
}

}  // namespace
}  // namespace qbench
