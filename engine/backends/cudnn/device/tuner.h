// Which way of computing a convolution is the fastest here: measured, each way with its own data.
#pragma once

#include <cstddef>
#include <limits>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "engine/backends/cudnn/device/convolution.h"
#include "engine/backends/cudnn/device/ways.h"
#include "engine/backends/cudnn/tuning_cache.h"

namespace qbench::cudnn {

struct Chosen {
  Way way{};
  std::unique_ptr<LibraryConvolution> made;  // null: our own kernel
  std::string unfit;  // which ways turned out not to do, and why the first did not; "" for none
};

class Tuner {
 public:
  // All must outlive it.
  Tuner(const Session& session, TuningCache& cache, TuningOptions options);

  // Makes the kernels that `choose` will need for those of these steps that are for the library,
  // several at a time.
  void make_kernels(const std::vector<Step>& steps);
  // `step` is for the library. The fastest way there that computes what our own kernel does: from
  // the cache where that one still does. May overwrite data, residual, scales and result. Throws
  // Error (environment) where a kernel breaks the device, after which nothing runs in this process;
  // later processes leave that kernel out.
  Chosen choose(const Step& step, std::span<std::byte* const> pointers);
  // Gives back what trying took.
  void release();

 private:
  struct Tried {
    Way way{};
    std::unique_ptr<LibraryConvolution> made;
    bool recorded = false;
    double ns = std::numeric_limits<double>::infinity();
  };
  // What a step is tried on.
  struct Trial {
    const Step& step;
    std::span<std::byte* const> pointers;
    std::vector<float> expected{};  // of the first image
    std::size_t unfit = 0;
    std::string first_unfit{};
  };
  const FoundWays& ways_of(const Step& step, const std::string& key);
  bool is_broken(const Step& step, const Way& way) const;
  Trial prepare(const Step& step, std::span<std::byte* const> pointers);
  // Made, and found to compute what is expected; else nothing, and why is kept in the trial.
  Tried try_way(Trial& trial, const Way& way);
  Tried make_and_try(const Trial& trial, const Way& way);
  // Whether it can be part of a recorded network; if so the result is what it computes as one.
  bool runs_recorded(const Trial& trial, const LibraryConvolution& made);
  void expect_right(const Trial& trial);
  void clear_result(const Trial& trial);
  double time_of(const LibraryConvolution& made, double to_beat);
  Tried fastest(Trial& trial, const std::vector<Way>& ways);

  const Session& session_;
  TuningCache& cache_;
  TuningOptions options_;
  KernelStore kernels_;
  std::map<std::string, FoundWays> ways_;  // by tuning key
  Settings settings_;
  DeviceMemory workspace_;
};

}  // namespace qbench::cudnn
