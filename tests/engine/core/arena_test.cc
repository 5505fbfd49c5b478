// Placement of buffers by lifetime.
#include "engine/core/arena.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

namespace qbench {
namespace {

struct Placed {
  std::vector<std::size_t> offsets;
  std::size_t total = 0;
};

Placed place(const std::vector<Lifetime>& lives) {
  Placed placed{std::vector<std::size_t>(lives.size())};
  placed.total = place_buffers(lives, placed.offsets);
  return placed;
}

TEST(Arena, NothingNeedsNothing) { EXPECT_EQ(place({}).total, 0U); }

TEST(Arena, BuffersAliveTogetherLieSideBySide) {
  const Placed placed = place({{64, 0, 1}, {128, 1, 2}});
  EXPECT_EQ(placed.total, 192U);
  EXPECT_EQ(placed.offsets, (std::vector<std::size_t>{128, 0}));
}

TEST(Arena, MemoryIsUsedAgainAfterTheLastReader) {
  // A chain: each value is read by the next step only.
  const Placed placed = place({{640, 0, 1}, {640, 1, 2}, {640, 2, 3}, {640, 3, 4}});
  EXPECT_EQ(placed.total, 1280U);
}

TEST(Arena, SmallBuffersGoIntoTheTightestGap) {
  // Gaps of 128 (before the second) and 64 (before the third) bytes at step 1.
  const std::vector<Lifetime> lives = {{512, 0, 9}, {128, 0, 0}, {320, 0, 9}, {64, 0, 0},
                                       {256, 0, 9}, {64, 1, 1},  {128, 1, 1}};
  const Placed placed = place(lives);
  EXPECT_EQ(placed.total, 512U + 128 + 320 + 64 + 256);
}

TEST(Arena, OffsetsAreMultiplesOfACacheLine) {
  const Placed placed = place({{1, 0, 0}, {65, 0, 0}, {63, 0, 0}});
  for (const std::size_t offset : placed.offsets) EXPECT_EQ(offset % 64, 0U);
  EXPECT_EQ(placed.total, 64U + 128 + 64);
}

TEST(Arena, OffsetsAreMultiplesOfAnotherAlignmentOnRequest) {
  const std::vector<Lifetime> lives = {{1, 0, 0}, {300, 0, 0}};
  std::vector<std::size_t> offsets(2);
  EXPECT_EQ(place_buffers(lives, offsets, 256), 768U);
  EXPECT_EQ(offsets, (std::vector<std::size_t>{512, 0}));
}

TEST(Arena, RandomBuffersNeverOverlap) {
  std::mt19937 random(7);
  const auto draw = [&](int limit) {
    return static_cast<int>(random() % static_cast<unsigned>(limit));
  };
  for (int round = 0; round < 50; ++round) {
    std::vector<Lifetime> lives(60);
    for (Lifetime& life : lives) {
      life.first = draw(40);
      life.last = life.first + draw(10);
      life.bytes = static_cast<std::size_t>(draw(5000));
    }
    const Placed placed = place(lives);
    for (std::size_t i = 0; i < lives.size(); ++i) {
      EXPECT_LE(placed.offsets[i] + lives[i].bytes, placed.total);
      for (std::size_t j = 0; j < i; ++j) {
        const bool together = lives[i].first <= lives[j].last && lives[j].first <= lives[i].last;
        const bool apart = placed.offsets[i] + lives[i].bytes <= placed.offsets[j] ||
                           placed.offsets[j] + lives[j].bytes <= placed.offsets[i];
        EXPECT_TRUE(!together || apart) << i << " and " << j;
      }
    }
  }
}

}  // namespace
}  // namespace qbench
