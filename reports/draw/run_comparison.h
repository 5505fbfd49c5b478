// The comparison of two runs, drawn.
#pragma once

#include <string>

#include "reports/draw/tables.h"
#include "reports/judge/fail_on.h"
#include "reports/judge/run_comparison.h"

namespace qbench {

// What the two runs are called: "run 3 of nights.sqlite (demo, 2026-11-24T10:00:00Z)".
struct RunNames {
  std::string before;
  std::string after;
};

// Model, Backend, Batch and Threads, then what changed.
text::Table change_of_runs(const RunComparison& comparison);

// At most `width` columns (never under 60 are used), ANSI colours when `color`.
std::string comparison_terminal(const RunComparison& comparison, const FailOnVerdict& verdict,
                                const RunNames& names, int width, bool color);
std::string comparison_markdown(const RunComparison& comparison, const FailOnVerdict& verdict,
                                const RunNames& names);
// One JSON object with every field.
std::string comparison_json(const RunComparison& comparison, const FailOnVerdict& verdict,
                            const RunNames& names);

}  // namespace qbench
