#include "harness/run/spread.h"

#include <gmock/gmock.h>

#include <latch>
#include <mutex>
#include <set>
#include <stdexcept>
#include <thread>
#include <vector>

#include "tests/engine/core/thread_limit.h"

namespace qbench {
namespace {

using testing::ElementsAre;
using testing::UnorderedElementsAre;

TEST(Spread, OneLaneIsThisThreadAndInOrder) {
  std::vector<std::size_t> items;
  const auto here = std::this_thread::get_id();
  EXPECT_TRUE(spread(4, 1, [&](std::size_t item, int lane) {
    EXPECT_EQ(std::this_thread::get_id(), here);
    EXPECT_EQ(lane, 0);
    items.push_back(item);
    return true;
  }));
  EXPECT_THAT(items, ElementsAre(0, 1, 2, 3));
  EXPECT_TRUE(spread(0, 3, [](std::size_t, int) { return false; }));
}

TEST(Spread, LanesWorkAtTheSameTimeAndEveryItemIsDoneOnce) {
  std::latch all_busy(3);  // hangs unless three items are under way together
  std::mutex mutex;
  std::vector<std::size_t> items;
  std::set<int> lanes;
  EXPECT_TRUE(spread(6, 3, [&](std::size_t item, int lane) {
    if (item < 3) all_busy.arrive_and_wait();
    const std::lock_guard lock(mutex);
    items.push_back(item);
    lanes.insert(lane);
    return true;
  }));
  EXPECT_THAT(items, UnorderedElementsAre(0, 1, 2, 3, 4, 5));
  EXPECT_THAT(lanes, ElementsAre(0, 1, 2));
}

TEST(Spread, ThereAreNoMoreLanesThanItems) {
  std::latch both(2);
  EXPECT_TRUE(spread(2, 1000, [&](std::size_t, int lane) {
    both.arrive_and_wait();
    return lane < 2;
  }));
}

TEST(Spread, FalseLetsNoMoreBegin) {
  std::vector<std::size_t> items;
  EXPECT_FALSE(spread(5, 1, [&](std::size_t item, int) {
    items.push_back(item);
    return item < 1;
  }));
  EXPECT_THAT(items, ElementsAre(0, 1));
}

TEST(Spread, AnExceptionIsThrownAgainWhenAllLanesHaveEnded) {
  for (const int lanes : {1, 2}) {
    std::mutex mutex;
    std::size_t begun = 0;
    std::size_t ended = 0;
    const LaneWork work = [&](std::size_t item, int) {
      {
        const std::lock_guard lock(mutex);
        ++begun;
      }
      if (item == 1) throw std::runtime_error("no disk");
      const std::lock_guard lock(mutex);
      ++ended;
      return true;
    };
    EXPECT_THROW(spread(1000, lanes, work), std::runtime_error);
    EXPECT_EQ(ended + 1, begun);
  }
}

class SpreadWithoutThreads : public ThreadLimit {};

TEST_F(SpreadWithoutThreads, DoesEveryItemOnTheLanesThereAre) {
  const auto complete = [] {
    std::mutex mutex;
    std::vector<std::size_t> items;
    const bool all = spread(20, 3, [&](std::size_t item, int /*lane*/) {
      const std::lock_guard lock(mutex);
      items.push_back(item);
      return true;
    });
    return all && std::set(items.begin(), items.end()).size() == 20 && items.size() == 20;
  };
  EXPECT_EXIT(run_with_threads(0, complete), testing::ExitedWithCode(0), "");
  if (!can_count_threads()) GTEST_SKIP() << "needs root";
  EXPECT_EXIT(run_with_threads(1, complete), testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace qbench
