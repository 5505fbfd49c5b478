// One list of small graphs over every operator and the attributes that matter. What every backend
// must compute: tested against independent results (the reference backend) and against the
// reference backend (all others).
#pragma once

#include <iosfwd>
#include <string>
#include <vector>

#include "engine/core/quant_params.h"
#include "engine/graph/graph.h"

namespace qbench {

struct OpCase {
  std::string name;    // letters, digits and _
  Graph graph;         // outputs are f32: quantized results end in a Dequantize
  Range input{-1, 1};  // where the values of all inputs are drawn from
};

// How test failures show a case.
void PrintTo(const OpCase& op_case, std::ostream* out);

std::vector<OpCase> op_cases();

// The parts of the list.
std::vector<OpCase> convolution_cases();
std::vector<OpCase> real_cases();       // other operators on f32
std::vector<OpCase> quantized_cases();  // other operators on integers
std::vector<OpCase> detection_cases();  // default boxes, detections

}  // namespace qbench
