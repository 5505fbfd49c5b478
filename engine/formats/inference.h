// What of a symbol matters at inference. Files saved while training also hold losses and targets.
#pragma once

#include <vector>

#include "engine/formats/symbol.h"

namespace qbench {

// The symbol's heads; but of a single-shot detector in training, which has its losses as heads
// beside its detections (MakeLoss of MultiBoxDetection), the detections alone.
std::vector<SymbolEntry> inference_heads(const Symbol& symbol);

// For each node, whether one of the heads depends on it. Labels count for nothing.
std::vector<bool> needed_nodes(const Symbol& symbol, const std::vector<SymbolEntry>& heads);

}  // namespace qbench
