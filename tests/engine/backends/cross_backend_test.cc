// Every backend against the reference backend.
#include <gtest/gtest.h>

#include "engine/backends/backends.h"
#include "engine/backends/reference/reference_backend.h"
#include "tests/engine/backends/case_runner.h"

namespace qbench {
namespace {

struct BackendCase {
  const Backend* backend;
  OpCase op_case;
};

void PrintTo(const BackendCase& param, std::ostream* out) { *out << param.op_case.name; }

std::vector<BackendCase> backend_cases() {
  std::vector<BackendCase> cases;
  for (const Backend* backend : usable_backends()) {
    if (backend == &reference_backend()) continue;
    for (OpCase& op_case : op_cases()) cases.push_back({backend, std::move(op_case)});
  }
  return cases;
}

std::vector<CompileOptions> ways_to_run() {
  CompileOptions one_thread;
  CompileOptions split;
  split.threads = 2;
  CompileOptions whole = split;
  whole.split_batch = false;
  whole.winograd = false;
  return {one_thread, split, whole};
}

class CrossBackend : public ::testing::TestWithParam<BackendCase> {
 protected:
  void SetUp() override {
    for (NodeId id = 0; id < graph().size(); ++id) {
      const std::optional<std::string> reason = GetParam().backend->unsupported(graph(), id);
      if (reason) GTEST_SKIP() << graph()[id].name << ": " << *reason;
    }
  }
  const Graph& graph() const { return GetParam().op_case.graph; }
};

TEST_P(CrossBackend, AgreesWithTheReference) {
  const Values inputs = draw_inputs(GetParam().op_case);
  const Values expected = run_on(reference_backend(), graph(), inputs);
  for (const CompileOptions& options : ways_to_run()) {
    SCOPED_TRACE("threads " + std::to_string(options.threads) +
                 (options.split_batch ? ", batch split" : ", batch whole"));
    expect_close(graph(), run_on(*GetParam().backend, graph(), inputs, options), expected);
  }
}

INSTANTIATE_TEST_SUITE_P(All, CrossBackend, ::testing::ValuesIn(backend_cases()),
                         [](const auto& param_info) {
                           return param_info.param.backend->name() + "_" +
                                  param_info.param.op_case.name;
                         });
// A build with the reference alone has nothing to compare.
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(CrossBackend);

}  // namespace
}  // namespace qbench
