#include "harness/cli/latency_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "reports/record/latency.h"
#include "reports/text/text.h"

namespace qbench {

using Json = nlohmann::ordered_json;

Json latency_json(std::span<const double> run_ns) {
  constexpr double kMilli = 1e-6;
  Json json = {{"median", median(run_ns) * kMilli}};
  for (const auto& [name, q] : {std::pair{"p50", .50}, {"p90", .90}, {"p95", .95}, {"p99", .99}}) {
    // Too few samples say nothing about a tail.
    const bool known = run_ns.size() >= samples_for_percentile(q) || q == .50;
    json[name] = known ? Json(percentile(run_ns, q) * kMilli) : Json(nullptr);
  }
  json["min"] = *std::ranges::min_element(run_ns) * kMilli;
  json["samples"] = run_ns.size();
  return json;
}

void add_device(const DeviceSamples& samples, Json& json) {
  for (const MetricValue& metric : device_metrics(samples))
    if (metric.unit == "ns") json["device_ms"][metric.name] = metric.value / 1e6;
  if (samples.clock_mhz.empty()) return;
  json["clock_mhz"] = median(samples.clock_mhz);
  json["discarded_samples"] = samples.discarded;
  json["slowed_samples"] = samples.slowed;
}

void print_latency(std::FILE* out, const Json& j) {
  fmt::print(out, "latency     {:.3f} ms a batch (median of {})\n",
             j["latency_ms"]["median"].get<double>(),
             j["latency_ms"]["samples"].get<std::size_t>());
  if (j.contains("device_ms")) {
    const Json& ms = j["device_ms"];
    fmt::print(out, "on the GPU  {:.3f} ms to it, {:.3f} ms computing, {:.3f} ms from it\n",
               ms["to_device"].get<double>(), ms["compute"].get<double>(),
               ms["to_host"].get<double>());
  }
  if (!j.contains("clock_mhz")) return;
  fmt::print(out, "clock       {:.0f} MHz", j["clock_mhz"].get<double>());
  for (const auto& [name, verdict] :
       {std::pair{"discarded_samples", "not counted"}, {"slowed_samples", "counted: too many"}}) {
    if (const auto count = j[name].get<std::int64_t>(); count > 0)
      fmt::print(out, "; {} while it was reduced, {}", text::plural(count, "sample"), verdict);
  }
  fmt::print(out, "\n");
}

}  // namespace qbench
