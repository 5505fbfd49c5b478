#include "harness/suite/margin.h"

#include <gtest/gtest.h>

#include "engine/core/error.h"

namespace qbench {
namespace {

TEST(Margin, IsPointsOrAFraction) {
  EXPECT_DOUBLE_EQ(parse_margin("0.5pp"), 0.005);
  EXPECT_DOUBLE_EQ(parse_margin("2pp"), 0.02);
  EXPECT_DOUBLE_EQ(parse_margin("0.005"), 0.005);
}

TEST(Margin, AnythingElseIsRefused) {
  for (const char* text :
       {"", "pp", "0", "-1pp", "0.5%", "0.5 pp", "1", "100pp", "nan", "inf", "5"})
    EXPECT_THROW(parse_margin(text), Error) << text;
}

}  // namespace
}  // namespace qbench
