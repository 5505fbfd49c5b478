// One worker's copy of a plan: its own arena and every operand's address, found once.
#pragma once

#include <dnnl.hpp>
#include <functional>
#include <span>
#include <vector>

#include "engine/backends/onednn/plan.h"
#include "engine/core/tensor.h"

namespace qbench::onednn {

class Worker {
 public:
  explicit Worker(const Plan& plan);  // the plan must outlive the worker, and not move

  // The caller's memory for one run of the plan, in the graph's order.
  void bind(std::span<const float* const> inputs, std::span<float* const> outputs);
  void run();
  // The same, calling show(observed, values) as values come into being.
  using Show = std::function<void(std::size_t observed, std::span<const float> values)>;
  void run(const Show& show);
  // The same, calling timed(step, nanoseconds) after each step.
  using Timed = std::function<void(std::size_t step, double nanoseconds)>;
  void run_timed(const Timed& timed);

 private:
  struct BoundStep {
    const_dnnl_primitive_t primitive = nullptr;  // or, when null,
    const OwnKernel* own = nullptr;
    std::vector<dnnl::memory> memories;
    std::vector<dnnl_exec_arg_t> arguments;
    std::vector<std::byte*> pointers;
  };
  // An operand in the caller's memory, which is another one in every run.
  struct External {
    bool is_input = false;
    std::size_t index = 0;
    std::size_t offset = 0;
    dnnl_memory_t memory = nullptr;
    std::byte** pointer = nullptr;
  };

  BoundStep bind_step(const Step& step);
  std::byte* address(const View& view);
  std::byte* external(const View& view) const;
  void execute(BoundStep& step);

  const Plan& plan_;
  MemoryBlock arena_;
  dnnl::stream stream_;
  std::vector<BoundStep> steps_;
  std::vector<BoundStep> copies_;  // for observations that need one, in their order
  std::vector<External> externals_;
  std::vector<const float*> inputs_;
  std::vector<float*> outputs_;
};

}  // namespace qbench::onednn
