// Runs a plan over the images of a batch.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/backends/backend.h"
#include "engine/backends/onednn/plan.h"
#include "engine/backends/onednn/worker.h"
#include "engine/backends/onednn/worker_threads.h"

namespace qbench::onednn {

// How a batch is worked on. A plan is for the whole batch, or for one image and run for each.
struct Division {
  int runs = 1;            // of the plan for one batch
  int workers = 1;         // runs at the same time
  int threads_inside = 1;  // OpenMP threads of one run
};

// Sets how many OpenMP threads the calling thread's parallel regions use, until the end of scope.
class OpenMpThreads {
 public:
  explicit OpenMpThreads(int threads);
  OpenMpThreads(const OpenMpThreads&) = delete;
  OpenMpThreads& operator=(const OpenMpThreads&) = delete;
  ~OpenMpThreads();

 private:
  int before_;
};

// The floating-point mode (denormals, rounding) is left as the caller has it: worker threads
// inherit the process's default, so results do not depend on which worker ran an image.
class OnednnExecutable final : public Executable {
 public:
  OnednnExecutable(Plan plan, Division division);

  void run(std::span<const std::span<const float>> inputs,
           std::span<const std::span<float>> outputs) override;
  void run_observed(std::span<const std::span<const float>> inputs,
                    std::span<const std::span<float>> outputs,
                    const ObserveFunction& observe) override;
  MemoryUse memory() const override;
  Algorithms algorithms() const override;
  // All runs of the plan one after the other in the calling thread: their sum for each step.
  std::vector<LayerTime> profile(std::span<const std::span<const float>> inputs,
                                 std::span<const std::span<float>> outputs, int repeats) override;

 private:
  struct Caller {  // where one worker's next image lies
    std::vector<const float*> inputs;
    std::vector<float*> outputs;
  };

  void check(std::span<const std::span<const float>> inputs,
             std::span<const std::span<float>> outputs) const;
  void bind(int worker, int run);
  void work(int worker);

  Plan plan_;
  Division division_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::vector<Caller> callers_;
  std::vector<Worker::Show> shows_;  // by worker, valid during run_observed
  // The batch in hand.
  std::span<const std::span<const float>> inputs_;
  std::span<const std::span<float>> outputs_;
  const ObserveFunction* observe_ = nullptr;
  WorkerThreads threads_;  // last: stops before the rest goes
};

}  // namespace qbench::onednn
