#include "engine/formats/inference.h"

#include <algorithm>
#include <cstddef>
#include <span>
#include <string_view>

namespace qbench {
namespace {

const SymbolNode& node_of(const Symbol& symbol, const SymbolEntry& entry) {
  return symbol.nodes[static_cast<std::size_t>(entry.node)];
}

bool is_loss(std::string_view op) { return op == "MakeLoss" || op == "make_loss"; }

bool is_detection(std::string_view op) {
  return op == "_contrib_MultiBoxDetection" || op == "MultiBoxDetection";
}

// Operators whose first input is their value and whose others train it.
bool has_label(std::string_view op) { return op == "SoftmaxOutput" || op == "Softmax"; }

// The detection that a head delivers as a loss without gradient.
SymbolEntry without_loss(const Symbol& symbol, SymbolEntry entry) {
  while (is_loss(node_of(symbol, entry).op) && !node_of(symbol, entry).inputs.empty()) {
    entry = node_of(symbol, entry).inputs[0];
  }
  return entry;
}

}  // namespace

std::vector<SymbolEntry> inference_heads(const Symbol& symbol) {
  const bool in_training = std::ranges::any_of(
      symbol.heads, [&](const SymbolEntry& head) { return is_loss(node_of(symbol, head).op); });
  if (!in_training) return symbol.heads;
  std::vector<SymbolEntry> detections;
  for (const SymbolEntry& head : symbol.heads) {
    const SymbolEntry value = without_loss(symbol, head);
    if (is_detection(node_of(symbol, value).op)) detections.push_back(value);
  }
  return detections.empty() ? symbol.heads : detections;
}

std::vector<bool> needed_nodes(const Symbol& symbol, const std::vector<SymbolEntry>& heads) {
  std::vector<bool> needed(symbol.nodes.size());
  const auto mark = [&](const SymbolEntry& entry) {
    needed[static_cast<std::size_t>(entry.node)] = true;
  };
  std::ranges::for_each(heads, mark);
  for (std::size_t i = symbol.nodes.size(); i-- > 0;) {
    if (!needed[i]) continue;
    const SymbolNode& node = symbol.nodes[i];
    std::span<const SymbolEntry> inputs = node.inputs;
    if (has_label(node.op) && !inputs.empty()) inputs = inputs.first(1);
    std::ranges::for_each(inputs, mark);
  }
  return needed;
}

}  // namespace qbench
