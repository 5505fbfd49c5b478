// Operators that move values without computing on them. Integers are rescaled where the output's
// scale differs; a factor of 1 leaves them as they are.
#include "engine/backends/reference/element.h"
#include "engine/backends/reference/kernels.h"

namespace qbench::reference {
namespace {

void copy(const Operand& in, const Result& out) {
  const float factor = ratio(in, out);
  for (std::size_t i = 0; i < out.data.elements(); ++i) {
    store(out.data, i, load(in.data, i) * factor);
  }
}

}  // namespace

void evaluate(const Flatten&, Operands in, const Result& out, Scratch&) { copy(in[0], out); }
void evaluate(const Reshape&, Operands in, const Result& out, Scratch&) { copy(in[0], out); }
void evaluate(const Dropout&, Operands in, const Result& out, Scratch&) { copy(in[0], out); }
void evaluate(const Identity&, Operands in, const Result& out, Scratch&) { copy(in[0], out); }

void evaluate(const Transpose& op, Operands in, const Result& out, Scratch& scratch) {
  const Shape& to = out.type.shape;
  const std::size_t rank = to.rank();
  for (std::size_t axis = 0; axis < rank; ++axis) {
    const auto from_axis = static_cast<std::size_t>(op.permutation[axis]);
    scratch.strides[axis] = in[0].type.shape.elements(from_axis + 1);
  }
  const float factor = ratio(in[0], out);
  for (std::size_t i = 0; i < out.data.elements(); ++i) {
    auto rest = static_cast<std::int64_t>(i);
    std::int64_t from = 0;
    for (std::size_t axis = rank; axis-- > 0;) {
      from += rest % to[axis] * scratch.strides[axis];
      rest /= to[axis];
    }
    store(out.data, i, load(in[0].data, static_cast<std::size_t>(from)) * factor);
  }
}

void evaluate(const Concat& op, Operands in, const Result& out, Scratch&) {
  const auto axis = static_cast<std::size_t>(op.axis);
  std::size_t outer = 1;
  for (std::size_t i = 0; i < axis; ++i) outer *= static_cast<std::size_t>(out.type.shape[i]);
  std::size_t to = 0;
  for (std::size_t block = 0; block < outer; ++block) {
    for (const Operand& part : in) {
      const float factor = ratio(part, out);
      const auto length = static_cast<std::size_t>(part.type.shape.elements(axis));
      for (std::size_t i = 0; i < length; ++i) {
        store(out.data, to++, load(part.data, block * length + i) * factor);
      }
    }
  }
}

void evaluate(const Pad& op, Operands in, const Result& out, Scratch&) {
  const Shape& from = in[0].type.shape;
  const Shape& to = out.type.shape;
  const float factor = ratio(in[0], out);
  std::size_t i = 0;
  for (std::int64_t plane = 0; plane < to[0] * to[1]; ++plane) {
    const auto n = static_cast<std::size_t>(plane / to[1]);
    const float value = is_quantized(out.type) ? op.value / out.scales[n] : op.value;
    for (std::int64_t y = -op.padding.top; y < from[2] + op.padding.bottom; ++y) {
      for (std::int64_t x = -op.padding.left; x < from[3] + op.padding.right; ++x) {
        const bool inside = y >= 0 && y < from[2] && x >= 0 && x < from[3];
        const auto source = static_cast<std::size_t>((plane * from[2] + y) * from[3] + x);
        store(out.data, i++, inside ? load(in[0].data, source) * factor : value);
      }
    }
  }
}

}  // namespace qbench::reference
