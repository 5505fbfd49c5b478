// What a gate looks at in a case.
#pragma once

#include <optional>
#include <string_view>

#include "reports/judge/comparison.h"

namespace qbench {

struct GateValue {
  double value = 0;
  std::optional<Interval> interval{};  // 95 %, where there is one
};

// Nothing when the case did not measure it. `cell` holds what was compared with FP32.
std::optional<GateValue> gate_value(std::string_view metric, const CaseRecord& record,
                                    const Cell& cell);
// 95 %, of the paired drop from FP32 to the cell; nothing where the metric has none.
std::optional<Interval> gate_drop_interval(std::string_view metric, const Cell& cell);

}  // namespace qbench
