#include "harness/accuracy/match_detections.h"

#include <gmock/gmock.h>

#include <limits>
#include <vector>

#include "engine/core/error.h"

namespace qbench {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using Outcome = Detection::Outcome;

std::vector<Outcome> voc_of(const DetectedImage& image) {
  std::vector<Outcome> outcomes;
  for (const Detection& detection : image.detections) outcomes.push_back(detection.voc);
  return outcomes;
}

const GroundTruthBox kBox{.label = 2, .xmin = 0.25F, .ymin = 0.25F, .xmax = 0.75F, .ymax = 0.75F};
const GroundTruthBox kDifficult{
    .label = 2, .xmin = 0.25F, .ymin = 0.25F, .xmax = 0.75F, .ymax = 0.75F, .difficult = true};

TEST(MatchDetections, TheFirstDetectionOfABoxIsAHitAndTheSecondAMiss) {
  const std::vector<float> rows = {2,  0.8F, 0.25F, 0.25F, 0.75F, 0.75F,     // second best, exact
                                   2,  0.9F, 0.25F, 0.25F, 0.75F, 0.65625F,  // best, IoU 0.8125
                                   1,  0.7F, 0.25F, 0.25F, 0.75F, 0.75F,     // another class
                                   -1, 0.6F, 0.25F, 0.25F, 0.75F, 0.75F,     // suppressed
                                   2,  0.5F, 0.25F, 0.25F, 0.75F, 0.5F};     // IoU exactly 0.5
  const DetectedImage image = match_detections(7, rows, {&kBox, 1});
  EXPECT_EQ(image.sample, 7);
  EXPECT_THAT(voc_of(image),
              ElementsAre(Outcome::miss, Outcome::hit, Outcome::miss, Outcome::miss));
  EXPECT_EQ(image.detections[1].coco_hits, 0b0001111111);  // 0.5 to 0.8
  EXPECT_EQ(image.detections[0].coco_hits, 0b1110000000);  // the box is free there
  EXPECT_EQ(image.detections[3].coco_hits, 0);
  EXPECT_THAT(image.truth, ElementsAre(TruthCount{.label = 2, .voc = 1, .coco = 1}));
}

TEST(MatchDetections, OverlapIsStrict) {
  const std::vector<float> rows = {2, 0.5F, 0.25F, 0.25F, 0.75F, 0.5F};  // IoU exactly 0.5
  EXPECT_THAT(voc_of(match_detections(0, rows, {&kBox, 1})), ElementsAre(Outcome::miss));
  EXPECT_THAT(voc_of(match_detections(0, rows, {&kBox, 1}, {.overlap = 0.49F})),
              ElementsAre(Outcome::hit));
  EXPECT_EQ(match_detections(0, rows, {&kBox, 1}).detections[0].coco_hits, 1);
}

TEST(MatchDetections, DifficultBoxesAreIgnoredUnlessAskedFor) {
  const std::vector<float> rows = {2, 0.9F, 0.25F, 0.25F, 0.75F, 0.75F};
  const DetectedImage image = match_detections(0, rows, {&kDifficult, 1});
  EXPECT_THAT(voc_of(image), ElementsAre(Outcome::ignored));
  EXPECT_EQ(image.detections[0].coco_ignored, 0b1111111111);
  EXPECT_THAT(image.truth, ElementsAre(TruthCount{.label = 2, .voc = 0, .coco = 0}));
  const DetectedImage used = match_detections(0, rows, {&kDifficult, 1}, {.use_difficult = true});
  EXPECT_THAT(voc_of(used), ElementsAre(Outcome::hit));
  EXPECT_THAT(used.truth, ElementsAre(TruthCount{.label = 2, .voc = 1, .coco = 1}));
}

// The two places where the original leaves the rules of the VOC development kit.
TEST(MatchDetections, CountsDifficultBoxesWhereNothingWasDetected) {
  const std::vector<GroundTruthBox> boxes = {kDifficult, kBox};
  EXPECT_THAT(match_detections(0, {}, boxes).truth,
              ElementsAre(TruthCount{.label = 2, .voc = 2, .coco = 1}));
}

TEST(MatchDetections, CountsNoBoxOfAClassWhoseDetectionsWereAllIgnored) {
  GroundTruthBox elsewhere = kBox;
  elsewhere.xmin = 0.8F;
  elsewhere.xmax = 0.9F;
  const std::vector<GroundTruthBox> boxes = {kDifficult, elsewhere};
  const std::vector<float> rows = {2, 0.9F, 0.25F, 0.25F, 0.75F, 0.75F};
  EXPECT_THAT(match_detections(0, rows, boxes).truth,
              ElementsAre(TruthCount{.label = 2, .voc = 0, .coco = 1}));
}

TEST(MatchDetections, VocIgnoresImagesWithoutBoxesAndCocoDoesNot) {
  const std::vector<float> rows = {2, 0.9F, 0.25F, 0.25F, 0.75F, 0.75F};
  const DetectedImage image = match_detections(0, rows, {});
  EXPECT_THAT(voc_of(image), ElementsAre(Outcome::ignored));
  EXPECT_EQ(image.detections[0].coco_ignored, 0);
  EXPECT_THAT(image.truth, IsEmpty());
}

TEST(MatchDetections, CocoJudgesAHundredOfAClass) {
  std::vector<float> rows;
  for (int i = 0; i < 102; ++i) {
    rows.insert(rows.end(), {2, 0.5F + 0.001F * static_cast<float>(i), 0, 0, 0.1F, 0.1F});
  }
  const DetectedImage image = match_detections(0, rows, {&kBox, 1});
  EXPECT_EQ(image.detections[0].coco_ignored, 0b1111111111);
  EXPECT_EQ(image.detections[1].coco_ignored, 0b1111111111);
  EXPECT_EQ(image.detections[2].coco_ignored, 0);
}

TEST(MatchDetections, ScoresTheListedClassesUnderTheirPlaces) {
  const std::vector<float> rows = {9, 0.9F, 0.25F, 0.25F, 0.75F, 0.75F,  // becomes 1
                                   2, 0.8F, 0.25F, 0.25F, 0.75F, 0.75F};
  const std::vector<GroundTruthBox> boxes = {kBox, {.label = 4, .xmax = 1, .ymax = 1}};
  const DetectedImage image =
      match_detections(0, rows, boxes, {.network_classes = {7, 9}, .label_classes = {0, 2}});
  ASSERT_EQ(image.detections.size(), 1U);
  EXPECT_EQ(image.detections[0].label, 1);
  EXPECT_EQ(image.detections[0].voc, Outcome::hit);
  EXPECT_THAT(image.truth, ElementsAre(TruthCount{.label = 1, .voc = 1, .coco = 1}));
}

// pycocotools: what lies in a crowd by the share asked for is neither hit nor miss, however many.
TEST(MatchDetections, CrowdsIgnoreAllThatLiesInThem) {
  const std::vector<GroundTruthBox> boxes = {
      {.label = 2, .xmax = 0.5F, .ymax = 1, .crowd = true},
      {.label = 2, .xmin = 0.125F, .ymin = 0.125F, .xmax = 0.25F, .ymax = 0.25F}};
  const std::vector<float> rows = {
      2, 0.9F, 0.125F, 0.125F, 0.25F, 0.25F,   // the box, though it lies in the crowd
      2, 0.8F, 0.25F,  0.5F,   0.5F,  0.75F,   // inside
      2, 0.7F, 0.125F, 0.5F,   0.5F,  0.75F,   // inside, too
      2, 0.6F, 0,      0.5F,   0.75F, 0.75F,   // two thirds inside
      2, 0.5F, 0.5F,   0.5F,   0.75F, 0.75F};  // beside
  const DetectedImage image = match_detections(0, rows, boxes);
  EXPECT_EQ(image.detections[0].coco_hits, 0b1111111111);
  for (const std::size_t inside : {1U, 2U}) {
    EXPECT_EQ(image.detections[inside].coco_hits, 0);
    EXPECT_EQ(image.detections[inside].coco_ignored, 0b1111111111);
  }
  EXPECT_EQ(image.detections[3].coco_ignored, 0b0000001111);  // 0.5 to 0.65
  EXPECT_EQ(image.detections[4].coco_ignored, 0);
  EXPECT_THAT(image.truth, ElementsAre(TruthCount{.label = 2, .voc = 1, .coco = 1}));
  // Difficult boxes are ignored ones, too, but for one detection each; crowds cannot be used.
  const DetectedImage used = match_detections(0, rows, boxes, {.use_difficult = true});
  EXPECT_EQ(used, image);
}

TEST(MatchDetections, ACrowdAloneIsNothingToBeFound) {
  const std::vector<GroundTruthBox> boxes = {{.label = 2, .xmax = 1, .ymax = 1, .crowd = true}};
  EXPECT_THAT(match_detections(0, {}, boxes).truth,
              ElementsAre(TruthCount{.label = 2, .voc = 0, .coco = 0}));
  // By VOC's count it is a difficult box beside others.
  const std::vector<GroundTruthBox> both = {boxes[0], {.label = 3, .xmax = 1, .ymax = 1}};
  const std::vector<float> rows = {2, 0.9F, 0, 0, 1, 1, 2, 0.8F, 0, 0, 0.25F, 0.25F};
  EXPECT_THAT(voc_of(match_detections(0, rows, both)),
              ElementsAre(Outcome::ignored, Outcome::miss));
}

// COCO counts boxes that nothing can hit; MXNet's reader leaves them out.
TEST(MatchDetections, BoxesWithoutAreaAreToBeFoundForCocoAlone) {
  const std::vector<GroundTruthBox> boxes = {kBox,
                                             {.label = 2, .xmin = 0.5F, .xmax = 0.5F, .ymax = 1}};
  const std::vector<float> rows = {2, 0.9F, 0.25F, 0.25F, 0.75F, 0.75F};
  const DetectedImage image = match_detections(0, rows, boxes);
  EXPECT_THAT(voc_of(image), ElementsAre(Outcome::hit));
  EXPECT_EQ(image.detections[0].coco_hits, 0b1111111111);
  EXPECT_THAT(image.truth, ElementsAre(TruthCount{.label = 2, .voc = 1, .coco = 2}));
  const DetectedImage empty = match_detections(0, rows, {&boxes[1], 1});
  EXPECT_THAT(voc_of(empty), ElementsAre(Outcome::ignored));  // an image without boxes
  EXPECT_THAT(empty.truth, ElementsAre(TruthCount{.label = 2, .voc = 0, .coco = 1}));
}

TEST(MatchDetections, TinyBoxesAreExact) {
  const GroundTruthBox tiny{
      .label = 0, .xmin = 0.5F, .ymin = 0.5F, .xmax = 0.50001F, .ymax = 0.50001F};
  const std::vector<float> rows = {0, 0.9F, tiny.xmin, tiny.ymin, tiny.xmax, tiny.ymax};
  EXPECT_EQ(match_detections(0, rows, {&tiny, 1}).detections[0].coco_hits, 0b1111111111);
}

TEST(MatchDetections, LeavesOutWhatIsNotFinite) {
  constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
  constexpr float kInf = std::numeric_limits<float>::infinity();
  const std::vector<float> rows = {kNan, 0.9F, 0, 0,    1,    1,    kInf, 0.9F, 0, 0,
                                   1,    1,    2, kNan, 0,    0,    1,    1,    2, 0.9F,
                                   0,    0,    1, kInf, 1e9F, 0.9F, 0,    0,    1, 1};
  EXPECT_THAT(match_detections(0, rows, {&kBox, 1}).detections, IsEmpty());
}

TEST(CheckDetectionOptions, RefusesWhatMakesNoSense) {
  EXPECT_NO_THROW(check({}));
  EXPECT_THROW(check({.overlap = 1}), Error);
  EXPECT_THROW(check({.overlap = std::numeric_limits<float>::quiet_NaN()}), Error);
  EXPECT_THROW(check({.network_classes = {1, 2, 1}}), Error);
  EXPECT_THROW(check({.label_classes = {-1}}), Error);
}

}  // namespace
}  // namespace qbench
