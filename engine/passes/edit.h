// A graph while one pass rewrites it in place. A fused node stands where the last node it absorbed
// stood, so that inputs always come before their readers; nodes nobody reads any more vanish.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "engine/graph/graph.h"

namespace qbench {

class Edit {
 public:
  explicit Edit(const Graph& graph);

  NodeId size() const { return static_cast<NodeId>(nodes_.size()); }
  const Node& operator[](NodeId id) const { return nodes_[static_cast<std::size_t>(id)]; }
  // The operator of a node that is an `Op`, is still read by somebody, and reads and delivers f32;
  // else nullptr: passes leave quantized nodes alone.
  template <class OpType>
  const OpType* as(NodeId id) const {
    return is_live(id) && is_real(id) ? std::get_if<OpType>(&(*this)[id].op) : nullptr;
  }
  // The value of an f32 Constant, else nullptr. Gone once the constant is changed.
  const Tensor* constant(NodeId id) const;

  // Whether one input of one node reads the value, and no graph output does.
  bool has_one_reader(NodeId id) const {
    return uses_[static_cast<std::size_t>(id)] == 1 && !is_output(id);
  }

  // The node becomes another operator with the same name and type of value.
  void replace(NodeId id, Op op, std::vector<NodeId> inputs);
  // The same, where the new operator also does the work of `absorbed`, which loses its only reader.
  // The node goes by the name of `absorbed`, unless it is an output: outputs keep their names.
  void fuse(NodeId absorbed, NodeId id, Op op, std::vector<NodeId> inputs);

  // A constant like `id` with another value: `id` itself when nobody else reads it.
  NodeId changed_constant(NodeId id, Tensor value);
  // The name gets a number when it is taken.
  NodeId add_constant(const std::string& wanted_name, Tensor value);

  // The rewritten graph, or nothing when nothing was changed.
  std::optional<Graph> finish() const;

 private:
  bool is_live(NodeId id) const { return uses_[static_cast<std::size_t>(id)] > 0; }
  bool is_real(NodeId id) const;
  bool is_output(NodeId id) const;
  void release(NodeId id);

  std::vector<Node> nodes_;  // added constants stand at the end
  std::vector<int> uses_;    // by nodes that are read themselves, and by outputs
  std::vector<NodeId> outputs_;
  std::set<std::string> names_;
  bool changed_ = false;
};

}  // namespace qbench
