#include "harness/cli/compare_runs.h"

#include "engine/core/error.h"
#include "harness/run/environment.h"

namespace qbench {

void FailOn::add_to(Options& options) {
  options.add(
      "fail-on", text, "TERMS",
      "what is worse: METRIC>NUMBER, with pp or %, separated by commas; metrics: top1, top5, "
      "map, flips, agreement, latency, throughput, memory, size, drift; default: top1>0.2pp, "
      "top5>0.2pp, map>0.2pp, latency>3%, memory>10%, size>5%, drift>20%");
}

std::vector<Bound> FailOn::bounds(bool asked) const {
  try {
    return parse_fail_on(asked ? std::string_view(text) : kDefaultFailOn);
  } catch (const Error& error) {
    throw error.at("--fail-on");
  }
}

int ComparedRuns::exit_code() const {
  switch (verdict.verdict) {
    case RunVerdict::same:
      return kExitOk;
    case RunVerdict::worse:
      return kExitFailed;
    case RunVerdict::nothing:
      return kExitUsage;
  }
  return kExitUsage;
}

ComparedRuns compare(const RunReference& before, const RunReference& after,
                     const std::vector<Bound>& bounds, bool asked, bool any_machine) {
  Run first = load(before);
  Run second = load(after);
  const CompareOptions options{.machine_before = machine_of(first.info.environment),
                               .machine_after = machine_of(second.info.environment),
                               .any_machine = any_machine};
  RunNames names{describe(before, first.info), describe(after, second.info)};
  RunComparison comparison = compare_runs(std::move(first), std::move(second), options);
  FailOnVerdict verdict = judge(comparison, bounds, asked);
  return {std::move(comparison), std::move(verdict), std::move(names)};
}

}  // namespace qbench
