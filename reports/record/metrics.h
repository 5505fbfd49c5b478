// Every metric qbench measures, with unit and direction. To add one: a line in metrics.cc.
#pragma once

#include <span>
#include <string_view>

#include "reports/record/record.h"

namespace qbench {

struct MetricInfo {
  std::string_view name;
  std::string_view unit;  // "fraction", "ns", "bytes", "s", "images/s", "images", "MHz", "samples"
  bool bigger_is_better;
  std::string_view meaning;
  bool timed = false;  // other programs on the machine change it
};

std::span<const MetricInfo> metrics();

// `value` in the unit that metrics() declares. Throws Error for a name that is not declared.
MetricValue make_metric(std::string_view name, double value);

}  // namespace qbench
