// Bootstrapped statistics (statistics.h), computed once for the same detections and options.
#pragma once

#include <optional>

#include "reports/judge/statistics.h"
#include "reports/record/record.h"
#include "reports/record/statistics_cache.h"

namespace qbench {

std::optional<PairedPrecision> compare_precision(const SharedList<DetectedImage>& first,
                                                 const SharedList<DetectedImage>& second,
                                                 StatisticsCache& cache,
                                                 const BootstrapOptions& options = {});

Interval precision_interval(const SharedList<DetectedImage>& images, StatisticsCache& cache,
                            const BootstrapOptions& options = {});

}  // namespace qbench
