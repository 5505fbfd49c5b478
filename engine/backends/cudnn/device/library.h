// A graph of operations as the library holds it, the kernels it proposes for it, and a kernel made
// ready to run.
#pragma once

#include <cudnn.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/backends/cudnn/device/descriptor.h"
#include "engine/backends/cudnn/device/memory.h"
#include "engine/backends/cudnn/operation_graph.h"
#include "engine/backends/cudnn/tuning_cache.h"

namespace qbench::cudnn {

// What kernels are made for: a GPU, or one that is only described, on which nothing can run. For
// one thread at a time: the library forbids two to share a handle.
class Target {
 public:
  // The GPU of the calling thread; kernels run on `stream`. Throws Error (environment).
  explicit Target(const Stream& stream);
  // The library's own JSON for the properties of a device. Throws Error where it does not take it,
  // and before cuDNN 9.8.
  static Target described(const std::string& json);

  cudnnHandle_t handle() const { return handle_.get(); }  // null where only described
  void set_on_graph(Descriptor& graph) const;
  void set_on_heuristics(Descriptor& heuristics) const;
  void set_on_engine(Descriptor& engine) const;
  void set_on_plan(Descriptor& plan) const;

 private:
  struct Destroy {
    void operator()(cudnnHandle_t handle) const { cudnnDestroy(handle); }
  };
  Target() = default;
  std::unique_ptr<cudnnContext, Destroy> handle_;
  std::optional<Descriptor> properties_;
};

// What the library says of a kernel's arithmetic and needs.
struct KernelNotes {
  bool tensor_core = false;
  bool transforms = false;         // Winograd, Fourier
  bool reduced_precision = false;  // inputs rounded, or sums kept short
  bool nondeterministic = false;
  bool reorders_weights = false;  // needs them in an order of its own
  bool compiled_at_run_time = false;
};

struct Proposal {
  EngineChoice choice{};
  KernelNotes notes{};
};

class LibraryGraph {
 public:
  // Throws Error (unsupported) where the library knows no such graph. `target` must outlive it.
  LibraryGraph(const OperationGraph& graph, const Target& target);

  // The kernels that the library thinks best, in that order; nothing where it has none.
  std::vector<Proposal> proposals(cudnnBackendHeurMode_t mode) const;

  // The kernels among which an engine that compiles them chooses by one knob, as far as it takes
  // them for this graph; nothing where it has no such knob.
  std::vector<EngineChoice> settings(std::int64_t engine) const;

  const Descriptor& descriptor() const { return graph_; }
  const Target& target() const { return *target_; }

 private:
  std::vector<Descriptor> parts_;  // what the graph is made of
  Descriptor graph_;
  const Target* target_;
};

// A kernel of a graph, not made yet.
class LibraryConfig {
 public:
  // Throws Error where the library does not take it.
  LibraryConfig(const LibraryGraph& graph, const EngineChoice& choice);
  const Descriptor& descriptor() const { return config_; }
  const Descriptor& engine() const { return engine_; }

 private:
  Descriptor engine_;
  std::vector<Descriptor> knobs_;
  Descriptor config_;
};

class LibraryPlan {
 public:
  // Throws Error where the library cannot make this kernel for the graph.
  LibraryPlan(const LibraryGraph& graph, const EngineChoice& choice);

  std::size_t workspace_bytes() const { return workspace_bytes_; }
  const Descriptor& descriptor() const { return plan_; }
  const KernelNotes& notes() const { return notes_; }

 private:
  LibraryConfig config_;
  Descriptor plan_;
  KernelNotes notes_;
  std::size_t workspace_bytes_ = 0;
};

}  // namespace qbench::cudnn
