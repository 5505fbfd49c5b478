// Published figures beside measured ones.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "reports/judge/comparison.h"
#include "reports/record/verdict.h"

namespace qbench {

enum class DocumentedVerdict {
  matches,
  better,
  worse,
  inconclusive,  // more images are needed to tell
  not_run,
};

// One published figure.
struct DocumentedFigure {
  const CaseRecord* record = nullptr;
  std::string variant;  // "FP32", "INT8 naive, 5 batches"
  std::string metric;   // "top1", "top5", "map_voc07"
  double documented = 0;
  std::optional<double> measured{};
  Interval interval{};  // 95 %, of `measured`
  DocumentedVerdict verdict = DocumentedVerdict::not_run;
  std::optional<std::int64_t> images_needed{};  // about so many, where inconclusive
  std::string text{};                           // the verdict in words: "not run: file missing"
};

// How far from a documented figure a measured one still is the same.
inline constexpr double kDocumentedMargin = 0.005;

// Two one-sided tests (Schuirmann 1987, Journal of Pharmacokinetics and Biopharmaceutics 15:657),
// each at 2.5 %: matches where all of the measured figure's 95 % interval lies within
// kDocumentedMargin of the documented one. Else better or worse where all of it lies to one side,
// and inconclusive where it holds the documented figure. Which images a published figure is of is
// not known: nothing is paired, and it counts as exact.
DocumentedVerdict judge_documented(double documented, double measured, const Interval& interval);

// Of each network and variant that has them: top-1 and top-5, or mAP.
std::vector<DocumentedFigure> documented_figures(const Report& report);

// The same to be kept, of kind "documented". None makes anything fail.
std::vector<Verdict> documented_verdicts(const Report& report);

}  // namespace qbench
