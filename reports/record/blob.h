// Raw samples and predictions as bytes: little-endian, fixed width, no header.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "reports/record/record.h"

namespace qbench {

std::string pack_latency(std::span<const double> latency_ns);           // 8 bytes each
std::string pack_predictions(std::span<const Prediction> predictions);  // 32 bytes each

// The inverse. Throw Error when the size is no multiple of an element's, or a latency is none.
std::vector<double> unpack_latency(std::span<const std::byte> bytes);
std::vector<Prediction> unpack_predictions(std::span<const std::byte> bytes);

}  // namespace qbench
