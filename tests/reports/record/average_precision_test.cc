#include "reports/record/average_precision.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <functional>
#include <random>
#include <utility>
#include <vector>

#include "engine/core/error.h"

namespace qbench {
namespace {

using testing::ElementsAre;
using Outcome = Detection::Outcome;

constexpr std::uint16_t kAll = (1U << kCocoThresholds) - 1;

Detection hit(int label, float score) {
  return {.label = label, .score = score, .voc = Outcome::hit, .coco_hits = kAll};
}
Detection miss(int label, float score) {
  return {.label = label, .score = score, .voc = Outcome::miss};
}

// Two boxes: one found at once, the other after a false alarm.
DetectedImage late_hit() {
  return {.sample = 0,
          .detections = {hit(3, 0.9F), miss(3, 0.8F), hit(3, 0.7F)},
          .truth = {{.label = 3, .voc = 2, .coco = 2}}};
}

TEST(PrecisionSet, SamplesTheFallingCurve) {
  const std::vector<DetectedImage> images = {late_hit()};
  const PrecisionSet set(images);
  ASSERT_EQ(set.classes().size(), 1U);
  const ClassPrecision c = set.classes().front();
  EXPECT_EQ(c.label, 3);
  EXPECT_EQ(c.boxes, 2);
  // Precision is 1 up to recall 0.5 and 2/3 up to 1.
  EXPECT_DOUBLE_EQ(c.voc07.value(), (6 + 5 * 2. / 3) / 11);
  EXPECT_DOUBLE_EQ(c.area.value(), 0.5 + 0.5 * 2 / 3);
  EXPECT_NEAR(c.coco.value(), (51 + 50 * 2. / 3) / 101, 1e-12);
  EXPECT_DOUBLE_EQ(c.coco50.value(), c.coco.value());
}

TEST(PrecisionSet, RecallsAreThoseOfArange) {
  // 3 of 10 found: 0.3 is below 3 * 0.1 in floating point, so the fourth point is not reached.
  const std::vector<DetectedImage> images = {
      {.sample = 0,
       .detections = {hit(0, 0.9F), hit(0, 0.8F), hit(0, 0.7F)},
       .truth = {{.label = 0, .voc = 10, .coco = 10}}}};
  EXPECT_DOUBLE_EQ(PrecisionSet(images).mean().voc07, 3. / 11);
}

TEST(PrecisionSet, VocAveragesClassesThatOccurredAndCocoThoseWithBoxes) {
  DetectedImage image = late_hit();
  image.detections.push_back(miss(5, 0.4F));                 // no box anywhere
  image.detections.push_back({.label = 6, .score = 0.3F});   // ignored: never was
  image.truth.push_back({.label = 7, .voc = 1, .coco = 1});  // never detected
  image.truth.push_back({.label = 8, .voc = 1, .coco = 0});  // difficult ones only
  const std::vector<DetectedImage> images = {image};
  const PrecisionSet set(images);
  const MeanPrecision mean = set.mean();
  EXPECT_DOUBLE_EQ(mean.voc07, (6 + 5 * 2. / 3) / 11 / 4);      // classes 3, 5, 7, 8
  EXPECT_NEAR(mean.coco, (51 + 50 * 2. / 3) / 101 / 2, 1e-12);  // classes 3, 7
  for (const ClassPrecision& c : set.classes()) {
    EXPECT_EQ(c.voc07.has_value(), c.label != 6) << c.label;
    EXPECT_EQ(c.coco.has_value(), c.label == 3 || c.label == 7) << c.label;
  }
}

TEST(PrecisionSet, CocoAveragesOverlapsAndLeavesOutIgnoredDetections) {
  DetectedImage image = {.sample = 0,
                         .detections = {{.label = 0, .score = 0.9F, .coco_ignored = kAll},
                                        {.label = 0, .score = 0.8F, .coco_hits = 0b111}},
                         .truth = {{.label = 0, .voc = 1, .coco = 1}}};
  const std::vector<DetectedImage> images = {image};
  EXPECT_DOUBLE_EQ(PrecisionSet(images).mean().coco, 0.3);
  EXPECT_DOUBLE_EQ(PrecisionSet(images).mean().coco50, 1);
}

TEST(PrecisionSet, AmongEqualScoresVocTakesLaterImagesFirst) {
  const std::vector<DetectedImage> images = {
      {.sample = 0, .detections = {hit(0, 0.5F)}, .truth = {{.label = 0, .voc = 1, .coco = 1}}},
      {.sample = 1, .detections = {miss(0, 0.5F)}, .truth = {{.label = 1, .voc = 1, .coco = 1}}}};
  const ClassPrecision c = PrecisionSet(images).classes().front();
  EXPECT_DOUBLE_EQ(c.area.value(), 0.5);
  EXPECT_DOUBLE_EQ(c.coco.value(), 1);
}

TEST(PrecisionSet, WeightsCountImagesSeveralTimesOrNot) {
  DetectedImage second = {.sample = 1,
                          .detections = {miss(3, 0.95F), hit(3, 0.85F), miss(5, 0.2F)},
                          .truth = {{.label = 3, .voc = 3, .coco = 3}}};
  DetectedImage third = {.sample = 2,
                         .detections = {hit(4, 0.6F), miss(3, 0.1F)},
                         .truth = {{.label = 4, .voc = 2, .coco = 2}}};
  const std::vector<DetectedImage> images = {late_hit(), second, third};
  const std::vector<DetectedImage> drawn = {late_hit(), late_hit(), third};
  const PrecisionSet::VocMean weighted =
      PrecisionSet(images).voc_mean(std::vector<std::uint32_t>{2, 0, 1});
  const MeanPrecision repeated = PrecisionSet(drawn).mean();
  EXPECT_DOUBLE_EQ(weighted.voc07, repeated.voc07);
  EXPECT_DOUBLE_EQ(weighted.area, repeated.area);
  const PrecisionSet::VocMean once =
      PrecisionSet(images).voc_mean(std::vector<std::uint32_t>{1, 1, 1});
  EXPECT_DOUBLE_EQ(once.voc07, PrecisionSet(images).mean().voc07);
  EXPECT_NE(once.voc07, weighted.voc07);
  EXPECT_THROW(PrecisionSet(images).voc_mean(std::vector<std::uint32_t>{1}), Error);
  EXPECT_DOUBLE_EQ(PrecisionSet(images).coco_mean(std::vector<std::uint32_t>{2, 0, 1}),
                   repeated.coco);
  EXPECT_DOUBLE_EQ(PrecisionSet(images).coco_mean(std::vector<std::uint32_t>{1, 1, 1}),
                   PrecisionSet(images).mean().coco);
  EXPECT_THROW(PrecisionSet(images).coco_mean(std::vector<std::uint32_t>{1}), Error);
}

// Each overlap alone, one detection after the other, as pycocotools accumulates.
double coco_by_definition(const std::vector<DetectedImage>& images, int label) {
  std::vector<Detection> all;
  int boxes = 0;
  for (const DetectedImage& image : images) {
    for (const Detection& d : image.detections)
      if (d.label == label) all.push_back(d);
    for (const TruthCount& count : image.truth)
      if (count.label == label) boxes += count.coco;
  }
  std::ranges::stable_sort(all, std::greater(), &Detection::score);
  double sum = 0;
  for (int t = 0; t < kCocoThresholds; ++t) {
    std::vector<std::pair<double, double>> points;  // recall, precision
    int hits = 0;
    int misses = 0;
    for (const Detection& d : all) {
      if ((d.coco_ignored >> t & 1) != 0) continue;
      ++((d.coco_hits >> t & 1) != 0 ? hits : misses);
      points.emplace_back(hits / static_cast<double>(boxes),
                          hits / static_cast<double>(hits + misses));
    }
    for (int r = 0; r <= 100; ++r) {
      double best = 0;
      for (const auto& [recall, precision] : points)
        if (recall >= r * 0.01) best = std::max(best, precision);
      sum += best / 101;
    }
  }
  return sum / kCocoThresholds;
}

TEST(PrecisionSet, CocoIsItsDefinition) {
  std::mt19937 random(5);
  for (int trial = 0; trial < 20; ++trial) {
    std::vector<DetectedImage> images;
    for (std::int64_t i = 0; i < 12; ++i) {
      DetectedImage image{.sample = i, .detections = {}, .truth = {}};
      for (int d = 0; d < 8; ++d) {
        const auto reached = static_cast<unsigned>(random() % 11);  // overlaps it hits up to
        const auto hits = static_cast<std::uint16_t>((1U << reached) - 1);
        const auto ignored = static_cast<std::uint16_t>(random() % 4 == 0 ? kAll & ~hits : 0);
        image.detections.push_back({.label = 0,
                                    .score = static_cast<float>(random() % 50) / 50,
                                    .voc = Outcome::miss,
                                    .coco_hits = random() % 2 == 0 ? hits : std::uint16_t{0},
                                    .coco_ignored = ignored});
      }
      if (i % 3 != 0) image.truth.push_back({.label = 0, .voc = 9, .coco = 9});
      images.push_back(std::move(image));
    }
    EXPECT_NEAR(PrecisionSet(images).mean().coco, coco_by_definition(images, 0), 1e-12);
  }
}

TEST(PrecisionSet, NothingIsZero) {
  const PrecisionSet set(std::vector<DetectedImage>{});
  EXPECT_EQ(set.mean(), MeanPrecision{});
  EXPECT_THAT(set.classes(), ElementsAre());
}

}  // namespace
}  // namespace qbench
