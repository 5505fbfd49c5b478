// A published detector on real images: average precisions of every class, as an independent engine
// and an independent evaluator gave them.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "datasets/datasets.h"
#include "datasets/loader.h"
#include "engine/backends/backends.h"
#include "engine/formats/formats.h"
#include "engine/passes/passes.h"
#include "harness/accuracy/match_detections.h"
#include "harness/accuracy/task.h"
#include "reports/record/average_precision.h"

namespace qbench {
namespace {

constexpr std::int64_t kBatch = 8;

// The classes of VOC, in its order, among those of COCO.
const std::vector<int> kVocInCoco = {4,  1,  14, 8, 39, 5,  2,  15, 56, 19,
                                     60, 16, 17, 3, 0,  58, 18, 57, 6,  62};
const char* const kVocNames[] = {"aeroplane",   "bicycle", "bird",  "boat",      "bottle",
                                 "bus",         "car",     "cat",   "chair",     "cow",
                                 "diningtable", "dog",     "horse", "motorbike", "person",
                                 "pottedplant", "sheep",   "sofa",  "train",     "tvmonitor"};

struct Judged {
  std::vector<DetectedImage> coco;
  std::vector<DetectedImage> voc;
};

Judged run_detector(const std::string& folder) {
  const std::string model = folder + "/models/ssd_mobilenet_v1_coco";
  ImportOptions options;
  options.image_shape = {3, 300, 300};
  options.batch = kBatch;
  const Graph graph =
      optimize(import_model({model + "-symbol.json", model + "-0000.params"}, options));
  const Preprocess preprocess{.height = 300,
                              .width = 300,
                              .rgb_mean = {128, 128, 128},
                              .rgb_std = {128, 128, 128},
                              .fit = fit_for(graph)};
  const auto executable = all_backends().front()->compile(graph, {.threads = 2, .observed = {}});
  const std::unique_ptr<Dataset> dataset = open_dataset(folder + "/records/coco_val.rec");
  Loader loader(*dataset, preprocess, {.batch_size = kBatch, .threads = 1});
  const auto size = static_cast<std::size_t>(output_form(graph).values);
  std::vector<float> input(static_cast<std::size_t>(kBatch) * preprocess.elements());
  std::vector<float> output(static_cast<std::size_t>(kBatch) * size);
  Judged judged;
  while (const std::optional<Batch> batch = loader.next()) {
    std::ranges::copy(batch->data.data<float>(), input.begin());
    const std::span<const float> inputs[] = {input};
    const std::span<float> outputs[] = {output};
    executable->run(inputs, outputs);
    for (std::size_t n = 0; std::cmp_less(n, batch->size); ++n) {
      const std::span<const float> rows = std::span(output).subspan(n * size, size);
      const std::vector<GroundTruthBox> boxes = parse_detection_label(batch->label_vectors[n]);
      judged.coco.push_back(match_detections(batch->indices[n], rows, boxes));
      judged.voc.push_back(
          match_detections(batch->indices[n], rows, boxes,
                           {.network_classes = kVocInCoco, .label_classes = kVocInCoco}));
    }
  }
  return judged;
}

void expect_classes(const PrecisionSet& set, const nlohmann::json& voc07,
                    const nlohmann::json& area, const std::function<std::string(int)>& key) {
  const std::vector<ClassPrecision> classes = set.classes();
  EXPECT_EQ(classes.size(), voc07.size());
  for (const ClassPrecision& c : classes) {
    EXPECT_NEAR(c.voc07.value(), voc07.at(key(c.label)).get<double>(), 1e-4) << key(c.label);
    EXPECT_NEAR(c.area.value(), area.at(key(c.label)).get<double>(), 1e-4) << key(c.label);
  }
}

TEST(RealDetector, HasTheKnownPrecisions) {
  const char* folder = std::getenv("QBENCH_TEST_DATA");
  if (folder == nullptr) GTEST_SKIP() << "QBENCH_TEST_DATA names no folder of real data";
  if (all_backends().front()->name() == "reference") GTEST_SKIP() << "takes minutes without oneDNN";
  std::ifstream file(std::string(folder) + "/reference/ssd_mobilenet_v1_coco.json");
  const nlohmann::json known = nlohmann::json::parse(file);
  const Judged judged = run_detector(folder);
  ASSERT_EQ(judged.coco.size(), known["images"].get<std::size_t>());
  std::int64_t boxes = 0;
  for (const DetectedImage& image : judged.coco) {
    for (const TruthCount& count : image.truth) boxes += count.voc;
  }
  EXPECT_EQ(boxes, known["ground_truth_boxes"].get<std::int64_t>());

  const PrecisionSet coco(judged.coco);
  EXPECT_NEAR(coco.mean().voc07, known["map_coco80_voc07"].get<double>(), 1e-5);
  EXPECT_NEAR(coco.mean().area, known["map_coco80_area"].get<double>(), 1e-5);
  expect_classes(coco, known["ap_coco80_voc07"], known["ap_coco80_area"],
                 [](int label) { return std::to_string(label); });
  double sum = 0;
  int with_boxes = 0;
  for (const ClassPrecision& c : coco.classes()) {
    if (!c.coco) continue;
    sum += c.area.value();
    ++with_boxes;
  }
  EXPECT_NEAR(sum / with_boxes, known["mean_coco80_area_over_classes_with_boxes"].get<double>(),
              1e-5);

  const PrecisionSet voc(judged.voc);
  EXPECT_NEAR(voc.mean().voc07, known["map_voc20_voc07"].get<double>(), 1e-5);
  EXPECT_NEAR(voc.mean().area, known["map_voc20_area"].get<double>(), 1e-5);
  expect_classes(voc, known["ap_voc20_voc07"], known["ap_voc20_area"],
                 [](int label) { return kVocNames[label]; });
}

}  // namespace
}  // namespace qbench
