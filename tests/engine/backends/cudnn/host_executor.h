// Runs a cuDNN plan on the host: plain loops over the functors that the GPU runs as kernels.
#pragma once

#include <memory>
#include <vector>

#include "engine/backends/backend.h"
#include "engine/backends/cudnn/lower.h"

namespace qbench {

// What is not yet written is poisoned with NaN, so that results show whoever reads it.
class HostExecutable final : public Executable {
 public:
  explicit HostExecutable(cudnn::Plan plan);

  const cudnn::Plan& plan() const { return plan_; }
  void run(std::span<const std::span<const float>> inputs,
           std::span<const std::span<float>> outputs) override;
  void run_observed(std::span<const std::span<const float>> inputs,
                    std::span<const std::span<float>> outputs,
                    const ObserveFunction& observe) override;
  MemoryUse memory() const override;
  std::vector<LayerTime> profile(std::span<const std::span<const float>> inputs,
                                 std::span<const std::span<float>> outputs, int repeats) override;

 private:
  std::byte* begin(cudnn::BufferId id);
  std::byte* begin(const cudnn::View& view);
  void poison(int step);
  void show(int after, const ObserveFunction& observe);

  cudnn::Plan plan_;
  Tensor arena_;
  std::vector<Tensor> inputs_;
  std::vector<Tensor> outputs_;
};

// A backend like cuDNN's, with a way to choose the layout of f32 values.
class HostBackend final : public Backend {
 public:
  explicit HostBackend(FloatMath math = FloatMath::f32, bool row_major = false)
      : math_(math), row_major_(row_major) {}
  std::string name() const override { return "cudnn_plan"; }
  std::string description() const override { return "cuDNN plans by loops on the host"; }
  std::vector<FloatMath> float_maths() const override;
  bool takes_u8() const override { return false; }
  std::optional<std::string> unsupported(const Graph& graph, NodeId node) const override;
  // The float math is the backend's own, whatever the options say.
  std::unique_ptr<Executable> compile(const Graph& graph,
                                      const CompileOptions& options) const override;
  cudnn::Plan plan(const Graph& graph, const std::vector<std::string>& observed = {}) const;

 private:
  FloatMath math_;
  bool row_major_;
};

}  // namespace qbench
