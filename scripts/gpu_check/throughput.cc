#include "throughput.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <memory>
#include <vector>

#include "engine/backends/cudnn/device/cudnn_backend.h"
#include "engine/core/error.h"
#include "lost.h"
#include "networks.h"
#include "peaks.h"
#include "steps.h"

namespace gpu_check {
namespace {

using namespace qbench;
using Clock = std::chrono::steady_clock;

struct Kind {
  const char* name;
  FloatMath math;
  bool quantized;
  double Peaks::*peak;
};

constexpr std::array<Kind, 4> kKinds{Kind{"f32", FloatMath::f32, false, &Peaks::f32},
                                     Kind{"tf32", FloatMath::tf32, false, &Peaks::tf32},
                                     Kind{"f16", FloatMath::f16, false, &Peaks::f16},
                                     Kind{"int8", FloatMath::f32, true, &Peaks::int8}};

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

double median(std::vector<double> samples) {
  std::ranges::sort(samples);
  return samples[samples.size() / 2];
}

// The median of those that a slower clock did not stretch.
double steady_median(std::vector<double> samples) {
  constexpr double kSlow = 1.2;
  const double middle = median(samples);
  std::erase_if(samples, [&](double sample) { return sample > kSlow * middle; });
  return median(samples);
}

struct Sampled {
  double network_ns = 0;  // on the device
  double whole_ns = 0;    // with the copies
};

Sampled sample(Executable& executable, const Values& images, Values& outputs) {
  constexpr std::size_t kMost = 100;
  constexpr double kSeconds = 1.5;
  std::vector<double> network;
  std::vector<double> whole;
  for (int i = 0; i < 3; ++i) run(executable, images, outputs);
  const Clock::time_point start = Clock::now();
  while (network.empty() || (network.size() < kMost && seconds_since(start) < kSeconds)) {
    const Clock::time_point before = Clock::now();
    run(executable, images, outputs);
    whole.push_back(seconds_since(before) * 1e9);
    network.push_back(executable.device_times()->compute_ns);
  }
  return {steady_median(network), steady_median(whole)};
}

// Images a second of the network alone.
double measure_kind(const ZooModel& model, const Graph& graph, const Kind& kind, int batch,
                    const Settings& settings, const Peaks& peaks) {
  CompileOptions options;
  options.float_math = kind.math;
  options.device = settings.device;
  const Clock::time_point start = Clock::now();
  const std::unique_ptr<Executable> executable = cudnn_backend().compile(graph, options);
  const double compiling = seconds_since(start);
  const Values images = draw_images(model, graph, 2);
  Values outputs = outputs_for(graph);
  const Sampled sampled = sample(*executable, images, outputs);
  const MemoryUse memory = executable->memory();
  const double rate = batch / (sampled.network_ns * 1e-9);
  const double operations = 2.0 * static_cast<double>(count_macs(graph)) / batch * rate;
  const double peak = peaks.*kind.peak;
  const auto mib = [](std::size_t bytes) { return static_cast<double>(bytes) / (1 << 20); };
  std::printf("%-24s %5d %-5s %10.0f %10.0f %8.1f %6.1f  %7.1f %8.1f %8.1f %8.1f %8.1f\n",
              model.name.data(), batch, kind.name, rate, batch / (sampled.whole_ns * 1e-9),
              operations * 1e-12, peak > 0 ? 100 * operations / peak : 0.0, mib(memory.weights),
              mib(memory.arena), mib(memory.scratch), mib(memory.library), compiling);
  print_steps(*executable, images, outputs);
  return rate;
}

void measure_network(const ZooModel& model, int batch, const Settings& settings,
                     const Peaks& peaks) {
  const Graph graph = build(model, 1, batch);
  // Ranges do not depend on the batch size, and a small one is calibrated soon.
  const Graph quantized =
      with_batch(quantize_as("naive", model, build(model, 1, 2), cudnn_backend()), batch);
  std::array<double, kKinds.size()> rates{};
  for (std::size_t i = 0; i < kKinds.size(); ++i) {
    if (settings.is_over()) return;
    try {
      rates[i] = measure_kind(model, kKinds[i].quantized ? quantized : graph, kKinds[i], batch,
                              settings, peaks);
    } catch (const Error& error) {
      std::printf("%-24s %5d %-5s FAILED: %s\n", model.name.data(), batch, kKinds[i].name,
                  error.what());
      if (device_is_lost()) throw;
    }
  }
  if (rates[0] > 0 && rates[2] > 0 && rates[3] > 0)
    std::printf("%-24s %5d int8 is %.2f times f32, %.2f times f16\n", model.name.data(), batch,
                rates[3] / rates[0], rates[3] / rates[2]);
}

}  // namespace

void measure_throughput(const Settings& settings) {
  const Peaks peaks = measure_peaks(settings.device);
  std::printf(
      "\nMeasured rates of matrix products [Top/s]: f32 %.1f, tf32 %.1f, f16 %.1f, "
      "int8 %.1f\n",
      peaks.f32 * 1e-12, peaks.tf32 * 1e-12, peaks.f16 * 1e-12, peaks.int8 * 1e-12);
  std::printf(
      "\nThroughput: images/s of the network alone and with copies, Top/s, share of the "
      "measured rate;\nMiB of weights, activations, workspace and libraries; s to compile\n");
  std::printf("%-24s %5s %-5s %10s %10s %8s %6s  %7s %8s %8s %8s %8s\n", "network", "batch", "",
              "images/s", "copies", "Top/s", "%", "weights", "activ.", "work", "library",
              "compile");
  for (const int batch : settings.batches) {
    for (const ZooModel* model : settings.networks) {
      if (settings.is_over()) {
        std::printf("%-24s %5d left out: the time is over\n", model->name.data(), batch);
        continue;
      }
      try {
        measure_network(*model, batch, settings, peaks);
      } catch (const Error& error) {
        if (device_is_lost()) throw;
        std::printf("%-24s %5d FAILED: %s\n", model->name.data(), batch, error.what());
      }
    }
  }
}

}  // namespace gpu_check
