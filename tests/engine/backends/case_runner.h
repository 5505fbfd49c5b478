// Running the cases and comparing results.
#pragma once

#include <vector>

#include "engine/backends/backend.h"
#include "tests/engine/backends/op_cases.h"

namespace qbench {

using Values = std::vector<std::vector<float>>;  // one row-major vector for each input or output

// The same values every time: multiples of 1/256, so that scales that are powers of two quantize
// them without doubt.
Values draw_inputs(const OpCase& op_case);

Values run_on(const Backend& backend, const Graph& graph, const Values& inputs,
              const CompileOptions& options = {});

// Fails the test where outputs differ by more than rounding may: f32 by 1e-4 of the largest value,
// results of a Dequantize by one step, and by more than half a step in few elements only.
void expect_close(const Graph& graph, const Values& actual, const Values& expected);

}  // namespace qbench
