// From graph to plan.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/backends/backend.h"
#include "engine/backends/cudnn/plan.h"
#include "engine/graph/graph.h"

namespace qbench::cudnn {

struct PlanOptions {
  FloatMath float_math = FloatMath::f32;
  // f32 and tf32 values as NCHW rather than NHWC. Quantized and f16 values are NHWC always.
  bool row_major = false;
  std::vector<std::string> observed{};  // as in CompileOptions
};

// Why the node cannot be lowered; nothing when it can.
std::optional<std::string> why_unsupported(const Graph& graph, NodeId id);

// Throws Error: (unsupported) naming node and reason, or where an output or observed node is not
// f32 or does not exist.
Plan make_plan(const Graph& graph, const PlanOptions& options);

}  // namespace qbench::cudnn
