// One metric of every cell over many runs, and where it changed.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "reports/record/record.h"

namespace qbench {

struct HistoryMetric {
  std::string_view name;
  std::string_view measured;  // a metric of metrics.h, which gives unit and direction
};
// latency, throughput, top1, top5, map, memory, size.
std::span<const HistoryMetric> history_metrics();

struct HistoryPoint {
  std::size_t run = 0;  // into History::runs
  double value = 0;     // in the unit of the metric
  double level = 0;     // the same; of latency and throughput without what the machine changed by
};

// A new level, from `first` on.
struct HistoryStep {
  std::size_t first = 0;  // into HistorySeries::points
  double before = 0;      // median of the level before
  double after = 0;       // and of this one
  double worse = 0;       // of accuracy a difference, of others relative; below 0: better
  // Of there being no step; of accuracy, of both being right equally often. Nothing for sizes.
  std::optional<double> p_value{};
  double adjusted = 0;  // by Benjamini and Hochberg over all cells and steps; 0 for sizes
  bool alarm = false;   // worse, and `adjusted` at most 0.05
  bool fresh = false;   // found now, and not without the newest runs
};

struct HistorySeries {
  CaseRecord cell;        // names and settings, no results
  std::string variant;    // "INT8 naive, 5 batches"
  bool is_drift = false;  // of the whole machine: what all networks changed by, from their medians
  bool uncorrected = false;  // a latency without a control
  std::vector<HistoryPoint> points{};
  std::vector<HistoryStep> steps{};  // oldest first
  std::vector<std::string> remarks{};
};

struct History {
  std::string metric;
  std::string unit;
  bool bigger_is_better = false;
  std::vector<RunInfo> runs{};  // oldest first
  std::vector<HistorySeries> series{};
};

// Whether a step to the worse came to light in the newest runs.
bool has_fresh_alarm(const History& history);

// Takes runs one by one, oldest first, and keeps of each only what the metric needs.
class HistoryBuilder {
 public:
  // Throws Error for an unknown metric, with the nearest.
  explicit HistoryBuilder(std::string_view metric);

  // Cases that are not ok, or whose latency is mistrusted where that is asked for, do not count. A
  // cell whose images change begins anew.
  void add(const Run& run);

  // Accuracy: runs with the same predictions are one level; where they change, the two are tested
  // as in run_comparison.h. Size: any change is a step. Others: change_points of the logarithms, of
  // latencies without the machine's drift: a cell with FP32 beside it as its ratio to that, others
  // less the median of what other networks (at least three) of their precision differ by from their
  // own medians. `last`: a step is fresh when it is found with all runs and was not without the
  // newest `last`: one alarm for a step, however many nights it takes to be seen.
  History finish(int last = 1);

 private:
  struct Tracked {
    HistorySeries series;
    CaseRecord newest;              // with its predictions, where they matter
    std::vector<double> control{};  // FP32 beside it in the same run, for each point; 0: none
    double p_value = 1;             // of a series without steps
  };

  Tracked& tracked(const CaseRecord& record, int again);
  void add_point(Tracked& cell, const CaseRecord& record, double value);
  void add_answers(Tracked& cell, const CaseRecord& record);
  void correct(Tracked& cell) const;
  HistorySeries drift() const;
  void find_steps(Tracked& cell, int last, int permutations) const;

  History history_;
  std::vector<Tracked> cells_;
};

}  // namespace qbench
