// Dummy inputs and room for the outputs of one network, for measuring speed.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/graph/graph.h"

namespace qbench {

class DummyData {
 public:
  // Inputs uniform in (-1, 1), the same for the same seed on every machine.
  explicit DummyData(const Graph& graph, std::uint64_t seed = 1);
  DummyData(const DummyData&) = delete;

  std::span<const std::span<const float>> inputs() const { return inputs_; }
  std::span<const std::span<float>> outputs() const { return outputs_; }

 private:
  std::vector<std::vector<float>> storage_;
  std::vector<std::span<const float>> inputs_;
  std::vector<std::span<float>> outputs_;
};

}  // namespace qbench
