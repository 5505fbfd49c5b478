// What `qbench compare` and `qbench suite --baseline` have in common.
#pragma once

#include <string>
#include <vector>

#include "harness/cli/command.h"
#include "harness/cli/options.h"
#include "harness/cli/run_reference.h"
#include "reports/draw/run_comparison.h"

namespace qbench {

// The option --fail-on.
struct FailOn {
  std::string text;

  void add_to(Options& options);
  // Those that were `asked` for, else kDefaultFailOn. Throws Error naming the option.
  std::vector<Bound> bounds(bool asked) const;
};

int exit_code(RunVerdict verdict);

// Two runs, the machines told apart as latencies of a suite are.
RunComparison compare(Run before, Run after, CompareOptions options);

}  // namespace qbench
