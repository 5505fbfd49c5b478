// Element type and scale of every quantized value, from the plan and the calibrated ranges.
#pragma once

#include <vector>

#include "engine/quantizer/plan.h"

namespace qbench {

// One per node; meaningful where the plan needs the value quantized. Without a table the scales are
// dynamic. Throws Error naming a tensor that the table lacks.
std::vector<Graph::Quantization> choose_parameters(const Graph& graph,
                                                   const std::vector<NodePlan>& plan,
                                                   const QuantScheme& scheme,
                                                   const CalibrationTable* table);

}  // namespace qbench
