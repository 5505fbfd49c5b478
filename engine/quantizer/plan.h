// The plan of a quantization: which operators compute on integers, which values are needed as
// integers, and which values must share one scale.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "engine/graph/graph.h"
#include "engine/quantizer/quantizer.h"

namespace qbench {

struct NodePlan {
  bool integer = false;             // computes on integers
  bool delivers_quantized = false;  // and its own output is s8 or u8
  bool needed_quantized = false;    // some reader takes the value as integers
  bool needed_real = false;         // some reader takes the value as f32
  bool own_range = false;           // its calibrated range sets a scale
  bool non_negative = false;        // no value can be negative, whatever the input
  NodeId group = 0;                 // quantized values of one group have one dtype and scale
  std::string why_real;             // why the operator stays in f32, where it does
};

// How an operator that computes on integers takes its input number `i`.
enum class InputRole : std::uint8_t {
  data,      // as integers
  weight,    // as s8, quantized here
  bias,      // as f32
  residual,  // in the form that the operator delivers
};
InputRole input_role(const Node& node, std::size_t i);

// One per node of the graph. `dynamic`: there is no calibration table, so that only convolutions
// and fully connected layers compute on integers, and deliver f32.
std::vector<NodePlan> make_plan(const Graph& graph, const QuantScheme& scheme, bool dynamic);

// For each node: whether no value can be negative, whatever the network's input;
// `input_non_negative`: where that has no negative values itself.
std::vector<bool> find_non_negative(const Graph& graph, bool input_non_negative);

// Throws Error naming a layer of the scheme that is not in the graph, with the nearest name.
void check_layer_names(const Graph& graph, const QuantScheme& scheme);

}  // namespace qbench
