// What a sweep and its worker processes tell each other: one JSON object with the job goes in, one
// JSON object a line comes out.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "engine/backends/backend.h"
#include "engine/core/shape.h"
#include "harness/measure/interference.h"
#include "harness/measure/latency_metrics.h"
#include "harness/measure/measure.h"
#include "harness/suite/plan.h"
#include "reports/record/record.h"

namespace qbench {

// Calibrate, quantize, save and score all variants of one model on one data set.
struct AccuracyJob {
  ModelSpec model;  // symbol, params and data sets are paths
  std::string backend;
  int device = 0;
  int batch_size = 1;
  int threads = 1;
  int decode_threads = 1;
  std::string table_dir;   // calibration tables are kept there
  std::string output_dir;  // quantized pairs go there
  std::vector<Variant> variants;
  // Above 0: scores classifiers in a random order, and stops when it is decided for each of the
  // quantized ones whether it loses more than this margin of FP32's top-1.
  double until_margin = 0;

  // One folder for each quantized type: the pair's name does not hold it.
  std::string directory(const Variant& variant) const;
};

// Measure one saved model on dummy data.
struct LatencyJob {
  std::string symbol;
  std::string params;
  std::string output;  // as of ModelSpec
  std::string until;
  Shape image_shape;
  std::string backend;
  int device = 0;
  std::string precision = "fp32";  // how f32 values are computed; "int8": as in "fp32"
  int batch_size = 1;
  int threads = 1;
  MeasureOptions measure;
};

struct ProgressMessage {
  std::string step;  // "calibrate", "score", ...
  std::int64_t done = 0;
  std::int64_t total = 0;  // 0: not known

  bool operator==(const ProgressMessage&) const = default;
};

struct AccuracyResult {
  Variant variant;
  Status status = Status::ok;
  std::string reason;
  std::string symbol;  // the model as it was saved, or as it was given
  std::string params;
  Shape image_shape;  // [C,H,W] that it was scored at
  std::string model_hash;
  std::vector<MetricValue> metrics;
  std::vector<Prediction> predictions;
  std::vector<DetectedImage> detections;
  std::string details = "{}";              // JSON object, as of CaseRecord
  std::optional<double> decided_margin{};  // as of CaseRecord

  bool operator==(const AccuracyResult&) const = default;
};

struct LatencyResult {
  Status status = Status::ok;
  std::string reason;
  std::vector<MetricValue> metrics;
  std::vector<double> latency_ns;
  DeviceSamples device;  // of the same runs; empty on the CPU
  Algorithms algorithms;
  Interference interference;  // while the samples were taken

  bool operator==(const LatencyResult&) const = default;
};

using Message = std::variant<ProgressMessage, AccuracyResult, LatencyResult>;
using Send = std::function<void(const Message&)>;

// All of them one line of JSON without the line feed. Decoding throws Error for anything else.
std::string encode(const AccuracyJob& job);
std::string encode(const LatencyJob& job);
std::string encode(const Message& message);
Message decode_message(std::string_view line);
std::variant<AccuracyJob, LatencyJob> decode_job(std::string_view text);

// Both report their own errors as results; what they throw is an error of the worker itself.
void run_accuracy_job(const AccuracyJob& job, const Send& send);
void run_latency_job(const LatencyJob& job, const Send& send);
// The same on the backend given, whatever its name.
void run_accuracy_job(const AccuracyJob& job, const Backend& backend, const Send& send);
void run_latency_job(const LatencyJob& job, const Backend& backend, const Send& send);

}  // namespace qbench
