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
  LibraryKernel(const OperationGraph& operations, const EngineChoice& choice, const Target& target)
      : graph(operations, target), plan(graph, choice) {}
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

  // `target` must outlive it and its kernels.
  explicit KernelStore(const Target& target) : target_(target) {}

  // Makes what is not there yet, on all cores. `enter` is called in the thread before each.
  template <class Enter>
  void make(std::span<const Wanted> wanted, Enter&& enter) {
    run_on_all_cores(find_missing(wanted), [&](Missing& missing) {
      enter();
      missing.make(target_);
    });
  }
  // Nothing where the library cannot make it. Makes it where `make` was not told to.
  std::shared_ptr<const LibraryKernel> get(const Step& step, const Way& way);
  // Those in use elsewhere stay.
  void clear() { kernels_.clear(); }

 private:
  struct Missing {
    OperationGraph operations;
    EngineChoice choice;
    std::shared_ptr<const LibraryKernel>* place;
    void make(const Target& target);
  };
  std::vector<Missing> find_missing(std::span<const Wanted> wanted);
  static void run_on_all_cores(std::vector<Missing> missing,
                               const std::function<void(Missing&)>& work);

  const Target& target_;
  std::map<std::string, std::shared_ptr<const LibraryKernel>> kernels_;  // null: cannot be made
};

}  // namespace qbench::cudnn
