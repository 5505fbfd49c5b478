// What happened to a case, and to the run it belongs to: plain values, written by the harness, kept
// by the store, read by the reports.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "reports/record/shared_list.h"
#include "reports/record/verdict.h"

namespace qbench {

enum class Status {
  ok,
  failed,       // an error was reported: see `reason`
  crashed,      // the process died from a signal
  timed_out,    // killed at its time limit
  unsupported,  // no code in the backend for it
  skipped,      // not tried: a file is missing, or the suite excludes it
  mistrusted,   // ran, but the result proves nothing (all outputs equal, say)
};

std::string_view to_string(Status status);
// Throws Error when `text` is none of the names that to_string gives.
Status status_from_string(std::string_view text);

// One measured quantity. Carries its unit and direction, so that a database outlives the program
// that wrote it. Names and units: metrics.h.
struct MetricValue {
  std::string name;
  double value = 0;
  std::string unit;
  bool bigger_is_better = false;

  bool operator==(const MetricValue&) const = default;
};

// What the network said about one image.
struct Prediction {
  static constexpr int kNone = -1;  // in `top`, where there are fewer than five classes

  std::int64_t sample = 0;  // index in the data set: pairs two cases image by image
  int label = 0;
  std::array<int, 5> top = {kNone, kNone, kNone, kNone, kNone};  // class ids, most likely first

  // Whether the label is among the first `k` (1..5) guesses.
  bool right(int k) const;
  bool operator==(const Prediction&) const = default;
};

// A box that the network drew, as it was judged against the boxes of its image. Both metrics can be
// had from this for any set of images: average_precision.h.
struct Detection {
  enum class Outcome : std::uint8_t { ignored, hit, miss };

  int label = 0;
  float score = 0;
  Outcome voc = Outcome::ignored;
  std::uint16_t coco_hits = 0;     // bit t: a hit where an IoU of 0.5 + 0.05 t is asked for
  std::uint16_t coco_ignored = 0;  // bit t: neither a hit nor a miss there

  bool operator==(const Detection&) const = default;
};

// Boxes of one class in an image, as the metrics count what there is to be found.
struct TruthCount {
  int label = 0;
  int voc = 0;
  int coco = 0;

  bool operator==(const TruthCount&) const = default;
};

struct DetectedImage {
  std::int64_t sample = 0;            // index in the data set: pairs two cases image by image
  std::vector<Detection> detections;  // in the network's order
  std::vector<TruthCount> truth;      // one for each class

  bool operator==(const DetectedImage&) const = default;
};

// The figures a suite says were published for a case; fractions in [0,1].
struct Documented {
  std::optional<double> top1;
  std::optional<double> top5;
  std::optional<double> map;

  bool operator==(const Documented&) const = default;
};

struct CaseRecord {
  static constexpr const char* kLatency = "latency";  // of `mistrusted`

  std::string case_id;  // content id: equal ids mean equal inputs and options

  std::string model;         // "squeezenet1.0"
  std::string model_source;  // where its parameters come from: "Gluon-CV", "seeded random"
  std::string dataset;
  std::string backend;
  std::string precision;        // "fp32", "tf32", "fp16" or "int8"
  std::string mode;             // calibration of int8: "none", "naive", "entropy"; others: ""
  int calib_batches = 0;        // batches the calibration saw; 0 for mode none and without mode
  std::string quantized_dtype;  // of int8: "auto", "int8", "uint8"; others: ""
  int batch_size = 1;
  int threads = 1;
  std::string reproduce;  // command line that runs this case alone

  Status status = Status::ok;
  std::string reason;  // empty only when ok
  // What of a mistrusted case proves nothing: "latency", its accuracy being right; empty: all.
  std::string mistrusted;

  std::vector<MetricValue> metrics;
  std::vector<double> latency_ns;  // raw samples: nanoseconds for one batch each
  // How many of them each process took, in the order of the rounds; 0 for one that took none.
  // Empty: all are of one process.
  std::vector<int> latency_counts;
  SharedList<Prediction> predictions;    // of a classifier
  SharedList<DetectedImage> detections;  // of a detector
  Documented documented;
  // Images were scored until it was decided whether the drop of top-1 exceeds this margin (a
  // fraction), in the random order in which `predictions` are; nothing: all images were.
  std::optional<double> decided_margin;

  std::string model_hash;    // of the model as imported: equal for all precisions
  std::string data_hash;     // of the images and labels that were scored
  std::string options_hash;  // of everything else that can change the result
  // JSON object. The reports show "warnings" (strings), "fp32_layers" (objects of "layer" and
  // "reason": what stayed FP32 in an INT8 network), "classes" (average precision of each, see
  // class_details) and carry everything else along.
  std::string details = "{}";

  std::string started;   // ISO 8601, UTC
  std::string finished;  // ISO 8601, UTC

  // Whether what was measured of the kind is a result.
  bool proves_accuracy() const;
  bool proves_latency() const { return status == Status::ok; }
  // The value of a metric, if it was measured.
  std::optional<double> metric(std::string_view name) const;
  bool operator==(const CaseRecord&) const = default;
};

// The machine, the system and the build: named values in the order they are shown.
struct Environment {
  std::vector<std::pair<std::string, std::string>> values;  // {"cpu", "AMD EPYC ..."}, ...

  // Appends; an empty value ("could not be found out") is left out.
  void add(std::string name, std::string value);
  std::string_view find(std::string_view name) const;  // empty when absent
  bool operator==(const Environment&) const = default;
};

struct RunInfo {
  std::int64_t id = 0;  // given by the store
  std::string suite;
  std::string command_line;
  std::string started;   // ISO 8601, UTC
  std::string finished;  // empty while running, or when the run was interrupted
  Environment environment;

  bool operator==(const RunInfo&) const = default;
};

struct Run {
  RunInfo info;
  std::vector<CaseRecord> cases;    // in the order of the plan
  std::vector<Verdict> verdicts{};  // of the gates, then of published figures

  bool operator==(const Run&) const = default;
};

}  // namespace qbench
