#include "correctness.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <memory>

#include "engine/backends/cudnn/device/cudnn_backend.h"
#include "engine/backends/reference/reference_backend.h"
#include "engine/core/error.h"
#include "lost.h"
#include "networks.h"

namespace gpu_check {
namespace {

using namespace qbench;

struct Kind {
  const char* name;
  FloatMath math;
  const char* table;  // null: not quantized
  double bound;       // of the largest difference, relative to the largest value; 0: only shown
};

// Networks amplify: a value off by one step in one layer moves the end by more. INT8 on the host,
// where only the last bits before rounding differ from the reference, comes to 0.07.
constexpr Kind kKinds[] = {
    {"f32", FloatMath::f32, nullptr, 1e-3},     {"tf32", FloatMath::tf32, nullptr, 0},
    {"f16", FloatMath::f16, nullptr, 0},        {"int8 naive", FloatMath::f32, "naive", 0.3},
    {"int8 none", FloatMath::f32, "none", 0.3},
};

struct Difference {
  double relative = 0;  // largest, of the largest value
  int same_top = 0;     // images with the same best class
  int images = 0;
};

// For detection: the class and about the place of the best box.
bool same_top(const ZooModel& model, const float* a, const float* b, std::size_t count) {
  if (model.task == Task::detection)
    return a[0] == b[0] && std::fabs(a[2] - b[2]) < 0.05F && std::fabs(a[3] - b[3]) < 0.05F;
  return std::max_element(a, a + count) - a == std::max_element(b, b + count) - b;
}

Difference compare(const ZooModel& model, const Values& found, const Values& expected, int images) {
  Difference difference{.images = images};
  double largest = 0;
  double worst = 0;
  for (std::size_t i = 0; i < expected.size(); ++i)
    for (std::size_t k = 0; k < expected[i].size(); ++k) {
      const double apart = std::fabs(double{found[i][k]} - double{expected[i][k]});
      worst = std::isfinite(apart) ? std::max(worst, apart) : INFINITY;
      largest = std::max(largest, std::fabs(double{expected[i][k]}));
    }
  difference.relative = worst / (largest > 0 ? largest : 1);
  const std::size_t count = expected[0].size() / static_cast<std::size_t>(images);
  for (int image = 0; image < images; ++image) {
    const std::size_t at = static_cast<std::size_t>(image) * count;
    difference.same_top +=
        same_top(model, found[0].data() + at, expected[0].data() + at, count) ? 1 : 0;
  }
  return difference;
}

Values run_on(const Backend& backend, const Graph& graph, const Values& images,
              const CompileOptions& options) {
  Values outputs = outputs_for(graph);
  const std::unique_ptr<Executable> executable = backend.compile(graph, options);
  run(*executable, images, outputs);
  return outputs;
}

bool print_row(const ZooModel& model, const char* size, const Kind& kind,
               const Difference& difference, double bound) {
  const bool good = bound == 0 || difference.relative <= bound;
  std::printf("%-24s %-7s %-11s %12.2e   %3d/%-3d %s\n", model.name.data(), size, kind.name,
              difference.relative, difference.same_top, difference.images,
              bound == 0 ? "" : (good ? "ok" : "TOO FAR"));
  std::fflush(stdout);
  return good;
}

// A box that moves one place in the order makes whole rows differ.
double bound_of(const ZooModel& model, const Kind& kind) {
  return model.task == Task::detection ? 0 : kind.bound;
}

bool check_narrow(const ZooModel& model, const Settings& settings) {
  constexpr int kImages = 2;
  const Graph graph = build(model, 0.25, kImages);
  const Values images = draw_images(model, graph, 2);
  const Values real = run_on(reference_backend(), graph, images, {});
  bool good = true;
  for (const Kind& kind : kKinds) {
    if (settings.is_over()) return good;
    CompileOptions options;
    options.float_math = kind.math;
    options.device = settings.device;
    const bool quantized = kind.table != nullptr;
    const Graph wanted =
        quantized ? quantize_as(kind.table, model, graph, reference_backend()) : graph;
    const Values expected = quantized ? run_on(reference_backend(), wanted, images, {}) : real;
    const Values found = run_on(cudnn_backend(), wanted, images, options);
    const Difference difference = compare(model, found, expected, kImages);
    good = print_row(model, "narrow", kind, difference, bound_of(model, kind)) && good;
  }
  return good;
}

void compare_full(const ZooModel& model, const Settings& settings) {
  constexpr int kImages = 8;
  const Graph graph = build(model, 1, kImages);
  const Values images = draw_images(model, graph, 2);
  CompileOptions options;
  options.device = settings.device;
  const Values expected = run_on(cudnn_backend(), graph, images, options);
  for (const Kind& kind : kKinds) {
    if (settings.is_over()) return;
    if (kind.table == nullptr && kind.math == FloatMath::f32) continue;
    options.float_math = kind.math;
    const Graph wanted =
        kind.table != nullptr ? quantize_as(kind.table, model, graph, cudnn_backend()) : graph;
    const Values found = run_on(cudnn_backend(), wanted, images, options);
    print_row(model, "full", kind, compare(model, found, expected, kImages), 0);
  }
}

}  // namespace

bool check_correctness(const Settings& settings) {
  std::printf("\nCorrectness: narrow against the reference, full against cuDNN's own f32\n");
  std::printf("%-24s %-7s %-11s %12s   %s\n", "network", "size", "arithmetic", "difference",
              "same top 1");
  bool good = true;
  for (const ZooModel* model : settings.networks) {
    for (const bool narrow : {true, false}) {
      if (settings.is_over()) {
        std::printf("%-24s left out: the time is over\n", model->name.data());
        break;
      }
      try {
        if (narrow) good = check_narrow(*model, settings) && good;
        if (!narrow) compare_full(*model, settings);
      } catch (const Error& error) {
        std::printf("%-24s FAILED: %s\n", model->name.data(), error.what());
        good = false;
        if (device_is_lost()) throw;
      }
    }
  }
  return good;
}

}  // namespace gpu_check
