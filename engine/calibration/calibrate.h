// Calibration: one pass of the FP32 network over the calibration batches serves every mode and
// every number of batches asked for.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/backends/backend.h"
#include "engine/calibration/calibration_table.h"
#include "engine/graph/graph.h"

namespace qbench {

// A batch of preprocessed images, f32 [n,C,H,W] with n <= the graph's batch size; empty at the end.
using NextBatch = std::function<std::span<const float>()>;

struct CalibrationOptions {
  std::vector<std::string> modes;    // names from observers.h, not "none"
  std::vector<int> batches;          // numbers of batches to report at, e.g. 1, 5, 10
  std::vector<std::string> tensors;  // node names to observe
  int threads = 1;
  int device = 0;  // 0 .. Backend::devices() - 1
  std::string model_hash;
  std::string data_hash;  // of data set and preprocessing; the table's key adds the amount
};

struct CalibrationResult {
  std::vector<CalibrationTable> tables;  // for each of batches (ascending) each of modes
  double inference_seconds = 0;          // running the network and observing
  double search_seconds = 0;             // choosing thresholds
};

// `graph` has one input and its batch size. Throws Error when the data end before the largest
// number of batches, naming how many there were.
CalibrationResult calibrate(const Graph& graph, const Backend& backend, const NextBatch& next,
                            const CalibrationOptions& options);

}  // namespace qbench
