// Concatenation: nothing to do where the parts were written in place, one copy otherwise.
#include "engine/backends/onednn/kernels.h"
#include "engine/backends/onednn/lower.h"

namespace qbench::onednn {
namespace {

// f32 in blocks of channels: parts that could not be written in place are copied there.
void join_in_place(Builder& to, NodeId id, const View& whole) {
  View slice = whole;
  for (const NodeId part : to.graph()[id].inputs) {
    const Dims dims = to.graph()[part].type.shape.dims();
    slice.desc = blocked(dims, DType::f32);
    const View lies = to.shaped(part);
    if (lies.buffer != slice.buffer || lies.offset != slice.offset) to.add_reorder(id, lies, slice);
    slice.offset += slice.desc.get_size();
  }
  to.define(id, whole);
}

bool in_blocks(const Builder& to, NodeId id) {
  const Graph& graph = to.graph();
  const TensorType& type = graph[id].type;
  if (!to.prefers_blocked() || type.dtype != DType::f32 || type.shape.rank() != 4) return false;
  if (type.shape[0] != 1 || std::get<Concat>(graph[id].op).axis != 1) return false;
  for (const NodeId part : graph[id].inputs) {
    if (graph[part].type.shape[1] % kChannelBlock != 0) return false;
  }
  return true;
}

float scale_of(const TensorType& type) { return type.quant ? type.quant->scales[0] : 1.0F; }

// Elements from `axis` on in memory order; the rest are rows.
std::int64_t row_length(const Shape& shape, std::size_t axis, bool pixels) {
  return pixels ? shape[1] : shape.elements(axis);
}

void join_rows(Builder& to, NodeId id, std::size_t axis) {
  const Graph& graph = to.graph();
  const TensorType& type = graph[id].type;
  const bool pixels = axis == 1 && type.shape.rank() == 4;  // channels last
  std::vector<kernels::JoinedPart> parts;
  std::vector<Operand> operands;
  for (const NodeId part : graph[id].inputs) {
    const TensorType& from = graph[part].type;
    parts.push_back(
        {row_length(from.shape, axis, pixels), from.dtype, scale_of(from) / scale_of(type)});
    operands.push_back(
        {DNNL_ARG_SRC, pixels ? to.channels_last_view(part) : to.row_major_view(part)});
  }
  const Dims dims = type.shape.dims();
  const View result =
      to.allocate(id, pixels ? channels_last(dims, type.dtype) : row_major(dims, type.dtype));
  operands.push_back({DNNL_ARG_DST, result});
  const std::int64_t rows = type.shape.elements() / row_length(type.shape, axis, pixels);
  to.add(
      id, "own:concat",
      [parts = std::move(parts), rows, dtype = type.dtype](std::span<std::byte* const> all) {
        kernels::concatenate(parts, all.first(parts.size()), rows, all.back(), dtype);
      },
      std::move(operands));
  to.define(id, result);
}

}  // namespace

void lower_concat(Builder& to, NodeId id, const Concat& op) {
  if (in_blocks(to, id)) {
    const Dims dims = to.graph()[id].type.shape.dims();
    join_in_place(to, id, to.allocate(id, blocked(dims, DType::f32)));
  } else {
    join_rows(to, id, static_cast<std::size_t>(op.axis));
  }
}

}  // namespace qbench::onednn
