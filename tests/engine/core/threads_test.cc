// Sharing work, and what happens when the system refuses threads.
#include "engine/core/threads.h"

#include <gmock/gmock.h>

#include <latch>
#include <set>
#include <stdexcept>

#include "tests/engine/core/thread_limit.h"

namespace qbench {
namespace {

using ::testing::ExitedWithCode;

std::vector<int> times_done(int count, int workers) {
  std::vector<std::atomic<int>> done(static_cast<std::size_t>(count));
  share_work(count, workers, [&](std::int64_t i, int) { ++done[static_cast<std::size_t>(i)]; });
  return {done.begin(), done.end()};
}

TEST(ShareWork, DoesEveryItemOnce) {
  for (const int workers : {1, 2, 5}) {
    EXPECT_EQ(times_done(100, workers), std::vector<int>(100, 1)) << workers;
    EXPECT_EQ(times_done(0, workers), std::vector<int>()) << workers;
  }
}

TEST(ShareWork, NumbersItsWorkers) {
  std::latch all_busy(3);
  std::mutex mutex;
  std::set<int> workers;
  share_work(3, 3, [&](std::int64_t, int worker) {
    all_busy.arrive_and_wait();  // so that each has one item
    const std::lock_guard lock(mutex);
    workers.insert(worker);
  });
  EXPECT_EQ(workers, (std::set{0, 1, 2}));
}

TEST(ShareWork, ThrowsWhatAWorkerThrew) {
  for (const int workers : {1, 3}) {
    EXPECT_THROW(share_work(10, workers,
                            [](std::int64_t i, int) {
                              if (i == 4) throw std::runtime_error("four");
                            }),
                 std::runtime_error);
  }
}

TEST(RequireThreads, ThatThereAre) {
  EXPECT_NO_THROW(require_threads(0));
  EXPECT_NO_THROW(require_threads(8));
}

class Threads : public ThreadLimit {};

TEST_F(Threads, ThatAreRefusedAreAnErrorWhereTheyAreRequired) {
  EXPECT_EXIT(run_with_threads(0, [] { return require_threads(3), true; }), ExitedWithCode(2),
              "cannot start 3 more threads: .*fewer threads, or raise the limit");
  if (!can_count_threads()) GTEST_SKIP() << "needs root";
  EXPECT_EXIT(run_with_threads(2, [] { return require_threads(3), true; }), ExitedWithCode(2),
              "cannot start 3 more threads");
  EXPECT_EXIT(run_with_threads(3, [] { return require_threads(3), true; }), ExitedWithCode(0), "");
}

TEST_F(Threads, ThatAreRefusedLeaveTheirWorkToTheOthers) {
  const auto complete = [] { return times_done(100, 4) == std::vector<int>(100, 1); };
  EXPECT_EXIT(run_with_threads(0, complete), ExitedWithCode(0), "");
  if (!can_count_threads()) GTEST_SKIP() << "needs root";
  EXPECT_EXIT(run_with_threads(2, complete), ExitedWithCode(0), "");
  EXPECT_EXIT(run_with_threads(2,
                               [] {
                                 std::latch tried(1);
                                 const auto started = start_up_to(5, [&](int) { tried.wait(); });
                                 tried.count_down();
                                 return started.size() == 2;
                               }),
              ExitedWithCode(0), "");
}

}  // namespace
}  // namespace qbench
