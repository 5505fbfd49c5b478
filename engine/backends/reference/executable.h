// Runs a graph node by node. Every value has its own memory, allocated once.
#pragma once

#include <span>
#include <vector>

#include "engine/backends/backend.h"
#include "engine/backends/reference/kernels.h"

namespace qbench::reference {

class ReferenceExecutable final : public Executable {
 public:
  // Throws Error where the graph's outputs or the observed nodes are not f32 or do not exist.
  ReferenceExecutable(const Graph& graph, std::span<const std::string> observed);
  ReferenceExecutable(const ReferenceExecutable&) = delete;
  ReferenceExecutable& operator=(const ReferenceExecutable&) = delete;

  void run(std::span<const std::span<const float>> inputs,
           std::span<const std::span<float>> outputs) override;
  void run_observed(std::span<const std::span<const float>> inputs,
                    std::span<const std::span<float>> outputs,
                    const ObserveFunction& observe) override;
  MemoryUse memory() const override;
  std::vector<LayerTime> profile(std::span<const std::span<const float>> inputs,
                                 std::span<const std::span<float>> outputs, int repeats) override;

 private:
  struct Step {
    const Node* node;
    std::vector<Operand> in;
    Result out;
  };

  void allocate(NodeId id);
  void plan(NodeId id);
  const Tensor& value(NodeId id) const;
  void check_f32(NodeId id, std::string_view what) const;
  void load_inputs(std::span<const std::span<const float>> inputs);
  void step(const Step& step);
  void store_outputs(std::span<const std::span<float>> outputs) const;

  Graph graph_;
  std::vector<NodeId> inputs_;
  std::vector<NodeId> observed_;
  std::vector<Tensor> values_;                  // by node; constants stay in the graph
  std::vector<std::vector<float>> own_scales_;  // by node; empty where an input's are shared
  std::vector<std::span<float>> scales_;        // by node
  std::vector<Step> steps_;
  Scratch scratch_;
};

}  // namespace qbench::reference
