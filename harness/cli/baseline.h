// qbench suite --baseline: the run that was just made, beside an earlier one.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "harness/cli/command.h"
#include "harness/cli/compare_runs.h"

namespace qbench {

class Baseline {
 public:
  void add_to(Options& options);

  // Before the run, with the options that were parsed. Throws Error where there is no such run, or
  // terms cannot be read. `narrowed_by`: the options that left cases out.
  void find(const Options& options, const std::string& database, const std::string& suite,
            std::string narrowed_by);
  bool wanted() const { return before_.has_value(); }

  // Content ids of the cases whose latency looks worse, with the controls it is judged by: to be
  // measured once more, before it is believed.
  std::set<std::string, std::less<>> suspects(const Run& run) const;

  // Prints the comparison. Returns an exit code.
  int judge_and_print(const Run& run, std::FILE* out) const;

 private:
  RunComparison comparison(const Run& run) const;

  std::string text_;
  FailOn fail_on_;
  std::vector<Bound> bounds_;
  bool asked_ = false;
  std::string database_;
  std::string narrowed_by_;
  std::optional<Run> before_;  // read before the run, which writes to the same file
  std::string name_;           // of `before_`
};

}  // namespace qbench
