// Every operator through plans for the GPU, against the reference backend.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "engine/backends/reference/reference_backend.h"
#include "tests/engine/backends/case_runner.h"
#include "tests/engine/backends/cudnn/host_executor.h"
#include "tests/engine/backends/cudnn/signed_graph.h"

namespace qbench {
namespace {

template <class... Ops>
bool has_any(const Graph& graph) {
  return std::ranges::any_of(graph.nodes(), [](const Node& node) {
    return (std::holds_alternative<Ops>(node.op) || ...);
  });
}

std::vector<OpCase> cases_where(bool (*wanted)(const Graph& graph)) {
  std::vector<OpCase> cases = op_cases();
  std::erase_if(cases, [&](const OpCase& op_case) { return !wanted(op_case.graph); });
  return cases;
}

std::string name_of(const ::testing::TestParamInfo<OpCase>& param_info) {
  return param_info.param.name;
}

class PlannedOps : public ::testing::TestWithParam<OpCase> {
 protected:
  void SetUp() override {
    graph_ = with_signed_values(GetParam().graph);
    for (NodeId id = 0; id < graph_.size(); ++id)
      ASSERT_EQ(HostBackend().unsupported(graph_, id), std::nullopt) << graph_[id].name;
    inputs_ = draw_inputs({.name = "", .graph = graph_, .input = GetParam().input});
    expected_ = run_on(reference_backend(), graph_, inputs_);
  }

  Graph graph_;
  Values inputs_;
  Values expected_;
};

TEST_P(PlannedOps, AgreeWithTheReference) {
  for (const bool row_major : {false, true}) {
    SCOPED_TRACE(row_major ? "row-major" : "channels last");
    expect_close(graph_, run_on(HostBackend(FloatMath::f32, row_major), graph_, inputs_),
                 expected_);
  }
}

INSTANTIATE_TEST_SUITE_P(All, PlannedOps, ::testing::ValuesIn(op_cases()), name_of);

using PlannedIntegers = PlannedOps;

// The same formulae in the same order on the same integers: the same bits.
TEST_P(PlannedIntegers, AreTheSameWhereNothingIsWeighted) {
  EXPECT_EQ(run_on(HostBackend(), graph_, inputs_), expected_);
}

INSTANTIATE_TEST_SUITE_P(All, PlannedIntegers,
                         ::testing::ValuesIn(cases_where([](const Graph& graph) {
                           return has_any<Quantize>(graph) &&
                                  !has_any<Convolution, FullyConnected>(graph);
                         })),
                         name_of);

using PlannedHalves = PlannedOps;

// f16 has 11 bits: values err by 2^-11 of their own size, inputs and weights both, and sums of
// some hundred products by not much more of the largest.
TEST_P(PlannedHalves, StayClose) {
  constexpr float kAllowed = 2e-3F;  // of the largest value
  const Values actual = run_on(HostBackend(FloatMath::f16), graph_, inputs_);
  for (std::size_t o = 0; o < expected_.size(); ++o) {
    float step = 0;
    for (const Node& node : graph_.nodes()) {
      if (node.type.quant && node.type.quant->axis < 0 && !node.type.quant->scales.empty())
        step = std::max(step, node.type.quant->scales[0]);
    }
    float largest = 0;
    for (const float value : expected_[o]) largest = std::max(largest, std::fabs(value));
    for (std::size_t i = 0; i < expected_[o].size(); ++i)
      ASSERT_NEAR(actual[o][i], expected_[o][i], kAllowed * largest + step * 1.01F)
          << "element " << i;
  }
}

// Not detections: nearly equal scores change places.
INSTANTIATE_TEST_SUITE_P(All, PlannedHalves,
                         ::testing::ValuesIn(cases_where([](const Graph& graph) {
                           return !has_any<MultiBoxDetection>(graph);
                         })),
                         name_of);

}  // namespace
}  // namespace qbench
