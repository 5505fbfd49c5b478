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

TEST(DetectionLabel, LosesBoxesWithoutArea) {
  const std::vector<float> label{2, 5, 3, .5F, .5F, .5F, .9F};
  EXPECT_THAT(parse_detection_label(label), IsEmpty());
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
      {2, 5, 1, 0, nan, 1, 1},
  };
  for (const std::vector<float>& label : bad) {
    EXPECT_THROW(parse_detection_label(label), Error) << testing::PrintToString(label);
  }
}

}  // namespace
}  // namespace qbench
