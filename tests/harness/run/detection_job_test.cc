// A job on a small random detector, in this process.
#include <gmock/gmock.h>
#include <unistd.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "engine/formats/formats.h"
#include "engine/graph/text.h"
#include "harness/run/job.h"

namespace qbench {
namespace {

namespace fs = std::filesystem;

// Two classes, 2 x 16 anchors.
constexpr const char* kNetwork = R"(
data = Input(shape=[1,3,64,64])
stem_weight = Constant() : f32[8,3,3,3] values=random(1,-0.3,0.3)
stem = Convolution(data, stem_weight; stride=[16,16], activation=relu)
loc_weight = Constant() : f32[8,8,3,3] values=random(2,-0.1,0.1)
cls_weight = Constant() : f32[6,8,3,3] values=random(3,-0.3,0.3)
loc = Convolution(stem, loc_weight; padding=[1,1,1,1])
cls = Convolution(stem, cls_weight; padding=[1,1,1,1])
loc_moved = Transpose(loc; permutation=[0,2,3,1])
cls_moved = Transpose(cls; permutation=[0,2,3,1])
offsets = Flatten(loc_moved)
flat = Flatten(cls_moved)
shaped = Reshape(flat; dims=[0,-1,3])
logits = Transpose(shaped; permutation=[0,2,1])
scores = Softmax(logits)
anchors = MultiBoxPrior(stem; sizes=[0.3,0.5])
detection = MultiBoxDetection(scores, offsets, anchors; threshold=0.3, nms_threshold=0.45)
return detection
)";

TEST(DetectionJob, ScoresEveryVariantAndNamesItsClasses) {
  const fs::path folder =
      fs::path(testing::TempDir()) / ("qbench_detection_job_" + std::to_string(getpid()));
  fs::create_directories(folder);
  AccuracyJob job;
  job.model.name = "tiny";
  job.model.symbol = (folder / "tiny-symbol.json").string();
  job.model.params = (folder / "tiny-0000.params").string();
  job.model.image_shape = {3, 64, 64};
  job.model.rgb_mean = {128, 128, 128};
  job.model.rgb_std = {64, 64, 64};
  job.model.dataset.records = "shapes-det:val,count=10";
  job.model.dataset.class_names = {"first", "second"};
  job.model.dataset.detection.network_classes = {1, 0};
  job.model.dataset.detection.label_classes = {0, 1};
  job.model.dataset.calibration.records = "shapes-det:train,count=4";
  job.model.dataset.calibration.batch_size = 4;
  job.backend = "reference";
  job.batch_size = 4;
  job.table_dir = (folder / "tables").string();
  job.output_dir = (folder / "models").string();
  job.variants = {{"fp32", "", 0, ""}, {"int8", "none", 0, "auto"}, {"int8", "naive", 1, "auto"}};
  export_model(parse_graph(kNetwork), {job.model.symbol, job.model.params});

  std::vector<AccuracyResult> results;
  run_accuracy_job(job, [&results](const Message& message) {
    if (const auto* result = std::get_if<AccuracyResult>(&message)) results.push_back(*result);
  });
  fs::remove_all(folder);
  ASSERT_EQ(results.size(), 3U);
  for (const AccuracyResult& result : results) {
    SCOPED_TRACE(result.variant.name());
    ASSERT_EQ(result.status, Status::ok) << result.reason;
    EXPECT_EQ(result.detections.size(), 10U);
    EXPECT_TRUE(result.predictions.empty());
    for (const char* name : {"images", "map_voc07", "map_area", "map_coco"}) {
      EXPECT_EQ(std::ranges::count(result.metrics, name, &MetricValue::name), 1) << name;
    }
    const auto classes = nlohmann::json::parse(result.details)["classes"];
    ASSERT_GE(classes.size(), 2U);
    EXPECT_EQ(classes[0]["name"], "first");
    EXPECT_EQ(classes[1]["name"], "second");
    EXPECT_TRUE(classes[0]["voc07"].is_number());
  }
  EXPECT_NE(results[0].detections, results[2].detections);
  // The classes are exchanged: what the network calls 1 is scored as 0.
  EXPECT_EQ(nlohmann::json::parse(results[0].details)["classes"][0]["class"], 0);
}

}  // namespace
}  // namespace qbench
