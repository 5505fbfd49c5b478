// Lowering of single operators: emits the steps that compute a node and defines its value. One
// function per operator, grouped in files.
#pragma once

#include "engine/backends/cudnn/builder.h"

namespace qbench::cudnn {

// lower_convolution.cc
void lower_convolution(Builder& to, NodeId id, const Convolution& op);
// lower_fully_connected.cc
void lower_fully_connected(Builder& to, NodeId id, const FullyConnected& op);
// lower_elementwise.cc
void lower_activation(Builder& to, NodeId id, const Activation& op);
void lower_add(Builder& to, NodeId id, const Add& op);
void lower_multiply(Builder& to, NodeId id);
void lower_batch_norm(Builder& to, NodeId id, const BatchNorm& op);
void lower_prelu(Builder& to, NodeId id);
// lower_window.cc
void lower_pool(Builder& to, NodeId id, const Pool& op);
void lower_pad(Builder& to, NodeId id, const Pad& op);
// lower_normalize.cc
void lower_softmax(Builder& to, NodeId id, const Softmax& op);
void lower_l2_normalize(Builder& to, NodeId id, const L2Normalize& op);
void lower_lrn(Builder& to, NodeId id, const Lrn& op);
// lower_detection.cc
void lower_multi_box_prior(Builder& to, NodeId id, const MultiBoxPrior& op);
void lower_multi_box_detection(Builder& to, NodeId id, const MultiBoxDetection& op);
// lower_move.cc: the same values with other dimensions, order or scale
void lower_flatten(Builder& to, NodeId id);
void lower_reshape(Builder& to, NodeId id);
void lower_transpose(Builder& to, NodeId id, const Transpose& op);
void lower_identity(Builder& to, NodeId id);
void lower_concat(Builder& to, NodeId id, const Concat& op);
// lower_quantize.cc
void lower_quantize(Builder& to, NodeId id);
void lower_dequantize(Builder& to, NodeId id);

// scale_in / scale_out where both are known before the run, else 1: real values have scale 1, and a
// dynamic value keeps its own.
float scale_ratio(const TensorType& in, const TensorType& out);
// The scale of a result where it is known before the run, else 1.
float unit_of(const TensorType& type);
// What the end of a convolution or fully connected layer needs beside the sums; vectors have
// `outputs` elements, zeros after those of the node. Absent views where there is nothing to do.
struct Ending {
  View multiplier;
  View bias;
  View scales;
  View bias_f16;  // the same values, where the data is f16: the library has more kernels for it
};
Ending ending_of(Builder& to, NodeId id, NodeId bias, const View& data, std::int64_t outputs);

Arithmetic arithmetic_of(FloatMath math, const TensorType& data);

}  // namespace qbench::cudnn
