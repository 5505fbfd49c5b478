// The reference backend against results that were computed in another way.
#include <gmock/gmock.h>

#include <set>

#include "engine/backends/reference/reference_backend.h"
#include "tests/engine/backends/case_runner.h"
#include "tests/engine/backends/double_evaluator.h"
#include "tests/engine/backends/opencv_evaluator.h"

namespace qbench {
namespace {

class ReferenceCase : public ::testing::TestWithParam<OpCase> {
 protected:
  const Graph& graph() const { return GetParam().graph; }
  Values inputs_ = draw_inputs(GetParam());
  Values results_ = run_on(reference_backend(), graph(), inputs_);
};

// Each case must be known to at least one of the two.
TEST_P(ReferenceCase, EqualsIndependentResults) {
  const std::optional<Values> in_double = evaluate_in_double(graph(), inputs_);
  if (in_double) {
    SCOPED_TRACE("in double");
    expect_close(graph(), results_, *in_double);
  }
  const std::optional<Values> in_opencv = evaluate_in_opencv(graph(), inputs_);
  if (in_opencv) {
    SCOPED_TRACE("in OpenCV");
    expect_close(graph(), results_, *in_opencv);
  }
  EXPECT_TRUE(in_double || in_opencv) << "nothing to compare with";
}

INSTANTIATE_TEST_SUITE_P(All, ReferenceCase, ::testing::ValuesIn(op_cases()),
                         [](const auto& param_info) { return param_info.param.name; });

TEST(OpCases, HaveUniqueNamesAndUseEveryOperator) {
  std::set<std::string> names;
  std::set<std::size_t> ops;
  for (const OpCase& op_case : op_cases()) {
    EXPECT_TRUE(names.insert(op_case.name).second) << op_case.name;
    for (const Node& node : op_case.graph.nodes()) ops.insert(node.op.index());
  }
  EXPECT_EQ(ops.size(), std::variant_size_v<Op>);
}

}  // namespace
}  // namespace qbench
