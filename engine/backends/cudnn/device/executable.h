// Runs a plan on one GPU, a whole batch at a time.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/backends/backend.h"
#include "engine/backends/cudnn/device/clock.h"
#include "engine/backends/cudnn/device/steps.h"
#include "engine/backends/cudnn/plan.h"

namespace qbench::cudnn {

struct DeviceOptions {
  int device = 0;
  bool winograd = true;
  bool exact = false;  // each image's values whatever the batch, bit for bit
};

// Inputs go to the device, the network runs, results come back: one after the other, since one
// batch has nothing to overlap with. The network is recorded once and launched as a whole.
class CudnnExecutable final : public Executable {
 public:
  CudnnExecutable(Plan plan, const DeviceOptions& options, TuningCache& cache);
  ~CudnnExecutable() override;

  void run(std::span<const std::span<const float>> inputs,
           std::span<const std::span<float>> outputs) override;
  void run_observed(std::span<const std::span<const float>> inputs,
                    std::span<const std::span<float>> outputs,
                    const ObserveFunction& observe) override;
  MemoryUse memory() const override;
  Algorithms algorithms() const override;
  std::optional<DeviceTimes> device_times() const override;
  std::optional<ClockState> clock() const override { return clock_.read(); }
  std::vector<LayerTime> profile(std::span<const std::span<const float>> inputs,
                                 std::span<const std::span<float>> outputs, int repeats) override;

  // Nanoseconds of the network alone, on whatever the inputs are.
  double measure_network_ns();
  bool is_lost() const { return session_.is_lost(); }  // as Session has it

 private:
  void check_spans(std::span<const std::span<const float>> inputs,
                   std::span<const std::span<float>> outputs) const;
  void record();
  void send(std::span<const std::span<const float>> inputs);
  void launch();
  void fetch(std::span<const std::span<float>> outputs);
  void show(const ObserveFunction& observe, std::size_t& next, std::size_t done);

  Session session_;
  Plan plan_;
  PlanMemory memory_;
  std::unique_ptr<BoundSteps> steps_;
  std::unique_ptr<LaunchGraph> graph_;  // null where it could not be recorded
  std::string not_recorded_;            // why
  PinnedMemory host_;                   // inputs, outputs or an observed value
  Event begin_, sent_, computed_, fetched_;
  bool has_times_ = false;
  DeviceClock clock_;
};

}  // namespace qbench::cudnn
