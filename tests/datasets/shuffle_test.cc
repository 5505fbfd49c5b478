// Reading windows and their shuffled order.
#include "datasets/shuffle.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <numeric>
#include <random>

namespace qbench {
namespace {

using ::testing::ElementsAre;

TEST(ReadingWindows, EndBeforeTheLastRecordThatBeginsInside) {
  const std::vector<std::uint64_t> offsets = {0, 40, 80, 120, 160};
  struct Case {
    std::uint64_t window;
    std::vector<std::int64_t> expected;
  };
  for (const Case& c : std::vector<Case>{
           {1000, {5}},    // more than the file
           {201, {5}},     // ends short of the window
           {200, {4, 5}},  // filled exactly: the last record waits
           {128, {3, 5}},  // the header of record 3 lies inside, just
           {127, {2, 5}},  // and here it does not
           {48, {1, 2, 3, 4, 5}},
           {20, {1, 2, 3, 4, 5}},  // doubled until the next record shows
       }) {
    EXPECT_EQ(reading_windows(offsets, 200, c.window), c.expected) << c.window;
  }
  EXPECT_TRUE(reading_windows({}, 0).empty());
}

// The order written out once more with the standard library, as MXNet does it.
TEST(ShuffledOrder, RunsOneGeneratorThroughAllWindows) {
  const std::vector<std::int64_t> windows = {100, 130, 131};
  std::vector<std::int64_t> expected(131);
  std::iota(expected.begin(), expected.end(), 0);
  std::mt19937 engine(111 + 48564309);
  std::shuffle(expected.begin(), expected.begin() + 100, engine);
  std::shuffle(expected.begin() + 100, expected.begin() + 130, engine);
  EXPECT_EQ(shuffled_order(windows, 48564309), expected);
}

TEST(ShuffledOrder, IsAPermutationInsideEachWindow) {
  const std::vector<std::int64_t> windows = {50, 90};
  std::vector<std::int64_t> order = shuffled_order(windows, 0);
  EXPECT_FALSE(std::ranges::is_sorted(order));
  std::sort(order.begin(), order.begin() + 50);
  std::sort(order.begin() + 50, order.end());
  EXPECT_TRUE(std::ranges::is_sorted(order));
  EXPECT_NE(shuffled_order(windows, 1), shuffled_order(windows, 0));
}

// Pinned, so that another standard library would be noticed.
TEST(ShuffledOrder, OfLibstdcxx) {
  const std::vector<std::int64_t> windows = {10};
  EXPECT_THAT(shuffled_order(windows, 0), ElementsAre(7, 3, 6, 8, 2, 5, 0, 4, 1, 9));
}

}  // namespace
}  // namespace qbench
