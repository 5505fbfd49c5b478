// What a network is for, as its output tells.
#pragma once

#include <cstdint>

#include "datasets/transform.h"
#include "engine/graph/graph.h"
#include "engine/zoo/zoo.h"

namespace qbench {

// Classification: output [N,K], a score for each class, also with dimensions of 1 ([N,K,1,1]).
// Detection: [N,A,6] of a MultiBoxDetection.
struct OutputForm {
  Task task = Task::classification;
  std::int64_t values = 0;   // for one image: K, or 6 A
  std::int64_t classes = 0;  // that labels may be of: K, or those of the detector; 0: not known
};

// Throws Error (unsupported) when the network is for neither, listing the outputs where there are
// several.
OutputForm output_form(const Graph& graph);

// Classes that a detector knows, without the background. Throws Error when it is none.
std::int64_t class_count(const Graph& graph);

// How images are brought to the network's size: detectors see the whole of them.
Fit fit_for(const Graph& graph);

}  // namespace qbench
