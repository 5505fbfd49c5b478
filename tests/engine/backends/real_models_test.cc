// Every backend on real networks, against the values of independent engines.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>

#include "engine/backends/backends.h"
#include "engine/formats/formats.h"
#include "engine/passes/passes.h"
#include "tests/engine/backends/case_runner.h"

namespace qbench {
namespace {

struct ModelCase {
  const Backend* backend;
  std::string model;
};

void PrintTo(const ModelCase& param, std::ostream* out) { *out << param.model; }

std::vector<ModelCase> model_cases(const std::vector<std::string>& models) {
  std::vector<ModelCase> cases;
  for (const Backend* backend : all_backends()) {
    for (const std::string& model : models) cases.push_back({backend, model});
  }
  return cases;
}

std::string case_name(const ::testing::TestParamInfo<ModelCase>& param_info) {
  std::string name = param_info.param.backend->name() + "_" + param_info.param.model;
  std::ranges::replace(name, '.', '_');
  return name;
}

std::string real_data() {
  const char* folder = std::getenv("QBENCH_TEST_DATA");
  return folder == nullptr ? "" : folder;
}

nlohmann::json read_json(const std::string& path) {
  std::ifstream file(path);
  return nlohmann::json::parse(file);
}

Shape shape_of(const nlohmann::json& dims) { return Shape(dims.get<std::vector<std::int64_t>>()); }

class RealModel : public ::testing::TestWithParam<ModelCase> {
 protected:
  void SetUp() override {
    if (real_data().empty()) GTEST_SKIP() << "QBENCH_TEST_DATA names no folder of real data";
  }
  const Backend& backend() const { return *GetParam().backend; }
  const std::string& model() const { return GetParam().model; }
};

// "pixel i of the CHW array is (7919*i + i/97) mod 256", then mean and standard deviation.
std::vector<float> synthetic_image(const Shape& shape, const nlohmann::json& reference) {
  const auto plane = static_cast<std::size_t>(shape.elements(1));
  std::vector<float> image(static_cast<std::size_t>(shape.elements()));
  for (std::size_t i = 0; i < image.size(); ++i) {
    const auto pixel = static_cast<float>((7919 * i + i / 97) % 256);
    const float mean = reference["rgb_mean"][i / plane];
    const float deviation = reference["rgb_std"][i / plane];
    image[i] = (pixel - mean) * (1 / deviation);
  }
  return image;
}

// Without the last softmax.
Graph up_to_logits(Graph graph) {
  const Node& last = graph[graph.outputs().at(0)];
  if (std::holds_alternative<Softmax>(last.op)) graph.set_outputs({last.inputs[0]});
  return prune(graph);
}

using Classifier = RealModel;

TEST_P(Classifier, GivesTheKnownLogits) {
  const nlohmann::json reference = read_json(real_data() + "/reference/" + model() + ".json");
  const nlohmann::json& synthetic = reference["synthetic"];
  const Shape shape = shape_of(synthetic["data_shape"]);
  const std::string path = real_data() + "/models/" + model();
  ImportOptions options;
  options.image_shape = shape;
  const Graph graph =
      up_to_logits(import_model({path + "-symbol.json", path + "-0000.params"}, options));

  const Values inputs{synthetic_image(shape, reference)};
  const Values expected{synthetic["logits"].get<std::vector<float>>()};
  expect_close(graph, run_on(backend(), graph, inputs), expected);
  const Graph optimized = optimize(graph);
  expect_close(optimized, run_on(backend(), optimized, inputs), expected);
}

INSTANTIATE_TEST_SUITE_P(All, Classifier,
                         ::testing::ValuesIn(model_cases({"squeezenet1.0", "mobilenet1.0",
                                                          "mobilenet0.25", "resnet20_cifar10"})),
                         case_name);

using Detector = RealModel;

TEST_P(Detector, GivesTheKnownMaps) {
  const std::string path = real_data() + "/formats/" + model();
  for (const nlohmann::json& example : read_json(path + "_reference.json")["cases"]) {
    const Shape shape = shape_of(example["input"]["shape"]);
    ImportOptions options;
    options.image_shape = Shape{shape[1], shape[2], shape[3]};
    const Graph graph = import_model({path + "-symbol.json", path + "-0001.params"}, options);
    const Values actual = run_on(backend(), graph, {example["input"]["values"]});
    ASSERT_EQ(graph.outputs().size(), example["outputs"].size());
    Values expected;
    for (NodeId id : graph.outputs()) {
      expected.push_back(example["outputs"][graph[id].name]["values"]);
    }
    expect_close(graph, actual, expected);
  }
}

INSTANTIATE_TEST_SUITE_P(All, Detector, ::testing::ValuesIn(model_cases({"det1"})), case_name);

}  // namespace
}  // namespace qbench
