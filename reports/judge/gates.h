// Gates: demands on the records of a run, and their verdicts.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "reports/judge/comparison.h"
#include "reports/record/verdict.h"

namespace qbench {

// Which cases; an empty list: any.
struct CaseSelection {
  std::vector<std::string> models{};
  std::vector<std::string> datasets{};
  std::vector<std::string> precisions{};
  std::vector<std::string> modes{};
  std::vector<std::string> backends{};
  std::vector<int> calib_batches{};
  std::vector<int> batch_sizes{};
  std::vector<int> threads{};

  bool matches(const CaseRecord& record) const;
};

// Cases that are known to fail a gate.
struct KnownFailure {
  CaseSelection of{};
  std::string reason;
  std::string until;    // the last day on which they may, "2027-01-31"
  bool strict = false;  // that all of them pass fails the gate
};

enum class GateKind {
  min,
  max,
  equals,    // within `tolerance`, either way
  max_drop,  // FP32's value less this one's is at most the bound; not of FP32 itself
  margin,    // the interval of the paired drop lies below the bound; not of FP32 itself
};

struct Gate {
  std::string metric;  // of gate_metrics()
  CaseSelection of{};
  GateKind kind = GateKind::min;
  double bound = 0;
  double tolerance = 0;
  bool optional = false;            // passes over it when none of its cases could be run
  bool allow_inconclusive = false;  // of margin: only what is shown to be worse fails it
  std::vector<KnownFailure> known_failures{};
  std::string place{};  // FILE:LINE:COLUMN
};

// The metrics that a gate may be about: those of metrics.h, and what is counted or compared
// ("correct_top1", "correct_top5": images; "flips": share of images that one of FP32 and this one
// alone got right; "speedup").
std::vector<std::string> gate_metrics();
// Whether it is a comparison with FP32 already, which no FP32 case has: flips, agreement, speedup.
bool compares_with_fp32(std::string_view metric);
// Whether other programs on the machine change it.
bool is_timed(std::string_view metric);
// Whether a margin can be asked of it: top1, top5, and mean average precisions.
bool has_paired_interval(std::string_view metric);

// "top1 of mobilenet1.0, int8, naive: at least 0.69"
std::string describe(const Gate& gate);

// What a run left out of its suite, and the day on which it is judged.
struct Circumstances {
  bool other_images = false;  // others than the suite's: counts say nothing
  std::string narrowed_by{};  // the options that left out cases: "--models, --filter"
  std::string today{};        // "2026-12-01"
};

// A verdict for every case that each gate is about, in the order of the run, and one for the gate
// as a whole where no case could be judged, or known failures passed. A case makes its gate fail
// when it misses the bound, proves nothing (mistrusted), ended without a result, did not measure
// the metric or has no FP32 case to compare with; skipped and unsupported cases do not. A gate of
// which no case was tried fails, unless it is optional or the command line left them out. Known
// failures are forgiven until their day: those that miss the bound, not those without a result.
std::vector<Verdict> judge(std::span<const Gate> gates, const Report& report,
                           const Circumstances& circumstances);

}  // namespace qbench
