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

struct ComparedRuns {
  RunComparison comparison;
  FailOnVerdict verdict;
  RunNames names;

  int exit_code() const;
};

// `asked`: the user gave the terms.
ComparedRuns compare(const RunReference& before, const RunReference& after,
                     const std::vector<Bound>& bounds, bool asked, bool any_machine);

}  // namespace qbench
