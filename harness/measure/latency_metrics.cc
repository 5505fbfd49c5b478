#include "harness/measure/latency_metrics.h"

#include <utility>

#include "reports/record/latency.h"
#include "reports/record/metrics.h"

namespace qbench {

std::vector<MetricValue> latency_metrics(std::span<const double> latency_ns, int batch_size) {
  constexpr double kNanoseconds = 1e9;
  const double middle = median(latency_ns);
  std::vector<MetricValue> metrics{make_metric("latency_median", middle)};
  for (const auto& [name, q] :
       {std::pair{"latency_p90", 0.90}, {"latency_p95", 0.95}, {"latency_p99", 0.99}}) {
    // Fewer samples say nothing about so far a tail.
    if (latency_ns.size() < samples_for_percentile(q)) continue;
    metrics.push_back(make_metric(name, percentile(latency_ns, q)));
  }
  metrics.push_back(make_metric("images_per_second", batch_size * kNanoseconds / middle));
  return metrics;
}

}  // namespace qbench
