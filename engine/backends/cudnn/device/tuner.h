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
#include "engine/backends/cudnn/tuning_cache.h"

namespace qbench::cudnn {

struct TuningOptions {
  bool transforms = true;  // kernels that round otherwise because they transform (Winograd)
};

// Whether a kernel computes what this arithmetic promises.
bool is_allowed(const KernelNotes& notes, Arithmetic arithmetic, const TuningOptions& options);

// What the choice depends on, one line.
std::string tuning_key(const Step& step, const TuningOptions& options, const std::string& identity);

// Whether the library may compute the step. Depthwise weights of channels_last values are in an
// order of our own.
bool is_for_library(const Step& step);

class Tuner {
 public:
  Tuner(const Session& session, TuningCache& cache, TuningOptions options)
      : session_(session), cache_(cache), options_(options), kernels_(session.target()) {}

  // Makes the kernels that `choose` will need for those of these steps that are for the library, on
  // all cores.
  void make_kernels(const std::vector<Step>& steps);
  // `step` is for the library. The fastest way there, made; nothing where our own kernel is faster
  // or the only one. From the cache where that has one that can still be made. May overwrite data,
  // residual, scales and result. `chosen` says which way it is.
  std::unique_ptr<LibraryConvolution> choose(const Step& step, std::span<std::byte* const> pointers,
                                             Way& chosen);
  // Gives back what trying took.
  void release();

 private:
  struct Tried {
    Way way{};
    std::unique_ptr<LibraryConvolution> made;
    double ns = std::numeric_limits<double>::infinity();
  };
  const std::vector<Way>& find_ways(const Step& step);
  // Nothing where the library has no such kernel.
  std::unique_ptr<LibraryConvolution> make(const Step& step, const Way& way);
  // Infinitely slow where it cannot be made or computes something else.
  Tried try_way(const Step& step, std::span<std::byte* const> pointers, const Way& way,
                std::span<const float> expected, double to_beat);
  Tried measure(const Step& step, std::span<std::byte* const> pointers);
  void prepare(const Step& step, std::span<std::byte* const> pointers);

  const Session& session_;
  TuningCache& cache_;
  TuningOptions options_;
  KernelStore kernels_;
  std::map<std::string, std::vector<Way>> ways_;  // by tuning key
  DeviceMemory workspace_;
};

}  // namespace qbench::cudnn
