// Two runs, cell by cell: what became of accuracy, latency, memory and size. The first run is
// called `before`, the second `after`.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "reports/judge/comparison.h"
#include "reports/judge/latency_change.h"
#include "reports/judge/statistics.h"
#include "reports/record/record.h"

namespace qbench {

// What of two runs can be compared and bounded. `worse` (below) is a difference of fractions for
// `points` (0.002: 0.2 percentage points), and relative for `relative` (0.05: 5 %).
struct ComparedMetric {
  enum class Scale { points, relative };

  std::string_view name;
  Scale scale;
  std::string_view meaning;  // of `worse`
};
// top1, top5, map, flips, agreement, latency, throughput, memory, size, drift. All but drift, which
// is of the whole run, are of cells.
std::span<const ComparedMetric> compared_metrics();

// One metric of one cell in both runs.
struct MetricChange {
  std::string_view metric;  // of compared_metrics()
  std::optional<double> before{};
  std::optional<double> after{};
  double worse = 0;                    // by how much `after` is; below 0: better
  std::optional<Interval> interval{};  // 95 %, of `worse`
  // Two-sided, of no change; nothing for what is counted or weighed and no estimate.
  std::optional<double> p_value{};
  std::optional<double> adjusted{};  // the same by Holm, over all cells' tests of this metric
  // Latency whose control changed itself: `worse` beside other networks, which must exceed a bound
  // as well (latency_change.h).
  std::optional<double> beside_others{};
  // Not empty: why `worse` could not be found out. `lost`: it could in `before`, and something is
  // amiss that `after` has no such value.
  std::string unknown{};
  bool lost = false;
};

struct CellChange {
  enum class Standing {
    compared,
    missing,  // in `before` alone
    added,    // in `after` alone
    broken,   // ok before (its latency may be mistrusted), not any more
    mended,   // the other way round
    not_ok,   // in neither
  };

  std::string name;     // "squeezenet1.0, INT8 naive, 5 batches, onednn, batch 32, 2 threads"
  std::string variant;  // "INT8 naive, 5 batches"
  Standing standing = Standing::compared;
  std::optional<std::size_t> before{};  // into RunComparison::before.cases
  std::optional<std::size_t> after{};
  std::vector<std::string> remarks{};  // "other model", "other images"

  // Only of compared cells with the same images:
  bool scored = false;     // both predicted
  bool identical = false;  // and the same for every image, to the last guess or box
  std::optional<PairedAccuracy> top1{};
  std::optional<PairedAccuracy> top5{};
  std::optional<Agreement> agreement{};
  std::optional<PairedPrecision> precision{};
  std::optional<LatencyChange> latency{};  // only of the same machine

  std::vector<MetricChange> changes{};
  const MetricChange* find(std::string_view metric) const;  // nullptr when there is none
};

struct RunComparison {
  Run before;
  Run after;
  std::vector<CellChange> cells{};  // in the order of `before`, then what was added
  std::optional<MachineDrift> drift{};
  std::string latency_refused{};  // why latencies are not compared; empty: they are
  std::vector<std::string> notices{};

  // What the two say of machine and build where they differ: {"revision", "abc", "abd"}.
  struct Difference {
    std::string name;
    std::string before;
    std::string after;
  };
  std::vector<Difference> environment{};

  const CaseRecord& record(const CellChange& cell) const {
    return cell.after ? after.cases[*cell.after] : before.cases[*cell.before];
  }
};

struct CompareOptions {
  // Of the two machines; latencies are compared only where they are equal, or with `any_machine`.
  std::string machine_before{};
  std::string machine_after{};
  bool any_machine = false;
  // Options that left cells out of `after` on purpose ("--models"): what is missing is then no
  // failure. Empty: nothing did.
  std::string narrowed_by{};
};

// Cells are the same where model, data set, backend, precision, mode, calibration batches, type,
// batch size and threads are. Where there are several such, the first goes with the first.
// Predictions are compared for identity first; else top-1 and top-5 by McNemar and Newcombe, mAP
// (VOC07) by paired bootstrap, its p-value from the bootstrap's standard error.
RunComparison compare_runs(Run before, Run after, const CompareOptions& options = {});

}  // namespace qbench
