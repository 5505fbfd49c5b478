// A backend with the manners of a GPU and the arithmetic of the reference backend.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "engine/backends/backends.h"

namespace qbench {

class FakeGpu : public Backend {
 public:
  std::optional<std::string> reason{};  // why it is not available
  int device_count = 2;
  // Its clock after the k-th run, from 1.
  std::function<std::optional<ClockState>(int run)> clock = [](int) { return std::nullopt; };
  mutable std::vector<CompileOptions> compiled{};  // what it was asked for

  std::string name() const override { return "cudnn"; }
  std::string description() const override { return "cuDNN 9.19.0, CUDA 13.0"; }
  std::optional<std::string> unavailable() const override { return reason; }
  int devices() const override { return reason ? 0 : device_count; }
  std::vector<FloatMath> float_maths() const override {
    return {FloatMath::f32, FloatMath::tf32, FloatMath::f16};
  }
  bool uses_threads() const override { return false; }
  bool takes_u8() const override { return false; }
  std::optional<std::string> unsupported(const Graph& graph, NodeId node) const override {
    return find_backend("reference").unsupported(graph, node);
  }
  std::unique_ptr<Executable> compile(const Graph& graph,
                                      const CompileOptions& options) const override {
    compiled.push_back(options);
    CompileOptions on_host = options;
    on_host.float_math = FloatMath::f32;
    on_host.device = 0;
    return std::make_unique<Timed>(find_backend("reference").compile(graph, on_host), clock);
  }

 private:
  class Timed : public Executable {
   public:
    Timed(std::unique_ptr<Executable> inner,
          std::function<std::optional<ClockState>(int)> clock_of_run)
        : inner_(std::move(inner)), clock_of_run_(std::move(clock_of_run)) {}
    void run(std::span<const std::span<const float>> inputs,
             std::span<const std::span<float>> outputs) override {
      ++runs_;
      inner_->run(inputs, outputs);
    }
    void run_observed(std::span<const std::span<const float>> inputs,
                      std::span<const std::span<float>> outputs,
                      const ObserveFunction& observe) override {
      inner_->run_observed(inputs, outputs, observe);
    }
    MemoryUse memory() const override {
      return {.weights = 100, .arena = 200, .scratch = 300, .library = 400};
    }
    // The k-th run takes k, 10 k and 100 k.
    std::optional<DeviceTimes> device_times() const override {
      return DeviceTimes{1.0 * runs_, 10.0 * runs_, 100.0 * runs_};
    }
    std::optional<ClockState> clock() const override { return clock_of_run_(runs_); }
    std::vector<LayerTime> profile(std::span<const std::span<const float>> inputs,
                                   std::span<const std::span<float>> outputs,
                                   int repeats) override {
      return inner_->profile(inputs, outputs, repeats);
    }

   private:
    std::unique_ptr<Executable> inner_;
    std::function<std::optional<ClockState>(int)> clock_of_run_;
    int runs_ = 0;
  };
};

}  // namespace qbench
