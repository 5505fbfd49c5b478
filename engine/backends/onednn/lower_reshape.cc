// Operators that only rename or move values: free where the memory already lies right.
#include <array>
#include <cstring>

#include "engine/backends/onednn/kernels.h"
#include "engine/backends/onednn/lower.h"

namespace qbench::onednn {
namespace {

// The bytes that mean `value` in the node's element type.
std::array<std::byte, 4> encode(const TensorType& type, float value) {
  std::array<std::byte, 4> bytes{};
  if (type.dtype == DType::f32) {
    std::memcpy(bytes.data(), &value, sizeof value);
  } else if (type.dtype == DType::s8) {
    bytes[0] = static_cast<std::byte>(quantize_value<std::int8_t>(value));
  } else {
    bytes[0] = static_cast<std::byte>(quantize_value<std::uint8_t>(value));
  }
  return bytes;
}

}  // namespace

void lower_flatten(Builder& to, NodeId id) {
  const NodeId source = to.graph()[id].inputs[0];
  View value = rescaled(to, id, to.view(source), source);
  // Otherwise left as it is: a fully connected layer takes it so, others have it put in order.
  if (interchangeable(value.desc, row_major(dims_of(value.desc), dtype_of(value.desc))))
    value.desc = row_major(to_dims(to.graph()[id].type.shape), dtype_of(value.desc));
  to.define(id, value);
}

void lower_reshape(Builder& to, NodeId id) {
  const NodeId source = to.graph()[id].inputs[0];
  View value = rescaled(to, id, to.row_major_view(source), source);
  value.desc = row_major(to_dims(to.graph()[id].type.shape), dtype_of(value.desc));
  to.define(id, value);
}

void lower_transpose(Builder& to, NodeId id, const Transpose& op) {
  const NodeId source = to.graph()[id].inputs[0];
  const View data = to.shaped(source);
  // The library wants to know where each input axis goes, the operator says where each comes from.
  std::vector<int> target(op.permutation.size());
  for (std::size_t i = 0; i < target.size(); ++i)
    target[static_cast<std::size_t>(op.permutation[i])] = static_cast<int>(i);
  View moved = data;
  moved.desc = data.desc.permute_axes(target);
  // Who reads it puts it in the order that it needs, often the one in which the data lies.
  to.define(id, rescaled(to, id, moved, source));
}

void lower_identity(Builder& to, NodeId id) {
  const NodeId source = to.graph()[id].inputs[0];
  to.define(id, rescaled(to, id, to.view(source), source));
}

void lower_pad(Builder& to, NodeId id, const Pad& op) {
  const NodeId source = to.graph()[id].inputs[0];
  const TensorType& out = to.graph()[id].type;
  View data = rescaled(to, id, to.shaped(source), source);
  const Desc plain = row_major(dims_of(data.desc), out.dtype);
  if (!interchangeable(data.desc, plain)) {
    const View copy = to.temporary(plain);
    to.add_reorder(id, data, copy);
    data.buffer = copy.buffer;
    data.offset = 0;
    data.desc = plain;
  }
  const Dims dims = dims_of(data.desc);
  const kernels::Padded padded{.planes = dims[0] * dims[1],
                               .in_h = dims[2],
                               .in_w = dims[3],
                               .padding = op.padding,
                               .element = size_of(out.dtype)};
  View result = to.allocate(id, row_major(out.shape.dims(), out.dtype));
  std::vector<Operand> operands = {{DNNL_ARG_SRC, data}, {DNNL_ARG_DST, result}};
  const bool dynamic = data.scale >= 0;
  if (dynamic)
    operands.push_back(
        {DNNL_ARG_SRC_1, {.buffer = data.scale, .desc = row_major({1}, DType::f32)}});
  const float unit = out.quant && !dynamic ? out.quant->scales[0] : 1.0F;
  to.add(
      id, "own:pad",
      [padded, out, dynamic, unit, value = op.value](std::span<std::byte* const> at) {
        const float scale = dynamic ? *reinterpret_cast<const float*>(at[2]) : unit;
        const auto filler = encode(out, value * (1 / scale));
        kernels::pad(padded, at[0], filler.data(), at[1]);
      },
      std::move(operands));
  result.scale = data.scale;
  to.define(id, result);
}

}  // namespace qbench::onednn
