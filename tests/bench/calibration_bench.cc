// Micro-benchmarks of the calibrators: what they take to see values, and to choose a threshold.
#include <benchmark/benchmark.h>

#include <random>
#include <string>
#include <vector>

#include "engine/calibration/observers.h"

namespace qbench {
namespace {

std::vector<float> activations(std::size_t count, bool signed_values) {
  std::mt19937 generator(1);
  std::normal_distribution<float> normal;
  std::vector<float> values(count);
  for (float& value : values) {
    value = normal(generator);
    if (!signed_values && value < 0) value = 0;
  }
  return values;
}

void observe(benchmark::State& state, const CalibrationMode& mode, bool signed_values) {
  const std::vector<float> values = activations(1 << 20, signed_values);
  const auto observer = mode.make();
  for (auto _ : state) observer->observe(values);
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(values.size()));
}

void choose(benchmark::State& state, const CalibrationMode& mode, DType dtype) {
  const auto observer = mode.make();
  observer->observe(activations(1 << 20, dtype == DType::s8));
  for (auto _ : state) benchmark::DoNotOptimize(observer->range(dtype));
}

void register_all() {
  for (const CalibrationMode& mode : calibration_modes()) {
    const std::string name(mode.name);
    for (const DType dtype : {DType::s8, DType::u8}) {
      const std::string suffix = name + "/" + std::string(to_string(dtype));
      const bool is_signed = dtype == DType::s8;
      benchmark::RegisterBenchmark(
          ("observe/" + suffix).c_str(),
          [&mode, is_signed](benchmark::State& state) { observe(state, mode, is_signed); });
      benchmark::RegisterBenchmark(
          ("choose/" + suffix).c_str(),
          [&mode, dtype](benchmark::State& state) { choose(state, mode, dtype); });
    }
  }
}

}  // namespace
}  // namespace qbench

int main(int argc, char** argv) {
  qbench::register_all();
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
