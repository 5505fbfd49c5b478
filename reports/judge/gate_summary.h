// The verdicts of a run, gate by gate.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "reports/record/verdict.h"

namespace qbench {

struct GateSummary {
  enum class Outcome {
    passed,
    failed,
    not_judged,  // left out on purpose, or other images than those its counts are about
  };

  std::string rule;
  std::string place;
  Outcome outcome = Outcome::not_judged;
  std::size_t cases = 0;   // that it is about
  std::size_t judged = 0;  // that were tried
  std::string note{};      // about the gate as a whole: why it was not judged, XPASS
  // Into the verdicts: cases that make it fail, and cases that pass though there is more to say
  // (expected failures, inconclusive ones that are allowed).
  std::vector<const Verdict*> failing{};
  std::vector<const Verdict*> remarkable{};
};

// Of all gates, in order; published figures are none. `verdicts` must outlive the result.
std::vector<GateSummary> summarize_gates(std::span<const Verdict> verdicts);

}  // namespace qbench
