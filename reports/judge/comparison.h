// The records of a run, arranged: FP32 beside every other precision and way to quantize of the same
// network, and what changed between them.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "reports/judge/statistics.h"
#include "reports/record/record.h"
#include "reports/record/statistics_cache.h"

namespace qbench {

// One accuracy (top-1, top-5) against that of FP32 on the same images.
struct PairedAccuracy {
  PairedCounts counts;
  Interval drop_interval;  // 95 %, of counts.drop()
  double p_value = 1;      // McNemar; NaN where scoring ended when the drop was decided

  bool operator==(const PairedAccuracy&) const = default;
};

// A case in its row. Whatever was not measured on both sides is absent.
struct Cell {
  std::size_t index = 0;  // into Report::run.cases
  std::string variant;    // "FP32", "FP16", "INT8 none", "INT8 naive, 5 batches"

  // Against the FP32 case of the row; all absent for the FP32 case itself.
  std::optional<PairedAccuracy> top1{};
  std::optional<PairedAccuracy> top5{};
  std::optional<Agreement> agreement{};
  std::optional<PairedPrecision> precision{};  // detectors
  std::optional<Estimate> speedup{};           // FP32 latency / this one's: above 1 is faster

  // 95 %, of the case's own map_voc07, where one was published to hold against it.
  std::optional<Interval> map_interval{};
};

// All cases that differ only in precision and calibration.
struct Row {
  std::string model;
  std::string source;
  std::string dataset;
  std::string backend;
  int batch_size = 1;
  int threads = 1;
  std::optional<Cell> fp32{};
  // TF32, FP16, INT8 by mode (none, naive, entropy, others) and then calibration batches.
  std::vector<Cell> compared{};
};

// All cells of a row, FP32 first.
std::vector<const Cell*> cells_of(const Row& row);

struct Report {
  Run run;
  std::vector<Row> rows{};  // in the order of the run
  // Distinct variants of all rows, in the order of Row::compared: the columns of a table.
  std::vector<std::string> variants{};

  const CaseRecord& record(const Cell& cell) const { return run.cases.at(cell.index); }
};

// Takes from `statistics` what it has, and puts there what had to be computed.
Report make_report(Run run, StatisticsCache& statistics);
Report make_report(Run run);

}  // namespace qbench
