// What is reported of a series of latency samples, and of the memory beside it.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/backends/backend.h"
#include "reports/record/record.h"

namespace qbench {

// What a GPU says of each run: where the time went, in nanoseconds, and how fast its clock was.
// Each is empty where it is not told.
struct DeviceSamples {
  std::vector<double> to_device_ns;
  std::vector<double> compute_ns;
  std::vector<double> to_host_ns;
  std::vector<double> clock_mhz;
  std::size_t discarded = 0;  // as in Series
  std::size_t slowed = 0;

  void add(const DeviceTimes& times);
  void append(const DeviceSamples& others);
  bool operator==(const DeviceSamples&) const = default;
};

// The typical latency, the percentiles that there are enough samples for, and images per second.
// `latency_ns`: of one batch of `batch_size` images each, at least one; `counts` as of a
// CaseRecord.
std::vector<MetricValue> latency_metrics(std::span<const double> latency_ns,
                                         std::span<const int> counts, int batch_size);

// The median of each, and how many were discarded; nothing where there are no samples.
std::vector<MetricValue> device_metrics(const DeviceSamples& samples);

// What to know of samples that are not steady and had to be kept.
std::optional<std::string> clock_warning(const DeviceSamples& samples);

// What the network holds in the memory of the backend: that of a GPU, or the machine's.
std::vector<MetricValue> memory_metrics(const MemoryUse& memory);

}  // namespace qbench
