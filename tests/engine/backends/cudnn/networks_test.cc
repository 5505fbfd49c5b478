// Whole networks through plans for the GPU, against the reference backend.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "engine/backends/reference/reference_backend.h"
#include "engine/calibration/calibrate.h"
#include "engine/passes/passes.h"
#include "engine/quantizer/quantizer.h"
#include "engine/zoo/zoo.h"
#include "tests/engine/backends/case_runner.h"
#include "tests/engine/backends/cudnn/host_executor.h"
#include "tests/engine/backends/cudnn/signed_graph.h"
#include "tests/engine/backends/small_networks.h"

namespace qbench {
namespace {

struct Network {
  std::string name;
  Graph graph;
};

std::vector<Network> small_networks(std::int64_t batch) {
  std::vector<Network> list;
  list.push_back({"squeezenet", squeezenet_like(batch, false)});
  list.push_back({"squeezenet_int8", with_signed_values(squeezenet_like(batch, true))});
  list.push_back({"resnet", resnet_like(batch, false)});
  list.push_back({"resnet_int8", with_signed_values(resnet_like(batch, true))});
  list.push_back({"mobilenet", mobilenet_like(batch, false)});
  list.push_back({"mobilenet_int8", with_signed_values(mobilenet_like(batch, true))});
  list.push_back({"ssd", ssd_like(batch)});
  list.push_back({"dynamic", with_signed_values(dynamic_like(batch))});
  return list;
}

Values inputs_of(const Graph& graph) {
  return draw_inputs({.name = "network", .graph = graph, .input = {-1, 1}});
}

float largest_of(std::span<const float> values) {
  float largest = 0;
  for (const float value : values) largest = std::max(largest, std::fabs(value));
  return largest;
}

// Of the largest value.
void expect_near(const Values& actual, const Values& expected, float allowed) {
  ASSERT_EQ(actual.size(), expected.size());
  for (std::size_t o = 0; o < expected.size(); ++o) {
    const float largest = largest_of(expected[o]);
    for (std::size_t i = 0; i < expected[o].size(); ++i)
      ASSERT_NEAR(actual[o][i], expected[o][i], allowed * largest) << "element " << i;
  }
}

// Root mean square of what differs, over that of the values themselves.
float relative_difference(const Values& actual, const Values& expected) {
  double differences = 0;
  double values = 0;
  for (std::size_t o = 0; o < expected.size(); ++o) {
    for (std::size_t i = 0; i < expected[o].size(); ++i) {
      const double difference = actual[o][i] - expected[o][i];
      differences += difference * difference;
      values += static_cast<double>(expected[o][i]) * expected[o][i];
    }
  }
  return static_cast<float>(std::sqrt(differences / values));
}

TEST(PlannedNetworks, AgreeWithTheReference) {
  for (const Network& network : small_networks(2)) {
    SCOPED_TRACE(network.name);
    const Values inputs = inputs_of(network.graph);
    const Values expected = run_on(reference_backend(), network.graph, inputs);
    // Probabilities: a step in a layer of an integer network moves them a little.
    const bool integers = network.name.ends_with("int8") || network.name == "dynamic";
    for (const bool row_major : {false, true})
      expect_near(run_on(HostBackend(FloatMath::f32, row_major), network.graph, inputs), expected,
                  integers ? 2e-2F : 1e-4F);
    if (network.name == "ssd") continue;  // nearly equal scores change places
    expect_near(run_on(HostBackend(FloatMath::f16), network.graph, inputs), expected, 2e-2F);
  }
}

TEST(PlannedNetworks, AnImageHasTheSameBitsInEveryBatch) {
  constexpr std::size_t kImages = 3;
  const std::vector<Network> batches = small_networks(kImages);
  const std::vector<Network> singles = small_networks(1);
  for (std::size_t n = 0; n < batches.size(); ++n) {
    SCOPED_TRACE(batches[n].name);
    const Values inputs = inputs_of(batches[n].graph);
    const Values together = run_on(HostBackend(), batches[n].graph, inputs);
    const auto part = [](const std::vector<float>& all, std::size_t image) {
      const auto size = static_cast<std::ptrdiff_t>(all.size() / kImages);
      const auto first = all.begin() + static_cast<std::ptrdiff_t>(image) * size;
      return std::vector<float>(first, first + size);
    };
    for (std::size_t i = 0; i < kImages; ++i) {
      EXPECT_EQ(run_on(HostBackend(), singles[n].graph, {part(inputs[0], i)})[0],
                part(together[0], i));
    }
  }
}

// The documented networks, narrow and of small images.
class PlannedZoo : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    const ZooModel& model = *find_zoo_model(GetParam());
    ZooOptions options{.image_shape = {3, 48, 48}, .batch = 2, .classes = 10, .width = 0.125};
    if (model.name == "inceptionv3") options.image_shape = {3, 96, 96};
    if (model.task == Task::detection) options.image_shape = {3, 128, 128};
    Graph graph = optimize(build_zoo_model(model, options).graph);
    graph_ = before_the_decision(std::move(graph));
    inputs_ = inputs_of(graph_);
  }

