// What makes a comparison of two runs a failure: "top1>0.2pp,latency>5%".
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "reports/judge/run_comparison.h"

namespace qbench {

// One term. `relative`: of what the metric was before ("latency>5%", "top1>1%"), else a difference
// of fractions ("top1>0.2pp"). The limit itself passes.
struct Bound {
  std::string text;    // as it was written: "top1>0.2pp"
  std::string metric;  // of compared_metrics()
  double limit = 0;    // 0.002 for 0.2pp, 0.05 for 5%
  bool relative = false;

  bool operator==(const Bound&) const = default;
};

// Terms METRIC>NUMBERpp or METRIC>NUMBER%, separated by commas. Metrics of accuracy take both (for
// flips and agreement, which are shares of images, they mean the same), others only %. Throws Error
// naming the term, what was expected and the nearest metric.
std::vector<Bound> parse_fail_on(std::string_view text);

// A fifth of a point and 3 % are less than other kernels of the same program often cost; drift is
// of all networks at once.
inline constexpr const char* kDefaultFailOn =
    "top1>0.2pp,top5>0.2pp,map>0.2pp,latency>3%,memory>10%,size>5%,drift>20%";

struct Finding {
  std::size_t cell = 0;  // into RunComparison::cells
  std::string text;      // "lost 0.62 [0.31, 0.93] pp, p 0.004"
};

// A term on all cells.
struct TermVerdict {
  Bound bound;
  std::size_t judged = 0;  // cells; 1 for drift
  std::size_t had = 0;     // cells that have the metric in `before`
  std::vector<Finding> worse{};
  // Beyond the bound and significant alone, but not among so many cells (Holm): measure again.
  std::vector<Finding> suspects{};
  std::size_t undecided = 0;       // not worse, with an interval that reaches beyond the limit
  std::vector<Finding> lost{};     // had a value and has none any more: fails, too
  std::vector<Finding> unknown{};  // could not be judged, for a reason that is no failure
  std::string run_wide{};          // of drift, where it is worse
};

enum class RunVerdict {
  same,     // nothing worse beyond a bound
  worse,    // some cell is, or is missing, or not ok any more
  nothing,  // nothing in common, or a term that was asked for could be judged nowhere
};

struct FailOnVerdict {
  std::vector<TermVerdict> terms{};
  std::vector<Finding> broken{};  // missing, or not ok any more: fails
  RunVerdict verdict = RunVerdict::same;
  std::string reason{};  // of `nothing`
};

// A term fails in a cell whose estimate exceeds the limit while no change at all is excluded: its
// p-value, by Holm over the cells, is at most 0.05. What has no p-value because it is counted or
// weighed (flips, agreement, memory, size) fails by its value alone; latency whose control changed
// itself must exceed the limit beside other networks, too (latency_change.h). `asked`: the terms
// were given by the user, so that one which could be judged nowhere is an error and not a remark.
FailOnVerdict judge(const RunComparison& comparison, std::vector<Bound> bounds, bool asked);

}  // namespace qbench
