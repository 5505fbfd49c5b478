// Reading windows and their shuffled order.
#include "datasets/shuffle.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <random>
#include <vector>

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

TEST(Permute, EveryOrderIsAsLikely) {
  std::map<std::vector<std::int64_t>, int> seen;
  constexpr int kTimes = 24 * 500;
  for (std::uint64_t seed = 0; seed < kTimes; ++seed) {
    std::vector<std::int64_t> order{0, 1, 2, 3};
    permute(order, seed);
    ++seen[order];
  }
  EXPECT_EQ(seen.size(), 24U);
  double chi_squared = 0;
  for (const auto& [order, times] : seen) chi_squared += std::pow(times - 500, 2) / 500.0;
  EXPECT_LT(chi_squared, 44.2);  // 23 degrees of freedom, p = 0.005
  std::vector<std::int64_t> pinned{0, 1, 2, 3, 4, 5, 6, 7};
  permute(pinned, 1);
  EXPECT_THAT(pinned, ElementsAre(4, 3, 2, 7, 5, 6, 0, 1));
}

}  // namespace
}  // namespace qbench
