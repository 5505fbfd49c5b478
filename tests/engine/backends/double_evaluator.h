// An independent evaluation for tests: every value is held as real numbers in double; quantized
// ones are computed from real numbers and then moved to the nearest value that has an integer.
#pragma once

#include <optional>

#include "tests/engine/backends/case_runner.h"

namespace qbench {

// Nothing where the graph has an operator that this does not know.
std::optional<Values> evaluate_in_double(const Graph& graph, const Values& inputs);

}  // namespace qbench
