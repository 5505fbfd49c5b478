// Ratio of two latencies, paired by round.
#include <algorithm>
#include <vector>

#include "reports/judge/statistics.h"

namespace qbench {

std::optional<Estimate> latency_ratio(std::span<const std::optional<double>> first,
                                      std::span<const std::optional<double>> second) {
  std::vector<double> ratios;
  for (std::size_t round = 0; round < std::min(first.size(), second.size()); ++round) {
    if (first[round] && second[round]) ratios.push_back(*first[round] / *second[round]);
  }
  if (ratios.empty()) return std::nullopt;
  return geometric_mean(ratios);
}

}  // namespace qbench
