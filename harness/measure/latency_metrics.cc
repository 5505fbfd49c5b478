#include "harness/measure/latency_metrics.h"

#include <fmt/format.h>

#include <optional>
#include <utility>

#include "reports/record/latency.h"
#include "reports/record/metrics.h"

namespace qbench {

std::vector<MetricValue> latency_metrics(std::span<const double> latency_ns,
                                         std::span<const int> counts, int batch_size) {
  constexpr double kNanoseconds = 1e9;
  const std::optional<Estimate> typical = typical_latency(latency_ns, counts);
  if (!typical) return {};
  std::vector<MetricValue> metrics{make_metric("latency_median", typical->value)};
  for (const auto& [name, q] :
       {std::pair{"latency_p90", 0.90}, {"latency_p95", 0.95}, {"latency_p99", 0.99}}) {
    // Fewer samples say nothing about so far a tail.
    if (latency_ns.size() < samples_for_percentile(q)) continue;
    metrics.push_back(make_metric(name, percentile(latency_ns, q)));
  }
  metrics.push_back(make_metric("images_per_second", batch_size * kNanoseconds / typical->value));
  return metrics;
}

void DeviceSamples::add(const DeviceTimes& times) {
  to_device_ns.push_back(times.to_device_ns);
  compute_ns.push_back(times.compute_ns);
  to_host_ns.push_back(times.to_host_ns);
}

void DeviceSamples::append(const DeviceSamples& others) {
  const auto add_all = [](std::vector<double>& to, const std::vector<double>& from) {
    to.insert(to.end(), from.begin(), from.end());
  };
  add_all(to_device_ns, others.to_device_ns);
  add_all(compute_ns, others.compute_ns);
  add_all(to_host_ns, others.to_host_ns);
  add_all(clock_mhz, others.clock_mhz);
  discarded += others.discarded;
  slowed += others.slowed;
}

std::vector<MetricValue> device_metrics(const DeviceSamples& samples) {
  std::vector<MetricValue> metrics;
  const auto add_median = [&metrics](const char* name, const std::vector<double>& values) {
    if (!values.empty()) metrics.push_back(make_metric(name, median(values)));
  };
  add_median("to_device", samples.to_device_ns);
  add_median("compute", samples.compute_ns);
  add_median("to_host", samples.to_host_ns);
  if (samples.clock_mhz.empty()) return metrics;
  add_median("clock", samples.clock_mhz);
  metrics.push_back(make_metric("discarded", static_cast<double>(samples.discarded)));
  return metrics;
}

std::optional<std::string> clock_warning(const DeviceSamples& samples) {
  if (samples.slowed == 0) return std::nullopt;
  return fmt::format(
      "the GPU was slowed down during {} of {} latency samples, too many to leave them out",
      samples.slowed, samples.clock_mhz.size());
}

std::vector<MetricValue> memory_metrics(const MemoryUse& memory) {
  const auto bytes = [](const char* name, std::size_t count) {
    return make_metric(name, static_cast<double>(count));
  };
  std::vector<MetricValue> metrics{bytes("weights_resident", memory.weights),
                                   bytes("arena", memory.arena), bytes("scratch", memory.scratch)};
  if (memory.library > 0) metrics.push_back(bytes("library", memory.library));
  return metrics;
}

}  // namespace qbench
