// Runs of several databases in one.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace qbench {

struct MergeCounts {
  std::string source;
  std::int64_t added = 0;      // runs that were not there
  std::int64_t completed = 0;  // runs of which the target had the beginning
  std::int64_t known = 0;      // runs that were there
};

struct MergeResult {
  std::vector<MergeCounts> sources;
  std::vector<std::string> notices;  // what was left out, and why
};

// Adds the runs of each source to the target, which is made when absent, under new numbers; with
// all that refers to a run, whatever table it is in. Equal runs (suite, command, start, environment
// and content ids of the cases) are there once. All of it or, after an Error naming the file,
// nothing: sources are never changed, and may be of older schemas.
MergeResult merge_runs(std::span<const std::string> sources, const std::string& target);

}  // namespace qbench
