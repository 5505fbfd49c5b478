// What a network's input can be, as mean and deviation say, and whether a saved one takes it.
#pragma once

#include <string>

#include "datasets/transform.h"
#include "engine/core/quant_params.h"
#include "engine/graph/graph.h"

namespace qbench {

// Smallest and largest value that a pixel of 0..255 becomes, over all channels.
Range input_range(const Preprocess& preprocess);

// Why a saved INT8 network cuts off a part of such values: it takes its input as u8, and they can
// be negative. Empty where it does not.
std::string doubt_input(const Graph& graph, const Preprocess& preprocess);

}  // namespace qbench
