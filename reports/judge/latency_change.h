// Whether networks became slower from one run to another, on a machine that may have changed, too.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "reports/record/latency.h"

namespace qbench {

// What a network took in two runs. The cells of one `row` were measured in turns, round by round.
struct TimedCell {
  std::string network;
  std::string backend;
  std::string row;        // network, data, backend, batch size and threads
  std::string precision;  // "fp32" is the control of the others in its row
  // process_medians, nanoseconds: one for each round.
  std::vector<std::optional<double>> before;
  std::vector<std::optional<double>> after;
};

enum class Control {
  none,
  fp32,    // of the same row
  others,  // same precision and backend, other networks
};

// Ratios are after / before: above 1 is slower.
struct LatencyChange {
  Estimate measured;  // the machine's change included
  Control control = Control::none;
  std::optional<Estimate> corrected{};  // without it; nothing where there is no control
  std::optional<double> p_value{};      // two-sided, of corrected being 1
  // Where FP32 of the row became faster or slower itself (p <= 0.05 beside other networks) and is
  // no fair control: the ratio against FP32 of the other networks in its place.
  std::optional<double> beside_others{};

  bool operator==(const LatencyChange&) const = default;
};

// For each cell; nothing where a run did not time it.
//
// What a run and its rounds have in common (a hot machine, a neighbour) must not count as a change
// of the program. A cell other than FP32 is corrected by FP32 of its row: with y the logarithm of a
// process's median, d = y(cell) - y(FP32) of the same round, the logarithm of the corrected ratio
// is mean(d after) - mean(d before), its interval and p-value those of Welch's t test for the two
// sets of d. What all cells of a run, of a row or of a round share cancels. FP32 itself (and a cell
// without FP32 in its row) is corrected by the median of the logarithmic ratios of the same
// precision in the n >= 3 other networks on the backend; standard error: sqrt(max(w, s^2) + pi/2
// s^2 / n) with w Welch's variance of the cell and s the standard deviation of those ratios, which
// holds how networks differ in what happens to them; Student's t with n - 1 degrees of freedom, or
// Welch's where fewer.
//
// What slows all cells alike cannot be told from the machine by any control: machine_drift.
std::vector<std::optional<LatencyChange>> latency_changes(std::span<const TimedCell> cells);

// after / before of the whole machine: the median over the FP32 cells, or over all cells where
// there is none of FP32; nothing where none was timed in both runs.
struct MachineDrift {
  double ratio = 1;
  std::size_t cells = 0;  // it is the median of

  bool operator==(const MachineDrift&) const = default;
};
std::optional<MachineDrift> machine_drift(std::span<const TimedCell> cells);

}  // namespace qbench
