// Every backend on real networks, against the values of independent engines.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>

#include "engine/backends/backends.h"
#include "engine/backends/reference/reference_backend.h"
#include "engine/calibration/calibrate.h"
#include "engine/formats/formats.h"
#include "engine/passes/passes.h"
#include "engine/quantizer/quantizer.h"
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
  for (const Backend* backend : usable_backends()) {
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

class Classifier : public RealModel {
 protected:
  void SetUp() override {
    RealModel::SetUp();
    if (IsSkipped()) return;
    const nlohmann::json reference = read_json(real_data() + "/reference/" + model() + ".json");
    const nlohmann::json& synthetic = reference["synthetic"];
    const Shape shape = shape_of(synthetic["data_shape"]);
    const std::string path = real_data() + "/models/" + model();
    ImportOptions options;
    options.image_shape = shape;
    graph_ = up_to_logits(import_model({path + "-symbol.json", path + "-0000.params"}, options));
    inputs_ = {synthetic_image(shape, reference)};
    logits_ = {synthetic["logits"].get<std::vector<float>>()};
  }

  Graph graph_;
  Values inputs_;
  Values logits_;
};

TEST_P(Classifier, GivesTheKnownLogits) {
  expect_close(graph_, run_on(backend(), graph_, inputs_), logits_);
  const Graph optimized = optimize(graph_);
  expect_close(optimized, run_on(backend(), optimized, inputs_), logits_);
}

INSTANTIATE_TEST_SUITE_P(All, Classifier,
                         ::testing::ValuesIn(model_cases({"squeezenet1.0", "mobilenet1.0",
                                                          "mobilenet0.25", "resnet20_cifar10"})),
                         case_name);

using QuantizedClassifier = Classifier;

CalibrationTable calibrated_on(const Graph& graph, const QuantScheme& scheme,
                               const std::vector<float>& image) {
  CalibrationOptions options;
  options.modes = {"naive"};
  options.batches = {1};
  options.tensors = tensors_to_calibrate(graph, scheme);
  const NextBatch next = [&]() -> std::span<const float> { return image; };
  return calibrate(graph, reference_backend(), next, options).tables.at(0);
}

// A value near a tie may be rounded to either side, and later layers see the difference: it must
// stay far below what quantization itself changes (3 to 12 % of the largest logit here).
TEST_P(QuantizedClassifier, AgreesWithTheReference) {
  constexpr float kAllowed = 0.02F;  // of the largest logit
  const float largest = std::fabs(
      *std::ranges::max_element(logits_[0], {}, [](float logit) { return std::fabs(logit); }));
  const Graph graph = optimize(graph_);
  const CalibrationTable table = calibrated_on(graph, {}, inputs_[0]);
  for (const CalibrationTable* ranges : {&table, static_cast<const CalibrationTable*>(nullptr)}) {
    SCOPED_TRACE(ranges == nullptr ? "ranges at run time" : "calibrated");
    const Graph quantized = quantize(graph, {}, ranges).graph;
    const Values expected = run_on(reference_backend(), quantized, inputs_);
    const Values actual = run_on(backend(), quantized, inputs_);
    ASSERT_NE(expected, logits_);
    for (std::size_t i = 0; i < expected[0].size(); ++i) {
      ASSERT_NEAR(actual[0][i], expected[0][i], kAllowed * largest) << "logit " << i;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(All, QuantizedClassifier,
                         ::testing::ValuesIn(model_cases({"mobilenet0.25", "resnet20_cifar10"})),
                         case_name);

using Detector = RealModel;

TEST_P(Detector, GivesTheKnownMaps) {
  const std::string path = real_data() + "/formats/" + model();
  const nlohmann::json reference = read_json(path + "_reference.json");
  ASSERT_FALSE(reference["cases"].empty());
  for (const nlohmann::json& example : reference["cases"]) {
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
