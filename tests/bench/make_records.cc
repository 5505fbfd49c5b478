// A database as many nights leave it, to see what reports of it cost:
//   make_records FILE.sqlite [CASES]
//   /usr/bin/time -v qbench report --database FILE.sqlite
// One run of synthetic cases (10,000): nine tenths are classifiers with 200 predictions each, the
// others detectors with 100 images; each network in 10 precisions and 20 settings.
#include <fmt/format.h>

#include <array>
#include <cstdlib>
#include <random>
#include <string>

#include "engine/core/error.h"
#include "reports/record/average_precision.h"
#include "reports/record/latency.h"
#include "reports/record/metrics.h"
#include "reports/record/store.h"

namespace qbench {
namespace {

constexpr int kImages = 200;
constexpr int kDetectedImages = 100;
constexpr int kClasses = 20;
constexpr int kRounds = 3;
constexpr int kSamples = 20;  // of a round
constexpr int kVariants = 10;
constexpr std::array kBatchSizes = {1, 8, 16, 32, 64};
constexpr std::array kThreads = {1, 2, 4, 8};

void classify(CaseRecord& record, std::mt19937& random) {
  int top1 = 0;
  int top5 = 0;
  for (int i = 0; i < kImages; ++i) {
    Prediction prediction{.sample = i, .label = i % 100, .top = {}};
    for (int& guess : prediction.top) guess = static_cast<int>(random() % 100);
    if (random() % 4 != 0) prediction.top.at(random() % 2) = prediction.label;
    top1 += prediction.right(1) ? 1 : 0;
    top5 += prediction.right(5) ? 1 : 0;
    record.predictions.push_back(prediction);
  }
  record.metrics = {make_metric("images", kImages),
                    make_metric("top1", static_cast<double>(top1) / kImages),
                    make_metric("top5", static_cast<double>(top5) / kImages)};
}

// Three boxes an image, most of them found, among false alarms.
void detect(CaseRecord& record, std::mt19937& random) {
  for (int i = 0; i < kDetectedImages; ++i) {
    DetectedImage image{.sample = i, .detections = {}, .truth = {}};
    for (int box = 0; box < 3; ++box) {
      const int label = (i + 7 * box) % kClasses;
      image.truth.push_back({.label = label, .voc = 1, .coco = 1});
      if (random() % 5 == 0) continue;
      image.detections.push_back(
          {.label = label,
           .score = static_cast<float>(random() % 1000) / 1000,
           .voc = Detection::Outcome::hit,
           .coco_hits = static_cast<std::uint16_t>((2U << random() % 10) - 1)});
    }
    for (int alarm = 0; alarm < 27; ++alarm)
      image.detections.push_back({.label = static_cast<int>(random() % kClasses),
                                  .score = static_cast<float>(random() % 500) / 1000,
                                  .voc = Detection::Outcome::miss});
    record.detections.push_back(std::move(image));
  }
  const MeanPrecision mean = PrecisionSet(record.detections).mean();
  record.metrics = {make_metric("images", kDetectedImages), make_metric("map_voc07", mean.voc07),
                    make_metric("map_area", mean.area), make_metric("map_coco", mean.coco)};
}

void time(CaseRecord& record, std::mt19937& random) {
  std::lognormal_distribution<double> noise(0, 0.05);
  const double typical = 1e6 * record.batch_size / record.threads;
  for (int i = 0; i < kRounds * kSamples; ++i) record.latency_ns.push_back(typical * noise(random));
  record.latency_counts.assign(kRounds, kSamples);
  const double latency = median(record.latency_ns);
  record.metrics.push_back(make_metric("latency_median", latency));
  record.metrics.push_back(make_metric("images_per_second", 1e9 * record.batch_size / latency));
  for (const char* name : {"peak_rss", "model_size", "weights_resident", "arena", "scratch"})
    record.metrics.push_back(make_metric(name, 1e6 + static_cast<double>(random() % 1000)));
}

void choose_variant(CaseRecord& record, int variant) {
  record.precision = variant == 0 ? "fp32" : "int8";
  if (variant == 0) return;
  record.quantized_dtype = "auto";
  record.mode = variant == 1 ? "none" : variant % 2 == 0 ? "naive" : "entropy";
  record.calib_batches = variant == 1 ? 0 : variant / 2 * 5;
}

void make_records(const std::string& path, int cases) {
  std::mt19937 random(1);
  Store store = Store::open(path, Store::Mode::create);
  RunInfo info{.suite = "synthetic",
               .command_line = "make_records",
               .started = "2026-01-01T00:00:00Z",
               .finished = {},
               .environment = {}};
  const std::int64_t run = store.begin_run(info);
  int made = 0;
  for (int model = 0; made < cases; ++model) {
    const bool detects = model % 10 == 9;
    for (int variant = 0; variant < kVariants; ++variant) {
      CaseRecord record{.model = fmt::format("{}{}", detects ? "detector" : "classifier", model),
                        .model_source = "synthetic",
                        .dataset = "synthetic",
                        .backend = "onednn"};
      choose_variant(record, variant);
      if (detects) {
        detect(record, random);
      } else {
        classify(record, random);
      }
      const std::vector<MetricValue> accuracy = record.metrics;
      for (const int batch : kBatchSizes) {
        for (const int threads : kThreads) {
          if (made == cases) continue;
          record.case_id = fmt::format("{:032x}", ++made);
          record.batch_size = batch;
          record.threads = threads;
          record.metrics = accuracy;
          record.latency_ns.clear();
          time(record, random);
          record.reproduce = fmt::format("qbench suite synthetic --models {} --modes {}",
                                         record.model, record.mode);
          store.put(run, record, made);
        }
      }
    }
  }
  store.finish_run(run, "2026-01-01T10:00:00Z");
}

}  // namespace
}  // namespace qbench

int main(int argc, char** argv) {
  if (argc < 2 || argc > 3) {
    fmt::print(stderr, "usage: make_records FILE.sqlite [CASES]\n");
    return 2;
  }
  try {
    qbench::make_records(argv[1], argc == 3 ? std::atoi(argv[2]) : 10'000);
  } catch (const qbench::Error& error) {
    fmt::print(stderr, "make_records: {}\n", error.what());
    return 2;
  }
  return 0;
}
