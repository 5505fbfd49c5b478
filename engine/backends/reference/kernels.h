// The operators as plain loops: one `evaluate` for each. They trust the graph's type inference and
// check nothing; what they cannot do is refused before (support.h).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "engine/core/tensor.h"
#include "engine/graph/graph.h"

namespace qbench::reference {

// A value that an operator reads. `scales`: of quantized values, one for each image (index along
// axis 0), equal ones unless the value is dynamic; empty for f32 and for constants with one scale
// per channel.
struct Operand {
  const TensorType& type;
  const Tensor& data;
  std::span<const float> scales;
};
using Operands = std::span<const Operand>;

// The value that it writes. Only Quantize writes scales; a dynamic value elsewhere shares its
// input's.
struct Result {
  const TensorType& type;
  Tensor& data;
  std::span<float> scales;
};

// Working memory, allocated once: accumulators of one output plane, and one index per axis.
struct Scratch {
  std::vector<double> reals;
  std::vector<std::int64_t> integers;
  std::vector<std::int64_t> strides;
};

void evaluate(const Convolution& op, Operands in, const Result& out, Scratch& scratch);
void evaluate(const FullyConnected& op, Operands in, const Result& out, Scratch& scratch);
void evaluate(const BatchNorm& op, Operands in, const Result& out, Scratch& scratch);
void evaluate(const Activation& op, Operands in, const Result& out, Scratch& scratch);
void evaluate(const PRelu& op, Operands in, const Result& out, Scratch& scratch);
void evaluate(const Pool& op, Operands in, const Result& out, Scratch& scratch);
void evaluate(const Flatten& op, Operands in, const Result& out, Scratch& scratch);
void evaluate(const Reshape& op, Operands in, const Result& out, Scratch& scratch);
void evaluate(const Transpose& op, Operands in, const Result& out, Scratch& scratch);
void evaluate(const Concat& op, Operands in, const Result& out, Scratch& scratch);
void evaluate(const Add& op, Operands in, const Result& out, Scratch& scratch);
void evaluate(const Multiply& op, Operands in, const Result& out, Scratch& scratch);
void evaluate(const Softmax& op, Operands in, const Result& out, Scratch& scratch);
void evaluate(const Dropout& op, Operands in, const Result& out, Scratch& scratch);
void evaluate(const Identity& op, Operands in, const Result& out, Scratch& scratch);
void evaluate(const L2Normalize& op, Operands in, const Result& out, Scratch& scratch);
void evaluate(const Lrn& op, Operands in, const Result& out, Scratch& scratch);
void evaluate(const Pad& op, Operands in, const Result& out, Scratch& scratch);
void evaluate(const MultiBoxPrior& op, Operands in, const Result& out, Scratch& scratch);
void evaluate(const MultiBoxDetection& op, Operands in, const Result& out, Scratch& scratch);
void evaluate(const Quantize& op, Operands in, const Result& out, Scratch& scratch);
void evaluate(const Dequantize& op, Operands in, const Result& out, Scratch& scratch);

}  // namespace qbench::reference
