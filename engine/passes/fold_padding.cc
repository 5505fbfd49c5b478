// Moves an explicit Pad into the operator that reads it, where that gives the same values:
//   Convolution: zeros are what it pads with.
//   average Pool: zeros, when the pool counts padding (or has none of its own, so that it can).
//   max Pool: a pool pads with -infinity, so the padded value must never win against real ones.
#include <algorithm>

#include "engine/passes/edit.h"
#include "engine/passes/rewrites.h"

namespace qbench {
namespace {

Padding2d sum(const Padding2d& a, const Padding2d& b) {
  return {a.top + b.top, a.left + b.left, a.bottom + b.bottom, a.right + b.right};
}

// Whether the value comes straight out of an activation that gives no negative numbers, possibly
// through another pool.
bool is_non_negative(const Edit& edit, NodeId id) {
  while (edit.as<Pool>(id) != nullptr) id = edit[id].inputs[0];
  if (const auto* op = edit.as<Activation>(id)) return gives_no_negatives(op->spec);
  if (const auto* op = edit.as<Convolution>(id)) return gives_no_negatives(op->activation);
  if (const auto* op = edit.as<Add>(id)) return gives_no_negatives(op->activation);
  return false;
}

bool fits_window(const Padding2d& padding, const Extent2d& kernel) {
  return std::max(padding.top, padding.bottom) < kernel.h &&
         std::max(padding.left, padding.right) < kernel.w;
}

std::optional<Op> padded(const Convolution& conv, const Pad& pad) {
  if (pad.value != 0) return std::nullopt;
  Convolution result = conv;
  result.padding = sum(conv.padding, pad.padding);
  return result;
}

std::optional<Op> padded(const Pool& pool, const Pad& pad, bool non_negative) {
  Pool result = pool;
  result.padding = sum(pool.padding, pad.padding);
  if (pool.global || pad.value != 0 || !fits_window(result.padding, pool.kernel)) {
    return std::nullopt;
  }
  if (pool.kind == PoolKind::average) {
    if (!pool.count_include_pad && pool.padding != Padding2d{}) return std::nullopt;
    result.count_include_pad = true;
    return result;
  }
  // Rounding up may add windows that hold nothing but padding.
  if (!non_negative || pool.ceil_mode) return std::nullopt;
  return result;
}

}  // namespace

std::optional<Graph> fold_padding(const Graph& graph) {
  Edit edit(graph);
  for (NodeId id = 0; id < graph.size(); ++id) {
    if (edit[id].inputs.empty()) continue;
    const NodeId pad_id = edit[id].inputs[0];
    const auto* pad = edit.as<Pad>(pad_id);
    if (pad == nullptr) continue;
    std::vector<NodeId> inputs = edit[id].inputs;
    inputs[0] = edit[pad_id].inputs[0];
    std::optional<Op> op;
    if (const auto* conv = edit.as<Convolution>(id)) op = padded(*conv, *pad);
    if (const auto* pool = edit.as<Pool>(id)) {
      op = padded(*pool, *pad, is_non_negative(edit, inputs[0]));
    }
    if (op) edit.replace(id, *std::move(op), std::move(inputs));
  }
  return edit.finish();
}

}  // namespace qbench
