#include "tests/engine/backends/case_runner.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <span>

namespace qbench {
namespace {

constexpr float kRealTolerance = 1e-4F;  // of the largest value
// Sums in another order round differently near ties only.
constexpr double kMayDifferByOneStep = 0.01;  // of the elements, and one more

// What one step of an integer result is worth; 0 for f32 results.
float step_of(const Graph& graph, NodeId output) {
  if (!std::holds_alternative<Dequantize>(graph[output].op)) return 0;
  const QuantParams& params = *graph[graph[output].inputs[0]].type.quant;
  return params.scales.size() == 1 ? params.scales[0] : 0;
}

void expect_real_close(std::span<const float> actual, std::span<const float> expected) {
  float largest = 0;
  for (float value : expected) largest = std::max(largest, std::fabs(value));
  const float allowed = kRealTolerance * largest;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    ASSERT_NEAR(actual[i], expected[i], allowed) << "element " << i << " of " << expected.size();
  }
}

void expect_steps_close(std::span<const float> actual, std::span<const float> expected,
                        float step) {
  double different = 0;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const float steps = std::fabs(actual[i] - expected[i]) / step;
    ASSERT_LE(steps, 1.01F) << "element " << i << ": " << actual[i] / step << ", expected "
                            << expected[i] / step << " steps";
    if (steps > 0.5F) ++different;
  }
  EXPECT_LE(different, kMayDifferByOneStep * static_cast<double>(expected.size()) + 1)
      << "elements differ by a step, of " << expected.size();
}

}  // namespace

Values draw_inputs(const OpCase& op_case) {
  std::mt19937 generator(11);
  Values inputs;
  for (NodeId id : op_case.graph.inputs()) {
    std::vector<float>& values =
        inputs.emplace_back(static_cast<std::size_t>(op_case.graph[id].type.shape.elements()));
    for (float& value : values) {
      const float fraction = static_cast<float>(generator()) / 4294967296.0F;
      const float drawn = op_case.input.min + fraction * (op_case.input.max - op_case.input.min);
      value = std::round(drawn * 256) / 256;
    }
  }
  return inputs;
}

Values run_on(const Backend& backend, const Graph& graph, const Values& inputs,
              const CompileOptions& options) {
  Values outputs;
  for (NodeId id : graph.outputs()) {
    outputs.emplace_back(static_cast<std::size_t>(graph[id].type.shape.elements()));
  }
  const std::vector<std::span<const float>> in(inputs.begin(), inputs.end());
  const std::vector<std::span<float>> out(outputs.begin(), outputs.end());
  backend.compile(graph, options)->run(in, out);
  return outputs;
}

void expect_close(const Graph& graph, const Values& actual, const Values& expected) {
  ASSERT_EQ(actual.size(), expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const NodeId output = graph.outputs()[i];
    SCOPED_TRACE("output '" + graph[output].name + "'");
    ASSERT_EQ(actual[i].size(), expected[i].size());
    const float step = step_of(graph, output);
    if (step > 0) {
      expect_steps_close(actual[i], expected[i], step);
    } else {
      expect_real_close(actual[i], expected[i]);
    }
  }
}

}  // namespace qbench
