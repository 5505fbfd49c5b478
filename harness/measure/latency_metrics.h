// What is reported of a series of latency samples.
#pragma once

#include <span>
#include <vector>

#include "reports/record/record.h"

namespace qbench {

// Median, the percentiles that there are enough samples for, and images per second at the median.
// `latency_ns`: of one batch of `batch_size` images each, at least one.
std::vector<MetricValue> latency_metrics(std::span<const double> latency_ns, int batch_size);

}  // namespace qbench
