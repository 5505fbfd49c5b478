// Margin gates: all cases of one are judged together.
#pragma once

#include <span>

#include "reports/judge/gates.h"

namespace qbench {

// A case that ran, as its FP32 case did, on the same images.
struct MarginCase {
  const CaseRecord* fp32 = nullptr;
  const CaseRecord* record = nullptr;
  const Cell* cell = nullptr;
  Verdict* verdict = nullptr;  // to be filled in
};

// Cases that differ in batch size and threads alone, and found the same, are one comparison of
// Holm's.
void judge_margin(const Gate& gate, std::span<const MarginCase> cases);

}  // namespace qbench
