// The FP32 rewrites that run before calibration and compilation, in this order.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/graph/graph.h"

namespace qbench {

struct Pass {
  std::string_view name;         // "fold_batch_norm"
  std::string_view description;  // one line
  // The rewritten graph, or nothing when there was nothing to do. The function computed stays the
  // same up to f32 rounding; inputs, their order and the outputs' order and names stay.
  std::optional<Graph> (*run)(const Graph& graph);
};

std::span<const Pass> fp32_passes();

struct PassResult {
  std::string_view pass;
  bool changed = false;
  double seconds = 0;
};

// Runs the list, leaving out the passes named in `disabled`. Throws Error for an unknown name.
Graph optimize(const Graph& graph, std::span<const std::string> disabled = {},
               std::vector<PassResult>* results = nullptr);

}  // namespace qbench
