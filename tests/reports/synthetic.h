// Small runs made by hand, for the tests of comparison and exporters.
#pragma once

#include <initializer_list>
#include <string>

#include "reports/record/metrics.h"
#include "reports/record/record.h"

namespace qbench {

// A case of "tiny" on "reference", batch 1, 1 thread, that was not measured.
inline CaseRecord synthetic_case(const std::string& precision, const std::string& mode = "",
                                 int calib_batches = 0) {
  CaseRecord record;
  record.case_id = precision + mode + std::to_string(calib_batches);
  record.model = "tiny";
  record.model_source = "seeded";
  record.dataset = "shapes";
  record.backend = "reference";
  record.precision = precision;
  record.mode = mode;
  record.calib_batches = calib_batches;
  record.quantized_dtype = precision == "int8" ? "auto" : "";
  record.reproduce = "qbench suite demo --modes " + mode;
  return record;
}

// One letter for each image: '1' right at once, '5' right within five, '.' wrong.
inline void set_images(CaseRecord& record, const std::string& images) {
  double top1 = 0;
  double top5 = 0;
  for (std::size_t i = 0; i < images.size(); ++i) {
    Prediction prediction{
        .sample = static_cast<std::int64_t>(i), .label = 7, .top = {0, 1, 2, 3, 4}};
    if (images[i] == '1') prediction.top = {7, 1, 2, 3, 4};
    if (images[i] == '5') prediction.top = {0, 1, 2, 3, 7};
    top1 += prediction.right(1) ? 1 : 0;
    top5 += prediction.right(5) ? 1 : 0;
    record.predictions.push_back(prediction);
  }
  const auto n = static_cast<double>(images.size());
  record.metrics.push_back(make_metric("images", n));
  record.metrics.push_back(make_metric("top1", top1 / n));
  record.metrics.push_back(make_metric("top5", top5 / n));
}

inline void set_latency(CaseRecord& record, std::initializer_list<double> latency_ns) {
  record.latency_ns = latency_ns;  // each of a process of its own
  record.latency_counts.assign(latency_ns.size(), 1);
  record.metrics.push_back(make_metric("images_per_second", 1e9 / *latency_ns.begin()));
}

// FP32, INT8 naive (slower to be right, quicker to run), and INT8 entropy that crashed.
inline Run synthetic_run() {
  CaseRecord fp32 = synthetic_case("fp32");
  set_images(fp32, "11111111..");
  set_latency(fp32, {8e6, 8e6, 8e6});
  fp32.documented = {.top1 = 0.81, .top5 = 0.9, .map = {}};
  fp32.metrics.push_back(make_metric("model_size", 2'000'000));
  CaseRecord naive = synthetic_case("int8", "naive", 5);
  set_images(naive, "1111115.1.");
  set_latency(naive, {4e6, 4e6, 4e6});
  naive.metrics.push_back(make_metric("model_size", 500'000));
  naive.details =
      R"({"warnings": ["2 images calibrate and score"], "fp32_layers": [{"layer": "fc", "reason": "excluded"}]})";
  CaseRecord entropy = synthetic_case("int8", "entropy", 5);
  entropy.status = Status::crashed;
  entropy.reason = "signal 11 | in <conv0>";
  Run run;
  run.info = {.id = 4,
              .suite = "demo <small>",
              .command_line = "qbench suite demo",
              .started = "2026-11-24T10:00:00Z",
              .finished = "2026-11-24T10:01:00Z",
              .environment = {}};
  run.info.environment.add("CPU", "Z80 & co");
  run.cases = {fp32, entropy, naive};
  return run;
}

}  // namespace qbench
