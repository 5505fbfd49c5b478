// Detectors through score(): labels, mistrust, and the sum of it.
#include <gmock/gmock.h>

#include <limits>

#include "datasets/datasets.h"
#include "engine/core/error.h"
#include "engine/graph/text.h"
#include "harness/accuracy/accuracy.h"
#include "reports/record/average_precision.h"

namespace qbench {
namespace {

using testing::HasSubstr;

constexpr std::int64_t kRows = 4;
constexpr OutputForm kDetections{Task::detection, kRows * 6};

// Writes the same rows for every image.
class FakeDetector : public Executable {
 public:
  explicit FakeDetector(std::function<void(std::int64_t image, std::span<float>)> draw)
      : draw_(std::move(draw)) {}

  void run(std::span<const std::span<const float>>,
           std::span<const std::span<float>> outputs) override {
    std::ranges::fill(outputs[0], -1.0F);
    for (std::size_t at = 0; at < outputs[0].size(); at += kRows * 6) {
      draw_(images_++, outputs[0].subspan(at, kRows * 6));
    }
  }
  void run_observed(std::span<const std::span<const float>>, std::span<const std::span<float>>,
                    const ObserveFunction&) override {}
  MemoryUse memory() const override { return {}; }
  std::vector<LayerTime> profile(std::span<const std::span<const float>>,
                                 std::span<const std::span<float>>, int) override {
    return {};
  }

 private:
  std::function<void(std::int64_t, std::span<float>)> draw_;
  std::int64_t images_ = 0;
};

Score score_one(Executable& executable, const OutputForm& output, const std::string& data) {
  const std::unique_ptr<Dataset> dataset = open_dataset(data);
  Loader loader(*dataset, {.height = 32, .width = 32}, {.batch_size = 3, .threads = 0});
  const Contestant contestant{&executable, output};
  return score(loader, {3, 3, 32, 32}, {&contestant, 1}).front();
}

// The boxes that are there, moved by nothing: perfect.
TEST(ScoreDetectors, DrawingTheTruthIsPerfect) {
  const std::unique_ptr<Dataset> dataset = open_dataset("shapes-det:val,count=7");
  FakeDetector truthful([&](std::int64_t image, std::span<float> rows) {
    if (image >= dataset->size()) return;  // padding of the last batch
    std::size_t at = 0;
    for (const GroundTruthBox& box : parse_detection_label(dataset->read(image).label)) {
      const float row[] = {
          static_cast<float>(box.label), 0.9F, box.xmin, box.ymin, box.xmax, box.ymax};
      std::ranges::copy(row, rows.subspan(at).begin());
      at += 6;
    }
  });
  const Score score = score_one(truthful, kDetections, "shapes-det:val,count=7");
  EXPECT_EQ(score.mistrust, "");
  EXPECT_EQ(score.predictions.size(), 0U);
  ASSERT_EQ(score.detections.size(), 7U);
  for (std::int64_t i = 0; i < 7; ++i) {
    EXPECT_EQ(score.detections[static_cast<std::size_t>(i)].sample, i);
  }
  const MeanPrecision mean = PrecisionSet(score.detections).mean();
  EXPECT_DOUBLE_EQ(mean.area, 1);
  EXPECT_DOUBLE_EQ(mean.coco, 1);
}

TEST(ScoreDetectors, MistrustsSilenceAndNonsense) {
  FakeDetector silent([](std::int64_t image, std::span<float> rows) {
    rows[1] = static_cast<float>(image);  // suppressed rows differ
  });
  EXPECT_EQ(score_one(silent, kDetections, "shapes-det:val,count=4").mistrust,
            "nothing detected in 4 images");
  FakeDetector broken([](std::int64_t image, std::span<float> rows) {
    rows[0] = static_cast<float>(image);
    rows[1] = std::numeric_limits<float>::quiet_NaN();
  });
  EXPECT_EQ(score_one(broken, kDetections, "shapes-det:val,count=4").failure,
            "outputs are not finite in 4 of 4 images, the first of them image 0");
  FakeDetector constant([](std::int64_t, std::span<float> rows) { std::ranges::fill(rows, 0.5F); });
  EXPECT_EQ(score_one(constant, kDetections, "shapes-det:val,count=4").mistrust,
            "the same outputs for all 4 images");
}

TEST(ScoreDetectors, MistrustsBoxesThatAreNeverThere) {
  FakeDetector blind([](std::int64_t image, std::span<float> rows) {
    const float row[] = {0, 0.9F, 0, 0, 0.01F, 0.001F * static_cast<float>(image + 1)};
    std::ranges::copy(row, rows.begin());
  });
  EXPECT_THAT(score_one(blind, kDetections, "shapes-det:val,count=24").mistrust,
              HasSubstr("boxes was found, though 24 were drawn"));
}

TEST(ScoreDetectors, LabelsOfTheOtherTaskAreErrors) {
  FakeDetector net([](std::int64_t, std::span<float>) {});
  const auto message = [&net](const OutputForm& output, const std::string& data) -> std::string {
    try {
      score_one(net, output, data);
    } catch (const Error& error) {
      return error.what();
    }
    return "no error";
  };
  EXPECT_THAT(
      message(kDetections, "shapes:val,count=4"),
      HasSubstr("count=4,seed=0: sample 0: labelled with a class number, a detector needs boxes"));
  EXPECT_THAT(message({Task::classification, kRows * 6}, "shapes-det:val,count=4"),
              HasSubstr("sample 0: labelled with a vector, a classifier needs a class number"));
}

Graph network(const std::string& last) {
  return parse_graph("data = Input(shape=[1,12,4,4]) : f32[1,12,4,4]\n" + last + "return out\n");
}

TEST(OutputForm, TellsTheTask) {
  const Graph classifier = network("out = Flatten(data) : f32[1,192]\n");
  EXPECT_EQ(output_form(classifier).task, Task::classification);
  EXPECT_EQ(output_form(classifier).values, 192);
  EXPECT_EQ(fit_for(classifier), Fit::center_crop);
  EXPECT_THROW(class_count(classifier), Error);
  const Graph image = network("out = Activation(data; spec=relu) : f32[1,12,4,4]\n");
  EXPECT_THROW(output_form(image), Error);
}

}  // namespace
}  // namespace qbench
