// Operators on single elements: activations, sums, products.
#include "engine/backends/reference/element.h"
#include "engine/backends/reference/kernels.h"

namespace qbench::reference {
namespace {

// Index in a tensor of shape `from` of the element that is broadcast to element i of `to`.
std::size_t broadcast_index(std::size_t i, const Shape& from, const Shape& to) {
  if (from == to) return i;
  std::size_t index = 0;
  std::size_t stride = 1;
  for (std::size_t axis = 1; axis <= from.rank(); ++axis) {  // from the last axis on
    const auto to_dim = static_cast<std::size_t>(to[to.rank() - axis]);
    const auto from_dim = static_cast<std::size_t>(from[from.rank() - axis]);
    if (from_dim != 1) index += i % to_dim * stride;
    i /= to_dim;
    stride *= from_dim;
  }
  return index;
}

void add_integers(const Add& op, Operands in, const Result& out) {
  const float unit = is_quantized(out.type) ? out.scales[0] : 1.0F;
  const float to_a = in[0].scales[0] / unit;
  const float to_b = in[1].scales[0] / unit;
  for (std::size_t i = 0; i < out.data.elements(); ++i) {
    const float sum = load(in[0].data, i) * to_a + load(in[1].data, i) * to_b;
    store(out.data, i, activate(op.activation, sum, unit));
  }
}

}  // namespace

void evaluate(const Activation& op, Operands in, const Result& out, Scratch&) {
  if (!is_quantized(out.type)) {
    for (std::size_t i = 0; i < out.data.elements(); ++i) {
      const double x = load(in[0].data, i);
      store(out.data, i, static_cast<float>(activate(op.spec, x)));
    }
    return;
  }
  const std::size_t inner = image_elements(out.type.shape);
  const float factor = ratio(in[0], out);
  for (std::size_t i = 0; i < out.data.elements(); ++i) {
    store(out.data, i, activate(op.spec, load(in[0].data, i) * factor, out.scales[i / inner]));
  }
}

void evaluate(const PRelu&, Operands in, const Result& out, Scratch&) {
  const Shape& shape = out.type.shape;
  const auto channels = static_cast<std::size_t>(shape[1]);
  const auto inner = static_cast<std::size_t>(shape.elements(2));
  const bool one_slope = in[1].data.elements() == 1;
  for (std::size_t i = 0; i < out.data.elements(); ++i) {
    const float x = load(in[0].data, i);
    const float slope = load(in[1].data, one_slope ? 0 : i / inner % channels);
    store(out.data, i, x < 0 ? slope * x : x);
  }
}

void evaluate(const Add& op, Operands in, const Result& out, Scratch&) {
  if (is_quantized(in[0].type)) return add_integers(op, in, out);
  for (std::size_t i = 0; i < out.data.elements(); ++i) {
    const double a = load(in[0].data, broadcast_index(i, in[0].type.shape, out.type.shape));
    const double b = load(in[1].data, broadcast_index(i, in[1].type.shape, out.type.shape));
    store(out.data, i, static_cast<float>(activate(op.activation, a + b)));
  }
}

void evaluate(const Multiply&, Operands in, const Result& out, Scratch&) {
  for (std::size_t i = 0; i < out.data.elements(); ++i) {
    const float a = load(in[0].data, broadcast_index(i, in[0].type.shape, out.type.shape));
    const float b = load(in[1].data, broadcast_index(i, in[1].type.shape, out.type.shape));
    store(out.data, i, a * b);
  }
}

}  // namespace qbench::reference
