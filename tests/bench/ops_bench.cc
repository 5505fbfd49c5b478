// Micro-benchmarks: every case of the cross-backend tests, and the small networks, on every
// backend.
//   ops_bench --benchmark_filter='onednn/.*conv.*'
#include <benchmark/benchmark.h>

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "engine/backends/backends.h"
#include "tests/engine/backends/case_runner.h"
#include "tests/engine/backends/small_networks.h"

namespace qbench {
namespace {

void run_case(benchmark::State& state, const Backend& backend, const OpCase& op_case) {
  const auto executable = backend.compile(op_case.graph, {});
  const Values in = draw_inputs(op_case);
  Values out;
  for (const NodeId id : op_case.graph.outputs())
    out.emplace_back(static_cast<std::size_t>(op_case.graph[id].type.shape.elements()));
  const std::vector<std::span<const float>> inputs(in.begin(), in.end());
  const std::vector<std::span<float>> outputs(out.begin(), out.end());
  for (auto _ : state) executable->run(inputs, outputs);
  state.counters["MAC/s"] = benchmark::Counter(static_cast<double>(count_macs(op_case.graph)),
                                               benchmark::Counter::kIsIterationInvariantRate);
}

std::vector<OpCase> all_cases() {
  std::vector<OpCase> cases = op_cases();
  for (const bool quantized : {false, true}) {
    const std::string suffix = quantized ? "_int8" : "_f32";
    cases.push_back({"squeezenet_like" + suffix, squeezenet_like(1, quantized)});
    cases.push_back({"resnet_like" + suffix, resnet_like(1, quantized)});
    cases.push_back({"mobilenet_like" + suffix, mobilenet_like(1, quantized)});
  }
  return cases;
}

}  // namespace
}  // namespace qbench

int main(int argc, char** argv) {
  const std::vector<qbench::OpCase> cases = qbench::all_cases();
  for (const qbench::Backend* backend : qbench::usable_backends()) {
    for (const qbench::OpCase& op_case : cases) {
      benchmark::RegisterBenchmark((backend->name() + "/" + op_case.name).c_str(),
                                   [backend, &op_case](benchmark::State& state) {
                                     qbench::run_case(state, *backend, op_case);
                                   });
    }
  }
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
