// The ways in which the library may compute a convolution, before any is tried.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "engine/backends/cudnn/device/kernel_store.h"
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

struct FoundWays {
  std::vector<Way> ways;  // best first as the library sees it
  std::string why_not;    // what it said where it has none of some kind
};

// By engine, once it was asked: that takes long, and what it takes for one graph of integers it
// takes for others.
using Settings = std::map<std::int64_t, std::vector<EngineChoice>>;

// `step` is for the library. Throws no Error: a library that fails has no ways.
FoundWays find_ways(const Step& step, const TuningOptions& options, const Target& target,
                    Settings& settings);

}  // namespace qbench::cudnn
