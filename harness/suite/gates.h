// Judges a suite's gates on the records of a run.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "harness/suite/suite.h"
#include "reports/record/record.h"

namespace qbench {

enum class GateOutcome {
  passed,
  failed,
  not_judged,  // left out on purpose, or other images than those its counts are about
};

struct GateVerdict {
  GateOutcome outcome = GateOutcome::not_judged;
  std::string text;    // "top1 of mobilenet1.0, int8, naive: at least 0.69"
  std::string reason;  // what was found where; why it was not judged
};

// A gate fails when any of its cases misses the bound, proves nothing (mistrusted), ended without a
// result or did not measure the metric; and when none of its cases was tried, unless it is optional
// or the command line left them out. Skipped and unsupported cases are not judged.
GateVerdict judge(const Gate& gate, std::span<const CaseRecord> records, const Suite& suite);
std::vector<GateVerdict> judge(const Suite& suite, std::span<const CaseRecord> records);

}  // namespace qbench
