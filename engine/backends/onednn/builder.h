// Builds a plan node by node: keeps where each node's value lies, converts layouts when an operator
// needs another one, decides what may be overwritten, and finally places the buffers.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/backends/onednn/library/library.h"
#include "engine/backends/onednn/plan.h"
#include "engine/backends/onednn/winograd.h"
#include "engine/graph/graph.h"

namespace qbench::onednn {

struct BuildOptions {
  bool winograd = true;
  std::vector<NodeId> observed{};  // nodes whose values are shown, in the caller's order
};

class Builder {
 public:
  Builder(const Graph& graph, const BuildOptions& options);

  const Graph& graph() const { return graph_; }
  const dnnl::engine& engine() const { return plan_.engine; }
  // Whether the f32 convolution is to be computed by Winograd's algorithm, if there is a kernel.
  bool uses_winograd(NodeId id) const { return winograd_.layers.contains(id); }
  std::vector<NodeId> readers(NodeId id) const;
  // The one node that reads this value, where nobody else sees it: no output, not observed. Else
  // -1.
  NodeId only_reader(NodeId id) const;
  // Whether another node's step has made the value already.
  bool is_defined(NodeId id) const { return views_[static_cast<std::size_t>(id)].has_value(); }
  // f32 activations in nChw16c with Winograd where it exists, rather than as the library likes.
  bool prefers_blocked() const { return winograd_.in_blocks; }

  // --- reading values
  // As it lies. After a Flatten the dimensions may still be those before it.
  View view(NodeId id);
  // With the node's own dimensions.
  View shaped(NodeId id);
  View row_major_view(NodeId id);
  View channels_last_view(NodeId id);
  // In another layout of the same dimensions and element type, through a reorder where needed.
  View in_layout(NodeId id, const View& view, const Desc& desc);

  // --- making values
  // Memory for the value of `id`: in its place inside a concatenation where it has one.
  View allocate(NodeId id, const Desc& desc);
  // The memory of `input`, one of the node's inputs, if nobody needs that any more; else new memory
  // of the same layout.
  View overwrite_or_allocate(NodeId id, const View& input);
  bool may_overwrite(const View& view, NodeId id) const;
  View temporary(const Desc& desc);
  View constant(const Desc& desc, const void* data);  // copied
  // Weights in the layout a kernel wants.
  View packed(const Tensor& values, const Desc& from, const Desc& to);

  // --- emitting
  // A library kernel, whose workspace is added, or one of the backend's own loops.
  void add(NodeId id, const Kernel& kernel, std::vector<Operand> operands, std::int64_t macs = 0);
  void add(NodeId id, std::string implementation, OwnKernel kernel, std::vector<Operand> operands,
           std::int64_t macs = 0);
  // to = from * ratio, rounded and saturated where `to` is integer; from any layout to any.
  void add_conversion(NodeId id, const View& from, const View& to, float ratio);
  // The same values in another layout: told apart from the node's own work in profiles.
  void add_reorder(NodeId id, const View& from, const View& to);
  void define(NodeId id, const View& view);

  Plan finish();

 private:
  struct Slot {
    NodeId concat = -1;
    std::int64_t channel = 0;
  };

  void find_last_readers();
  void reserve_slots();
  bool wants_slot(NodeId id) const;
  BufferId new_buffer(Buffer::Place place, std::size_t bytes, std::size_t index = 0);
  void touch(BufferId id, int step);
  void emit(Step step);
  void observe(std::size_t observed, NodeId id);
  void bind_outputs();
  void place();
  View constant_view(NodeId id);
  View new_constant(const Desc& desc);
  std::byte* constant_data(const View& view);

  const Graph& graph_;
  BuildOptions options_;
  Plan plan_;
  dnnl::stream stream_;
  WinogradPlan winograd_;
  std::vector<NodeId> last_reader_;            // by node; size() when the graph gives it out
  std::vector<std::optional<View>> views_;     // by node
  std::multimap<NodeId, View> other_layouts_;  // made by in_layout
  std::vector<std::vector<NodeId>> owners_;    // by buffer: nodes whose values lie in it
  std::map<NodeId, Slot> slots_;
  std::map<NodeId, View> joined_;  // memory of concatenations already begun
  std::size_t block_size_ = 0;     // of the last block of constants, and how much of it is taken
  std::size_t block_used_ = 0;
};

}  // namespace qbench::onednn
