#include "harness/cli/baseline.h"

#include <fmt/format.h>

#include <filesystem>

#include "engine/core/error.h"
#include "harness/cli/terminal.h"

namespace qbench {
namespace {

// FP32 cells that tell a change of this one from a change of the machine.
bool is_control(const CaseRecord& other, const CaseRecord& suspect) {
  if (other.precision != "fp32" || other.backend != suspect.backend) return false;
  return suspect.precision == "fp32" ||
         (other.model == suspect.model && other.dataset == suspect.dataset);
}

}  // namespace

void Baseline::add_to(Options& options) {
  options.add(
      "baseline", text_, "RUN",
      fmt::format("compare with this run ({}), after measuring again what looks slower; exit "
                  "code 1 where something is worse",
                  kRunReferenceHelp));
  fail_on_.add_to(options);
}

void Baseline::find(const Options& options, const std::string& database, const std::string& suite,
                    std::string narrowed_by) {
  asked_ = options.given("fail-on");
  if (!options.given("baseline")) {
    if (asked_) throw Error("--fail-on: expected --baseline RUN beside it");
    return;
  }
  bounds_ = fail_on_.bounds(asked_);
  database_ = database;
  narrowed_by_ = std::move(narrowed_by);
  const bool by_word = text_ == "latest" || text_ == "previous";
  if (by_word && !std::filesystem::exists(database)) {
    throw Error(fmt::format(
        "--baseline {}: there is no {} yet; the first run has nothing to be compared with", text_,
        database));
  }
  // The run to come is the latest one; the one before it is now the latest that was finished.
  const RunReference found = resolve_run(by_word ? "latest" : text_, database, suite);
  before_ = load(found);
  name_ = describe(found, before_->info);
}

RunComparison Baseline::comparison(const Run& run) const {
  CompareOptions options;
  options.narrowed_by = narrowed_by_;
  return compare(before_.value(), run, options);
}

std::set<std::string, std::less<>> Baseline::suspects(const Run& run) const {
  const RunComparison compared = comparison(run);
  std::set<std::string, std::less<>> ids;
  const auto add = [&](const std::vector<Finding>& findings) {
    for (const Finding& finding : findings) {
      const CaseRecord& suspect = compared.record(compared.cells[finding.cell]);
      ids.insert(suspect.case_id);
      for (const CaseRecord& other : run.cases)
        if (is_control(other, suspect)) ids.insert(other.case_id);
    }
  };
  for (const TermVerdict& term : judge(compared, bounds_, asked_).terms) {
    if (term.bound.metric != "latency" && term.bound.metric != "throughput") continue;
    add(term.worse);
    add(term.suspects);
  }
  return ids;
}

int Baseline::judge_and_print(const Run& run, std::FILE* out) const {
  const RunComparison compared = comparison(run);
  const FailOnVerdict verdict = judge(compared, bounds_, asked_);
  const RunNames names{name_, fmt::format("run {} of {} (this one)", run.info.id, database_)};
  fmt::print(out, "\n{}",
             comparison_terminal(compared, verdict, names, terminal_width(out), wants_color(out)));
  return exit_code(verdict.verdict);
}

}  // namespace qbench
