// What `qbench infer` tells of latency: as JSON members and as lines for people.
#pragma once

#include <cstdio>
#include <nlohmann/json.hpp>
#include <span>

#include "harness/measure/latency_metrics.h"

namespace qbench {

// Milliseconds: median, p50 to p99 (null where there are too few samples), min; samples. `run_ns`:
// at least one.
nlohmann::ordered_json latency_json(std::span<const double> run_ns);

// device_ms, clock_mhz, discarded_samples, slowed_samples: what is known of them.
void add_device(const DeviceSamples& samples, nlohmann::ordered_json& json);

// Lines for what these gave; `json` has the first as latency_ms.
void print_latency(std::FILE* out, const nlohmann::ordered_json& json);

}  // namespace qbench
