// Lowering: emits the steps that compute one node. One function per operator, grouped in files.
#pragma once

#include <optional>
#include <string>

#include "engine/backends/onednn/builder.h"
#include "engine/backends/onednn/library/library.h"

namespace qbench::onednn {

// Why the node cannot be lowered; nothing when it can.
std::optional<std::string> why_unsupported(const Graph& graph, NodeId id);

// Emits the node's steps and defines its value.
void lower(Builder& to, NodeId id);

// lower_convolution.cc
void lower_convolution(Builder& to, NodeId id, const Convolution& op);
// lower_depthwise.cc: false, and nothing emitted, where the library has to do it
bool lower_depthwise(Builder& to, NodeId id, const Convolution& op);
// lower_fully_connected.cc
void lower_fully_connected(Builder& to, NodeId id, const FullyConnected& op);
// lower_pool.cc
void lower_pool(Builder& to, NodeId id, const Pool& op);
// lower_concat.cc
void lower_concat(Builder& to, NodeId id, const Concat& op);
// lower_elementwise.cc
void lower_activation(Builder& to, NodeId id, const Activation& op);
void lower_add(Builder& to, NodeId id, const Add& op);
void lower_multiply(Builder& to, NodeId id);
// lower_normalize.cc
void lower_batch_norm(Builder& to, NodeId id, const BatchNorm& op);
void lower_prelu(Builder& to, NodeId id);
void lower_softmax(Builder& to, NodeId id, const Softmax& op);
void lower_l2_normalize(Builder& to, NodeId id, const L2Normalize& op);
void lower_lrn(Builder& to, NodeId id, const Lrn& op);
// lower_detection.cc
void lower_multi_box_prior(Builder& to, NodeId id, const MultiBoxPrior& op);
void lower_multi_box_detection(Builder& to, NodeId id, const MultiBoxDetection& op);
// lower_reshape.cc: the same values with other dimensions, order or scale
void lower_flatten(Builder& to, NodeId id);
void lower_reshape(Builder& to, NodeId id);
void lower_transpose(Builder& to, NodeId id, const Transpose& op);
void lower_identity(Builder& to, NodeId id);
void lower_pad(Builder& to, NodeId id, const Pad& op);
// lower_quantize.cc
void lower_quantize(Builder& to, NodeId id);
void lower_dequantize(Builder& to, NodeId id);
// Where the node's type asks for another scale or element type than `value` has (whose own are
// those of the node `like`): converts it.
View rescaled(Builder& to, NodeId id, const View& value, NodeId like);

// epilogue.cc: what convolution and fully connected layers share
struct Accumulation {
  Epilogue epilogue;
  std::vector<float> bias;  // in units of the accumulator; those of the data's scale still missing
                            // while that is dynamic. Empty: none
};
// `bias` and `residual` are nodes, -1 where there is none.
Accumulation accumulation(const Graph& graph, NodeId id, NodeId bias, NodeId residual,
                          const ActivationSpec& activation);
// Bias and dynamic scale as a library kernel takes them.
void add_operands(Builder& to, NodeId id, const Accumulation& sum, std::vector<Operand>& operands);

// lower_exact.cc: own loops for quantized layers where the library's kernels are inexact
bool needs_exact(const Graph& graph, NodeId id, const ActivationSpec& activation);
void lower_exact(Builder& to, NodeId id, const Convolution& op, const Accumulation& sum);
void lower_exact(Builder& to, NodeId id, const FullyConnected& op, const Accumulation& sum);

// lower_int8_convolution.cc: false, and nothing emitted, where the library has to do it or is
// faster
bool lower_int8_convolution(Builder& to, NodeId id, const Convolution& op, const Accumulation& sum,
                            const Kernel& library);

}  // namespace qbench::onednn
