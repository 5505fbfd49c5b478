// Precisions as suites, records and options name them. Three are ways to compute an f32 network;
// INT8 is another network.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/backends/backend.h"
#include "engine/quantizer/quantizer.h"

namespace qbench {

// "fp32", "tf32", "fp16", "int8": the order of reports.
std::span<const std::string_view> precision_names();

std::string_view to_string(FloatMath math);  // "fp32", "tf32", "fp16"
// Throws Error for anything but the names that to_string gives.
FloatMath float_math_from_string(std::string_view text);

// The same of a network's precision: what is left of f32 in an "int8" one is computed as f32.
FloatMath float_math_of(std::string_view precision);

// Names of what the backend has, "int8" included.
std::vector<std::string> precisions_of(const Backend& backend);

// What the backend makes of a wanted type: where it takes no u8, automatic means s8. Throws Error
// (unsupported) when u8 itself was wanted there.
QuantizedDType dtype_for(const Backend& backend, QuantizedDType wanted);

}  // namespace qbench
