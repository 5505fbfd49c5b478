// An independent evaluation for tests: f32 graphs through OpenCV's dnn module, layer by layer.
#pragma once

#include <optional>

#include "tests/engine/backends/case_runner.h"

namespace qbench {

// Nothing where the graph has an operator, or a use of one, that the module does not have.
std::optional<Values> evaluate_in_opencv(const Graph& graph, const Values& inputs);

}  // namespace qbench
