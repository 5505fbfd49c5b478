#include "harness/cli/text.h"

#include <gtest/gtest.h>

namespace qbench {
namespace {

TEST(Wrap, BreaksAtSpaces) {
  EXPECT_EQ(wrap("aa bb cc", 0, 0, 5), "aa bb\ncc");
  EXPECT_EQ(wrap("aa bb cc", 2, 0, 5), "aa bb\n  cc");
  EXPECT_EQ(wrap("aa bb cc", 2, 3, 5), "aa\n  bb\n  cc");
}

TEST(Wrap, KeepsLineFeedsAndLongWords) {
  EXPECT_EQ(wrap("a\n\nb", 0, 0, 9), "a\n\nb");
  EXPECT_EQ(wrap("a toolongword b", 0, 0, 5), "a\ntoolongword\nb");
  EXPECT_EQ(wrap("", 0, 0, 5), "");
}

TEST(TwoColumns, PutsLongLeftsOnTheirOwnLine) {
  EXPECT_EQ(two_columns("ab", "text", 8), "  ab    text\n");
  EXPECT_EQ(two_columns("abcde", "text", 8), "  abcde\n        text\n");
}

}  // namespace
}  // namespace qbench
