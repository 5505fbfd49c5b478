// Whether the latencies of a case tell of the network or of what ran beside it.
#pragma once

#include <string>
#include <vector>

#include "harness/measure/interference.h"
#include "harness/measure/measure.h"
#include "reports/record/record.h"

namespace qbench {

struct Noise {
  std::vector<Interference> rounds;
  std::vector<std::string> disturbed;  // by what, for each round that was
  int measured_again = 0;              // rounds that were, because something disturbed them
};

// Of a case whose rounds are all in the record: into its details as "interference", and where more
// than half of the rounds were disturbed, or the processes' medians are too far apart to mean
// anything, its status (mistrusted), or a warning when options do not want that.
void judge_noise(const Noise& noise, const MeasureOptions& options, CaseRecord& record);

// Into the record's details.
void add_warning(CaseRecord& record, const std::string& warning);

}  // namespace qbench
