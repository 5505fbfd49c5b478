// The text form of a graph, for people and tests: print_graph and parse_graph are inverse.
//
//   # a comment
//   data = Input(shape=[1,3,8,8]) : f32[1,3,8,8]
//   w = Constant() : s8[4,3,3,3] scales=[0.1,0.2,0.1,0.3] axis=0 values=random(7)
//   conv = Convolution(data, w; padding=[1,1,1,1], activation=relu) : u8[1,4,8,8] scales=[0.02]
//   return conv
//
// Names other than letters, digits and _-./+ are written in double quotes (\" \\ \n inside).
// Attributes at their default are left out; an activation is `relu`, `leaky(ALPHA)` or
// `clip(ALPHA,BETA)`. Types are printed, and may be left out for reading where they can be
// inferred: constants and quantized values need theirs. A dynamic scale is written `u8[...]
// dynamic`.
//
// A constant's values are written as `values=[...]` up to 16 elements and as `hash=...` above,
// which cannot be read back. Read are also `values=full(X)`, `values=random(SEED)` (uniform: f32
// -1..1, s8 -127..127, u8 0..255, s32 and s64 -1000..1000) and `values=random(SEED,LOW,HIGH)`.
#pragma once

#include <string>
#include <string_view>

#include "engine/graph/graph.h"

namespace qbench {

std::string print_graph(const Graph& graph);
// Throws Error with line and column.
Graph parse_graph(std::string_view text);

// Hash over structure, names, attributes and every constant's bytes.
std::string hash_graph(const Graph& graph);

}  // namespace qbench
