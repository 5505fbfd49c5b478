// Which values cannot be negative: these are stored as u8, with twice the resolution of s8.

#include "engine/quantizer/plan.h"

namespace qbench {
namespace {

bool after_activation(const ActivationSpec& spec, bool before) {
  // Of the others only a clip, to bounds below zero, makes negatives of what had none.
  return gives_no_negatives(spec) || (before && spec.kind != ActivationKind::clip);
}

struct Rule {
  const std::vector<bool>& known;
  const Node& node;
  bool input_non_negative;

  bool input(std::size_t i) const { return known[static_cast<std::size_t>(node.inputs[i])]; }
  bool all_inputs() const {
    for (std::size_t i = 0; i < node.inputs.size(); ++i) {
      if (!input(i)) return false;
    }
    return true;
  }

  bool operator()(const Convolution& op) const { return after_activation(op.activation, false); }
  bool operator()(const FullyConnected& op) const { return after_activation(op.activation, false); }
  bool operator()(const Add& op) const { return after_activation(op.activation, all_inputs()); }
  bool operator()(const Activation& op) const { return after_activation(op.spec, input(0)); }
  bool operator()(const Pad& op) const { return input(0) && op.value >= 0; }
  bool operator()(const Softmax&) const { return true; }
  bool operator()(const PRelu&) const { return input(0); }
  bool operator()(const Pool&) const { return input(0); }
  bool operator()(const Flatten&) const { return input(0); }
  bool operator()(const Reshape&) const { return input(0); }
  bool operator()(const Transpose&) const { return input(0); }
  bool operator()(const Dropout&) const { return input(0); }
  bool operator()(const Identity&) const { return input(0); }
  bool operator()(const L2Normalize&) const { return input(0); }
  bool operator()(const Lrn&) const { return input(0); }
  bool operator()(const Concat&) const { return all_inputs(); }
  bool operator()(const Multiply&) const { return all_inputs(); }
  bool operator()(const Input&) const { return input_non_negative; }
  bool operator()(const Constant&) const { return false; }
  bool operator()(const BatchNorm&) const { return false; }
  bool operator()(const MultiBoxPrior&) const { return false; }
  bool operator()(const MultiBoxDetection&) const { return false; }
  bool operator()(const Quantize&) const { return input(0); }
  bool operator()(const Dequantize&) const { return input(0); }
};

}  // namespace

std::vector<bool> find_non_negative(const Graph& graph, bool input_non_negative) {
  std::vector<bool> known;
  known.reserve(graph.nodes().size());
  for (const Node& node : graph.nodes())
    known.push_back(std::visit(Rule{known, node, input_non_negative}, node.op));
  return known;
}

}  // namespace qbench