  // Logits, or scores and offsets: a probability hides, a decision exaggerates.
  static Graph before_the_decision(Graph graph) {
    const Node& last = graph[graph.outputs().at(0)];
    if (std::holds_alternative<Softmax>(last.op)) graph.set_outputs({last.inputs[0]});
    if (std::holds_alternative<MultiBoxDetection>(last.op))
      graph.set_outputs({last.inputs[0], last.inputs[1]});
    return prune(graph);
  }

  CalibrationTable calibrated() const {
    CalibrationOptions options;
    options.modes = {"naive"};
    options.batches = {1};
    options.tensors = tensors_to_calibrate(graph_, kScheme);
    const NextBatch next = [&]() -> std::span<const float> { return inputs_[0]; };
    return calibrate(graph_, reference_backend(), next, options).tables.at(0);
  }

  inline static const QuantScheme kScheme{.dtype = QuantizedDType::s8};
  Graph graph_;
  Values inputs_;
};

TEST_P(PlannedZoo, AgreesWithTheReference) {
  const Values expected = run_on(reference_backend(), graph_, inputs_);
  for (const bool row_major : {false, true})
    expect_near(run_on(HostBackend(FloatMath::f32, row_major), graph_, inputs_), expected, 1e-4F);
  expect_near(run_on(HostBackend(FloatMath::f16), graph_, inputs_), expected, 2e-2F);
}

// Calibrated ranges leave next to nothing to rounding; ranges found at run time move with every
// value, and a value near a tie may be rounded to either side. In half precision the results are
// others, but no worse.
TEST_P(PlannedZoo, AgreesWithTheReferenceOnIntegers) {
  const Values real = run_on(reference_backend(), graph_, inputs_);
  const CalibrationTable table = calibrated();
  for (const CalibrationTable* ranges : {&table, static_cast<const CalibrationTable*>(nullptr)}) {
    SCOPED_TRACE(ranges == nullptr ? "ranges at run time" : "calibrated");
    const Graph quantized = quantize(graph_, kScheme, ranges).graph;
    const Values expected = run_on(reference_backend(), quantized, inputs_);
    const float loss = relative_difference(expected, real);
    EXPECT_GT(loss, 1e-2F);
    for (const bool row_major : {false, true}) {
      const Values actual = run_on(HostBackend(FloatMath::f32, row_major), quantized, inputs_);
      EXPECT_LT(relative_difference(actual, expected), ranges == nullptr ? 3e-2F : 1e-4F);
    }
    const Values half = run_on(HostBackend(FloatMath::f16), quantized, inputs_);
    EXPECT_LT(relative_difference(half, real), 1.5F * loss);
  }
}

std::vector<std::string> zoo_names() {
  std::vector<std::string> names;
  for (const ZooModel& model : zoo()) names.emplace_back(model.name);
  return names;
}

INSTANTIATE_TEST_SUITE_P(All, PlannedZoo, ::testing::ValuesIn(zoo_names()),
                         [](const auto& param_info) {
                           std::string name = param_info.param;
                           std::ranges::replace_if(
                               name, [](char c) { return c == '.' || c == '-'; }, '_');
                           return name;
                         });

}  // namespace
}  // namespace qbench
