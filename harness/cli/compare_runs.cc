#include "harness/cli/compare_runs.h"

#include <utility>

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

int exit_code(RunVerdict verdict) {
  switch (verdict) {
    case RunVerdict::same:
      return kExitOk;
    case RunVerdict::worse:
      return kExitFailed;
    case RunVerdict::nothing:
      return kExitUsage;
  }
  return kExitUsage;
}

RunComparison compare(Run before, Run after, CompareOptions options) {
  options.machine_before = machine_of(before.info.environment);
  options.machine_after = machine_of(after.info.environment);
  return compare_runs(std::move(before), std::move(after), options);
}

}  // namespace qbench
