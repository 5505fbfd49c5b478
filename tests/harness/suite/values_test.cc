#include "harness/suite/values.h"

#include <gmock/gmock.h>

#include "tests/harness/suite/test_util.h"

namespace qbench {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(Values, BoolsAreReadInAnyCase) {
  for (const char* yes : {"true", "True", "TRUE", "1", "yes", "on"}) EXPECT_TRUE(parse_bool(yes));
  for (const char* no : {"false", "False", "0", "no", "off"}) EXPECT_FALSE(parse_bool(no));
  EXPECT_THAT(error_of([] { parse_bool("maybe"); }), HasSubstr("'maybe', expected True or False"));
  EXPECT_THROW(parse_bool(""), Error);
}

TEST(Values, IntegersAreWholeTexts) {
  EXPECT_EQ(parse_int64("-9223372036854775808"), std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(parse_int("+7"), 7);
  EXPECT_EQ(parse_int("2147483647"), 2147483647);
  for (const char* bad : {"", " 1", "1 ", "1.5", "0x10", "1e3", "--1", "9223372036854775808"}) {
    EXPECT_THROW(parse_int64(bad), Error) << bad;
  }
  EXPECT_THROW(parse_int("2147483648"), Error);
}

TEST(Values, NumbersAreFinite) {
  EXPECT_EQ(parse_double("-1.5e3"), -1500);
  for (const char* bad : {"", "nan", "inf", "1e999", "1,5", "x"}) {
    EXPECT_THROW(parse_double(bad), Error) << bad;
  }
}

TEST(Values, ListsHaveNoEmptyItems) {
  EXPECT_THAT(parse_list("a,b c,d"), ElementsAre("a", "b c", "d"));
  for (const char* bad : {"", ",", "a,", ",a", "a,,b"}) {
    EXPECT_THROW(parse_list(bad), Error) << bad;
  }
}

TEST(Values, TriplesAreThreeNumbers) {
  EXPECT_THAT(parse_triple("-1,2.5,3e1"), ElementsAre(-1.F, 2.5F, 30.F));
  EXPECT_THAT(parse_triple("128"), ElementsAre(128.F, 128.F, 128.F));
  for (const char* bad : {"1,2", "1,2,3,4", "1,2,x", "1e39,0,0"}) {
    EXPECT_THROW(parse_triple(bad), Error) << bad;
  }
}

}  // namespace
}  // namespace qbench
