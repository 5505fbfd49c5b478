#include "harness/model/input_range.h"

#include <gmock/gmock.h>

#include "engine/graph/text.h"

namespace qbench {
namespace {

TEST(InputRange, IsThatOfBlackAndWhiteInEveryChannel) {
  const Range range = input_range({.rgb_mean = {120, 100, 110}, .rgb_std = {60, 50, 31}});
  EXPECT_FLOAT_EQ(range.min, -110.0F / 31);
  EXPECT_FLOAT_EQ(range.max, 145.0F / 31);
  EXPECT_EQ(input_range({}).min, 0);
  EXPECT_EQ(input_range({}).max, 255);
  const Range bright = input_range({.rgb_mean = {-10, -10, -10}, .rgb_std = {1, 1, 2}});
  EXPECT_EQ(bright.min, 5);
  EXPECT_EQ(bright.max, 265);
  EXPECT_EQ(input_range({.rgb_std = {-1, -1, -1}}).min, -255);
}

TEST(DoubtInput, AnInputWithoutNegativesIsToldFromOneWithThem) {
  const auto graph = [](const std::string& type) {
    return parse_graph("data = Input(shape=[1,3,4,4])\nq = Quantize(data) : " + type +
                       "[1,3,4,4] scales=[1]\nreturn q\n");
  };
  const Preprocess shifted{.rgb_mean = {120, 120, 120}, .rgb_std = {60, 60, 60}};
  EXPECT_EQ(doubt_input(graph("u8"), {}), "");
  EXPECT_EQ(doubt_input(graph("s8"), shifted), "");
  EXPECT_THAT(doubt_input(graph("u8"), shifted), testing::HasSubstr("it falls to -2:"));
}

}  // namespace
}  // namespace qbench
