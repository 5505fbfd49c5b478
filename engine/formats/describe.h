// What the graph's operators are called in MXNet, with their attributes.
#pragma once

#include <string>
#include <string_view>

#include "engine/formats/symbol.h"
#include "engine/graph/graph.h"

namespace qbench {

struct DescribedOp {
  std::string op;
  SymbolAttributes attributes;
};

// Without the activation and the residual that a fused operator carries.
DescribedOp describe(const Graph& graph, const Node& node);
DescribedOp describe(const ActivationSpec& activation);

// MXNet's name of the operator on quantized values: "Pooling" -> "_contrib_quantized_pooling".
// Throws Error (unsupported) where there is none.
std::string_view quantized_twin(std::string_view op);

// The number that min_calib_range and max_calib_range are to have, so that exactly `scale` is read
// back; nothing when no range gives this scale.
std::optional<float> range_for(float scale, DType dtype);

// Adds what `calibrated` reads: the output's range and, where that is not exact, its scale.
void add_calibration(SymbolAttributes& attributes, const TensorType& type);

}  // namespace qbench
