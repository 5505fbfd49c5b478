// The model: nodes in topological order, each with one output value whose type is always known.
//
// A graph is valid at all times: `add` infers the type and throws Error naming the node when the
// inputs do not fit. Knows neither file formats nor backends.
//
// Quantized values are s8 or u8 with QuantParams in their type. An operator whose data input is
// quantized computes on integers; its own output type says what it delivers:
//   Convolution, FullyConnected: s8/u8 (requantized) or f32 (dequantized). Where the data's scale
//                                is dynamic, output and residual are f32.
//   Pool, Flatten, Reshape, Transpose, Concat, Activation, Add: s8/u8. Where the output's scale
//                                differs from an input's, values are rescaled. Add may deliver f32.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/quant_params.h"
#include "engine/core/tensor.h"
#include "engine/graph/op.h"

namespace qbench {

using NodeId = std::int32_t;  // position in nodes(); the node stands for its output value

struct TensorType {
  DType dtype = DType::f32;
  Shape shape;
  std::optional<QuantParams> quant;  // set exactly when the values are quantized
  bool operator==(const TensorType&) const = default;
};

struct Node {
  std::string name;  // unique in the graph, not empty
  Op op;
  std::vector<NodeId> inputs;  // all smaller than the node's own id
  TensorType type;
};

class Graph {
 public:
  // What the output is stored as, where that is not f32. The shape is inferred.
  struct Quantization {
    DType dtype = DType::s8;
    QuantParams params;
  };

  // Appends a node. Throws Error("node 'NAME': ...") when the name is taken or inputs do not fit.
  NodeId add(std::string name, Op op, std::vector<NodeId> inputs = {},
             std::optional<Quantization> quantization = std::nullopt);
  NodeId constant(std::string name, Tensor value);
  NodeId constant(std::string name, std::shared_ptr<const Tensor> value,
                  std::optional<QuantParams> params = std::nullopt);

  std::span<const Node> nodes() const { return nodes_; }
  const Node& operator[](NodeId id) const { return nodes_[static_cast<std::size_t>(id)]; }
  NodeId size() const { return static_cast<NodeId>(nodes_.size()); }
  std::optional<NodeId> find(std::string_view name) const;

  std::vector<NodeId> inputs() const;  // the Input nodes, in order
  const std::vector<NodeId>& outputs() const { return outputs_; }
  void set_outputs(std::vector<NodeId> outputs);

  // The value of a Constant node. Throws Error when the node is something else.
  const Tensor& value(NodeId id) const;
  const Constant* as_constant(NodeId id) const { return std::get_if<Constant>(&(*this)[id].op); }

 private:
  std::vector<Node> nodes_;
  std::map<std::string, NodeId, std::less<>> names_;
  std::vector<NodeId> outputs_;
};

// How many nodes read each value; a graph output counts as a reader.
std::vector<int> count_uses(const Graph& graph);

// Type of a node's output from its operator and input types. Throws Error (without the node's
// name).
TensorType infer_type(const Op& op, std::span<const TensorType> inputs,
                      const std::optional<Graph::Quantization>& quantization);

// Rewriting. `rewrite` walks the nodes in order and copies them into a new graph, except where
// `replace` returns the id (in the new graph) that stands for the old node. Nodes that no output
// needs are dropped at the end; inputs always stay.
class Rewriter {
 public:
  explicit Rewriter(const Graph& old) : old_(old), map_(static_cast<std::size_t>(old.size()), -1) {}
  const Graph& old() const { return old_; }
  Graph& graph() { return new_; }
  NodeId operator()(NodeId old_id) const;  // new id of an old node already visited
  std::vector<NodeId> operator()(std::span<const NodeId> old_ids) const;
  NodeId copy(NodeId old_id);  // the node as it is, with its inputs mapped
  template <class Replace>     // std::optional<NodeId>(Rewriter&, NodeId old_id)
  Graph run(Replace&& replace) {
    for (NodeId id = 0; id < old_.size(); ++id) {
      std::optional<NodeId> replaced = replace(*this, id);
      map_[static_cast<std::size_t>(id)] = replaced ? *replaced : copy(id);
    }
    return finish();
  }

 private:
  Graph finish();
  const Graph& old_;
  Graph new_;
  std::vector<NodeId> map_;
};

// Without the nodes that no output needs. Inputs stay.
Graph prune(const Graph& graph);

// The same network for another batch size: dimension 0 of every Input is replaced.
Graph with_batch(const Graph& graph, std::int64_t batch);

// Multiply-adds of convolutions and fully connected layers for one run.
std::int64_t count_macs(const Graph& graph);
// Bytes of all constants.
std::size_t constant_bytes(const Graph& graph);

}  // namespace qbench
