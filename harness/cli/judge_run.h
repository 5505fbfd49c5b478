// The verdicts of a stored run.
#pragma once

#include <span>

#include "harness/suite/suite.h"
#include "reports/judge/comparison.h"
#include "reports/record/store.h"

namespace qbench {

// Judges the report's run by the suite's gates and by what was published, and puts the verdicts
// into the report and, in place of older ones, into the store.
void judge_run(const Suite& suite, Store& store, Report& report);

bool any_failed(std::span<const Verdict> verdicts);

}  // namespace qbench
