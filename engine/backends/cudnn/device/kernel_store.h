// The library's kernels for the convolutions of a network: one for all steps that are alike, since
// making one takes up to a second.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "engine/backends/cudnn/device/library.h"
#include "engine/backends/cudnn/plan.h"

namespace qbench::cudnn {

struct LibraryKernel {
  LibraryKernel(const OperationGraph& operations, const EngineChoice& choice,
                std::shared_ptr<const Target> made_for)
      : target(std::move(made_for)), graph(operations, *target), plan(graph, choice) {}
  std::shared_ptr<const Target> target;  // whose handle runs it
  LibraryGraph graph;
  LibraryPlan plan;
};

// The step as the library is asked for it in this way.
OperationGraph describe(const Step& step, const Way& way);

class KernelStore {
 public:
  struct Wanted {
    const Step* step;
    Way way;
  };

  // A target for one more thread, called in the thread that calls `make` or `get`.
  using MakeTarget = std::function<std::shared_ptr<const Target>()>;
  explicit KernelStore(MakeTarget make_target) : make_target_(std::move(make_target)) {}

  // Makes what is not there yet, several at a time. `enter` is called in the thread before each.
  void make(std::span<const Wanted> wanted, const std::function<void()>& enter);
  // Makes it where `make` was not told to. Throws Error where the library cannot, saying why.
  std::shared_ptr<const LibraryKernel> get(const Step& step, const Way& way);
  // Those in use elsewhere stay.
  void clear() { kernels_.clear(); }

 private:
  struct Kernel {
    std::shared_ptr<const LibraryKernel> made;
    std::string why_not;  // where it cannot be made
  };
  struct Missing {
    OperationGraph operations;
    EngineChoice choice;
    Kernel* place;
    void make(const std::shared_ptr<const Target>& target, const std::function<void()>& enter);
  };
  std::vector<Missing> find_missing(std::span<const Wanted> wanted);
  // As many as there are, up to `count`, at least one.
  const std::vector<std::shared_ptr<const Target>>& targets(std::size_t count);

  MakeTarget make_target_;
  std::vector<std::shared_ptr<const Target>> targets_;  // one for each thread
  std::map<std::string, Kernel> kernels_;
};

}  // namespace qbench::cudnn
