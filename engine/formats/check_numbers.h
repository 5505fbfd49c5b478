// Numbers that no trained network holds: NaN anywhere, infinity where it has no meaning.
#pragma once

#include <string_view>

#include "engine/core/tensor.h"
#include "engine/graph/graph.h"

namespace qbench {

enum class Infinity { refused, allowed };

// Throws Error("parameter 'NAME' has 2 NaN, first at index 17"); the index counts in row-major
// order. Looks at f32, f64 and f16.
void check_numbers(std::string_view name, const Tensor& tensor, Infinity infinity);

// Of all constants and attributes of a graph. Infinity is allowed as a bound of a clip, as the
// value of a padding, and negative in what is added (the masks of attention). The variance of a
// BatchNorm plus its epsilon must be positive.
void check_numbers(const Graph& graph);

}  // namespace qbench
