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
  not_judged,  // no case of it ran, or the images are not those its counts are about
};

struct GateVerdict {
  GateOutcome outcome = GateOutcome::not_judged;
  std::string text;    // "top1 of mobilenet1.0, int8, naive: at least 0.69"
  std::string reason;  // what was found where; why it was not judged
};

// A gate fails when any of its cases misses the bound or ran without measuring the metric.
GateVerdict judge(const Gate& gate, std::span<const CaseRecord> records, bool other_images);
std::vector<GateVerdict> judge(const Suite& suite, std::span<const CaseRecord> records);

}  // namespace qbench
