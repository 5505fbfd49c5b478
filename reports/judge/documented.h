// Published figures beside measured ones.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "reports/judge/comparison.h"

namespace qbench {

enum class DocumentedVerdict {
  matches,
  better,
  worse,
  inconclusive,  // the interval is too wide to tell
  not_run,
};

// One published figure: top-1 where there is one, else mAP.
struct DocumentedFigure {
  const CaseRecord* record = nullptr;
  std::string variant;  // "FP32", "INT8 naive, 5 batches"
  std::string metric;   // "top1", "map_voc07"
  double documented = 0;
  std::optional<double> measured{};
  Interval interval{};  // 95 %, of `measured`
  DocumentedVerdict verdict = DocumentedVerdict::not_run;
  std::string text{};  // the verdict in words: "not run: missing val.rec"
};

// Better or worse where the documented figure lies outside the measured one's interval by more than
// 0.1 points (what rounding and another JPEG decoder explain). Else it matches when the interval
// reaches at most 0.5 points to either side, and is inconclusive when it is wider.
DocumentedVerdict judge_documented(double documented, double measured, const Interval& interval);

// Of each network and variant that has one, once.
std::vector<DocumentedFigure> documented_figures(const Report& report);

}  // namespace qbench
