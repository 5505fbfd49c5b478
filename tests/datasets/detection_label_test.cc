#include "datasets/detection_label.h"

#include <gmock/gmock.h>

#include <limits>

#include "engine/core/error.h"

namespace qbench {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const GroundTruthBox kDog{.label = 11, .xmin = .1F, .ymin = .2F, .xmax = .5F, .ymax = .9F};
const GroundTruthBox kHiddenCat{
    .label = 7, .xmin = 0, .ymin = .25F, .xmax = .75F, .ymax = 1, .difficult = true};

TEST(DetectionLabel, IsReadAsItWasMade) {
  const std::vector<GroundTruthBox> boxes{kDog, kHiddenCat};
  const std::vector<float> label = make_detection_label(boxes);
  EXPECT_THAT(label, ElementsAre(2, 6, 11, .1F, .2F, .5F, .9F, 0, 7, 0, .25F, .75F, 1, 1));
  EXPECT_EQ(parse_detection_label(label), boxes);
}

TEST(DetectionLabel, MayHaveMoreHeaderAndNoDifficult) {
  const std::vector<float> label{4, 5, 640, 480, 11, .1F, .2F, .5F, .9F};
  EXPECT_THAT(parse_detection_label(label), ElementsAre(kDog));
}

TEST(DetectionLabel, KeepsBoxesWithoutArea) {
  const std::vector<float> label{2, 5, 3, .5F, .5F, .5F, .9F};
  const std::vector<GroundTruthBox> boxes = parse_detection_label(label);
  ASSERT_EQ(boxes.size(), 1U);
  EXPECT_FALSE(boxes[0].has_area());
  EXPECT_TRUE(kDog.has_area());
}

TEST(DetectionLabel, MayHaveNoObjects) {
  EXPECT_THAT(make_detection_label({}), ElementsAre(2, 6));
  EXPECT_TRUE(is_detection_label(make_detection_label({})));
  EXPECT_THAT(parse_detection_label(make_detection_label({})), IsEmpty());
}

TEST(DetectionLabel, CrowdsStandInThePlaceOfDifficult) {
  GroundTruthBox crowd = kDog;
  crowd.crowd = true;
  const std::vector<float> label = make_detection_label({&crowd, 1});
  EXPECT_THAT(label, ElementsAre(2, 6, 11, .1F, .2F, .5F, .9F, 2));
  EXPECT_THAT(parse_detection_label(label), ElementsAre(crowd));
}

TEST(DetectionLabel, RoundingKeepsTheAreaOfTinyBoxes) {
  const GroundTruthBox box{
      .label = 1, .xmin = .123456F, .ymin = .2F, .xmax = .654321F, .ymax = .9F, .crowd = true};
  const GroundTruthBox tiny{.label = 1, .xmin = .12341F, .ymin = .2F, .xmax = .12342F, .ymax = .9F};
  const std::vector<GroundTruthBox> boxes{box, tiny};
  EXPECT_THAT(rounded_detection_label(make_detection_label(boxes)),
              ElementsAre(2, 6, 1, .1235F, .2F, .6543F, .9F, 2, 1, .12341F, .2F, .12342F, .9F, 0));
}

TEST(DetectionLabel, OfAnotherFormIsAnError) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const std::vector<std::vector<float>> bad{
      {},
      {3},
      {2, 5, 1, 0, 0, 1},              // too short
      {1, 6, 1, 0, 0, 1, 1},           // header
      {2, 4, 1, 0, 0, 1, 1, 1, 1, 1},  // object
      {2, 6, 1, 0, 0, 1, 1},           // not a multiple
      {90, 5, 1, 0, 0, 1, 1},          // header beyond the end
      {2.5F, 5, 1, 0, 0, 1, 1},        // no count
      {nan, 5, 1, 0, 0, 1, 1},
      {2, 5, -1, 0, 0, 1, 1},
      {2, 5, 1.5F, 0, 0, 1, 1},    // no whole class
      {2, 5, 1, .5F, 0, .25F, 1},  // negative sides
      {2, 5, 1, 0, .5F, 1, .25F},
      {2, 5, 1, 0, nan, 1, 1},
  };
  for (const std::vector<float>& label : bad) {
    EXPECT_THROW(parse_detection_label(label), Error) << testing::PrintToString(label);
  }
}

}  // namespace
}  // namespace qbench
