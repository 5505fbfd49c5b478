// Real ONNX models: the same network as MXNet's pair, half precision, and known results.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>

#include "engine/backends/reference/reference_backend.h"
#include "engine/graph/text.h"
#include "engine/passes/passes.h"
#include "tests/engine/formats/onnx/testing.h"
#include "tests/engine/formats/testing.h"

namespace qbench {
namespace {

std::string path_of(const std::string& file) { return testing::real_data() + "/" + file; }

struct RealModel {
  const char* name;
  Shape image;
};

class OnnxModels : public ::testing::TestWithParam<RealModel> {};

TEST_P(OnnxModels, ComputeWhatTheMxnetPairComputes) {
  SKIP_WITHOUT_REAL_DATA();
  const std::string stem = path_of("models/") + GetParam().name;
  const ImportOptions options{.image_shape = GetParam().image};
  Graph mxnet = import_model({stem + "-symbol.json", stem + "-0000.params"}, options);
  mxnet.set_outputs({mxnet[mxnet.outputs().at(0)].inputs.at(0)});  // before the softmax
  const Graph onnx = import_model({stem + ".onnx", ""}, options);
  EXPECT_EQ(constant_bytes(onnx), constant_bytes(prune(mxnet)));
  const testing::Numbers expected = testing::run_reference(optimize(prune(mxnet))).at(0);
  EXPECT_LT(testing::difference(testing::run_reference(optimize(onnx)).at(0), expected), 1e-5F);
}

INSTANTIATE_TEST_SUITE_P(Onnx, OnnxModels,
                         ::testing::Values(RealModel{"resnet20_cifar10", {3, 32, 32}},
                                           RealModel{"mobilenet0.25", {3, 224, 224}},
                                           RealModel{"mobilenet1.0", {3, 224, 224}},
                                           RealModel{"squeezenet1.0", {3, 227, 227}}),
                         [](const auto& tested) {
                           std::string name = tested.param.name;
                           std::erase(name, '.');
                           return name;
                         });

TEST(OnnxModel, OfHalfPrecisionComputesInF32) {
  SKIP_WITHOUT_REAL_DATA();
  const std::string file = path_of("formats/SqueezeNet_fp16.onnx");
  const Graph graph = import_model({file, ""}, {});
  ASSERT_EQ(graph.inputs().size(), 1U);
  const Shape input = graph[graph.inputs()[0]].type.shape;
  EXPECT_EQ(input, (Shape{1, 3, 224, 224}));
  const testing::Numbers actual = testing::run_reference(optimize(graph)).at(0);
  ::onnx::ModelProto single;
  ASSERT_TRUE(single.ParseFromString(testing::read_file(file)));
  testing::to_single_precision(single);
  const testing::TemporaryFile converted(".onnx");
  testing::write_file(converted.path(), single.SerializeAsString());
  EXPECT_LT(testing::difference(actual, testing::run_opencv(converted.path(), input)), 1e-5F);
}

testing::Numbers read_tensor(const std::string& path) {
  ::onnx::TensorProto tensor;
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(tensor.ParseFromIstream(&file)) << path;
  return testing::numbers_of(tensor).value();
}

TEST(OnnxModel, GivesTheResultsThatCameWithIt) {
  SKIP_WITHOUT_REAL_DATA();
  const Graph graph = optimize(import_model({path_of("formats/mnist_8/model.onnx"), ""}, {}));
  for (const char* number : {"0", "1", "2"}) {
    const std::string folder = path_of("formats/mnist_8/test_data_set_") + number;
    const testing::Numbers input = read_tensor(folder + "/input_0.pb");
    const testing::Numbers expected = read_tensor(folder + "/output_0.pb");
    testing::Numbers actual(expected.size());
    const std::vector<std::span<const float>> inputs = {input};
    const std::vector<std::span<float>> outputs = {actual};
    reference_backend().compile(graph, {})->run(inputs, outputs);
    EXPECT_LT(testing::difference(actual, expected), 1e-5F) << number;
  }
}

TEST(OnnxModel, RunsAtAnotherBatchThanItsReshapeSays) {
  SKIP_WITHOUT_REAL_DATA();
  const Graph graph =
      import_model({path_of("formats/mnist_8/model.onnx"), ""}, {.image_shape = {}, .batch = 3});
  EXPECT_EQ(graph[graph.outputs().at(0)].type.shape, (Shape{3, 10}));
}

}  // namespace
}  // namespace qbench
