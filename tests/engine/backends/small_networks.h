// Small networks with the structures of the documented ones.
#pragma once

#include "engine/graph/graph.h"

namespace qbench {

// Random weights. `quantized`: INT8 from the first convolution to the last, dequantized at the end.
Graph squeezenet_like(std::int64_t batch, bool quantized);  // fire modules: concatenations
Graph resnet_like(std::int64_t batch, bool quantized);      // residual sums, one of them projected
Graph mobilenet_like(std::int64_t batch, bool quantized);   // depthwise convolutions
// Two feature maps, one of them normalized, with heads of two default boxes and four classes. f32.
Graph ssd_like(std::int64_t batch);
// Every node the same, but quantized at run time.
Graph dynamic_like(std::int64_t batch);

}  // namespace qbench
