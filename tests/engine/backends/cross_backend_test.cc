// Every backend against the reference backend.
#include <gtest/gtest.h>

#include "engine/backends/backends.h"
#include "engine/backends/reference/reference_backend.h"
#include "engine/graph/op_properties.h"
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

bool is_curved(const ActivationSpec& activation) {
  return activation.kind == ActivationKind::sigmoid || activation.kind == ActivationKind::tanh;
}

// Whether integers alone decide the results: where real values are computed at all, each is that of
// one sum of integers. Left out are scales found at run time and curved activations at the end of
// a layer, whose factors may be multiplied in another order.
bool is_of_integers(const Graph& graph) {
  const auto from_integers = [&](const Node& node) {
    return !node.inputs.empty() && graph[node.inputs[0]].type.quant;
  };
  for (const Node& node : graph.nodes()) {
    if (node.type.quant && node.type.quant->dynamic) return false;
    if (std::holds_alternative<Input>(node.op) || std::holds_alternative<Constant>(node.op) ||
        std::holds_alternative<Quantize>(node.op))
      continue;
    if (!from_integers(node)) return false;
    if (is_curved(activation_of(node.op)) && !std::holds_alternative<Add>(node.op)) return false;
  }
  return true;
}

// On every instruction set: tests/engine/backends/CMakeLists.txt runs this with each.
TEST_P(CrossBackend, HasTheBitsOfTheReferenceOnIntegers) {
  if (GetParam().backend->name() != "onednn") GTEST_SKIP() << "adds the bias in real units";
  if (!is_of_integers(graph())) GTEST_SKIP() << "computes on real values";
  const Values inputs = draw_inputs(GetParam().op_case);
  const Values expected = run_on(reference_backend(), graph(), inputs);
  for (const CompileOptions& options : ways_to_run())
    EXPECT_EQ(run_on(*GetParam().backend, graph(), inputs, options), expected);
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
