// Builds a plan node by node: keeps where each node's value lies, converts layouts and element
// types when an operator needs others, decides what may be overwritten, and finally places the
// buffers.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/backends/cudnn/lower.h"
#include "engine/backends/cudnn/plan.h"
#include "engine/graph/graph.h"

namespace qbench::cudnn {

class Builder {
 public:
  // Throws Error where an observed node does not exist or is not f32.
  Builder(const Graph& graph, const PlanOptions& options);

  const Graph& graph() const { return graph_; }
  FloatMath float_math() const { return options_.float_math; }

  // --- how values are kept
  // Element type of real values inside the network.
  DType real_dtype() const;
  // Layout, element type and padding that operators expect of the node's value and give it.
  Desc natural(NodeId id) const;
  // For results that may be of any layout and element type: as the caller wants it where nobody
  // else reads the value, else natural.
  Desc result_desc(NodeId id) const;
  // Whether values of rank 4 with this element type lie channels last.
  bool is_channels_last(DType dtype) const;
  // Whether every reader is the caller or a Softmax: operators that compute in f32.
  bool is_read_in_f32(NodeId id) const;

  // --- reading values
  // As it lies. After a Flatten or a FullyConnected the dimensions may be [N,C,H,W] still.
  View view(NodeId id);
  // With the node's own dimensions, in any layout.
  View shaped(NodeId id);
  View row_major_view(NodeId id);
  View row_major_view(NodeId id, DType dtype);
  // As `natural` has it, perhaps with more padding channels.
  View natural_view(NodeId id);
  // The value that `view` is, in another layout or element type, through a step where needed.
  View in_desc(NodeId id, const View& view, const Desc& desc);
  // The same with exactly as much padding as `desc` has.
  View exactly_in_desc(NodeId id, const View& view, const Desc& desc);
  // The scales of a value that has them, as an operand; absent otherwise.
  View scales_of(const View& view) const;

  // --- making values
  View allocate(NodeId id, const Desc& desc);
  // The memory of `inputs[0]`, if it lies as `desc` says, nobody needs it any more and none of the
  // other inputs shares it; else new memory.
  View overwrite_or_allocate(NodeId id, const Desc& desc, std::span<const View> inputs);
  View temporary(const Desc& desc);
  View floats(std::int64_t count) { return temporary(row_major({count}, DType::f32)); }
  View constant(const Desc& desc, Tensor values);  // as many bytes
  View constant(std::span<const float> values);

  // --- emitting
  void add(NodeId id, const Work& work, std::vector<View> operands, std::int64_t macs = 0);
  void define(NodeId id, const View& view);

  Plan finish();

 private:
  void find_readers();
  BufferId new_buffer(Buffer::Place place, std::size_t bytes, std::size_t index = 0);
  void touch(const View& view, int step);
  void emit(Step step);
  bool may_overwrite(const View& view, NodeId id) const;
  void observe(std::size_t observed, NodeId id);
  void bind_outputs();
  void place();

  const Graph& graph_;
  PlanOptions options_;
  Plan plan_;
  std::vector<NodeId> observed_;
  std::vector<NodeId> last_reader_;           // by node; size() when the graph gives it out
  std::vector<std::vector<NodeId>> readers_;  // by node
  std::vector<std::optional<View>> views_;    // by node
  std::multimap<NodeId, View> converted_;     // made by in_desc
  std::vector<std::vector<NodeId>> owners_;   // by buffer: nodes whose values lie in it
};

}  // namespace qbench::cudnn
