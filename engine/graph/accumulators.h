// What integer kernels assume of the layers they add up.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "engine/graph/graph.h"

namespace qbench {

// Whether the sum of products of these weights with values of `data` (u8 or s8) fits into 32 bits,
// whatever the values.
bool sums_fit(std::span<const std::int8_t> weights, DType data);

// Why sums of a quantized convolution or fully connected layer may not fit into 32 bits: the first
// output whose weights allow it. Nothing for other nodes, and where weights are not constant.
std::optional<std::string> why_sums_overflow(const Graph& graph, NodeId id);

}  // namespace qbench
