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

class PlannedOps : public ::testing::TestWithParam<OpCase> {
 protected:
  void SetUp() override {
    graph_ = with_signed_values(GetParam().graph);
    for (NodeId id = 0; id < graph_.size(); ++id) {
      const std::optional<std::string> reason = HostBackend().unsupported(graph_, id);
      if (reason) GTEST_SKIP() << graph_[id].name << ": " << *reason;
    }
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

INSTANTIATE_TEST_SUITE_P(All, PlannedOps, ::testing::ValuesIn(op_cases()),
                         [](const auto& param_info) { return param_info.param.name; });

}  // namespace
}  // namespace qbench
