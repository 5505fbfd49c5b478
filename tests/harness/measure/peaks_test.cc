#include "harness/measure/peaks.h"

#include <gtest/gtest.h>

#include "tests/engine/core/thread_limit.h"

namespace qbench {
namespace {

// What holds on any machine: how fast it is depends on what else runs.
TEST(Peaks, AreMeasuredForEachKindOfWork) {
  const Peaks peaks = measure_peaks(1, 0.4);
  EXPECT_EQ(peaks.threads, 1);
  ASSERT_EQ(peaks.memory.size(), 3);
  std::size_t smaller = 0;
  for (const Bandwidth& size : peaks.memory) {
    EXPECT_GT(size.bytes, smaller);
    EXPECT_GT(size.read, 1e8);
    EXPECT_GT(size.copy, 1e8);
    smaller = size.bytes;
  }
#if defined(__x86_64__)
  EXPECT_GT(peaks.f32, 1e9);
  EXPECT_GT(peaks.int8, 1e9);
  EXPECT_FALSE(peaks.f32_instruction.empty());
  EXPECT_FALSE(peaks.int8_instruction.empty());
#endif
}

class PeaksWithoutThreads : public ThreadLimit {};

TEST_F(PeaksWithoutThreads, AreAnErrorAndNoHang) {
  const auto measure = [] { return measure_peaks(4, 0.1).threads == 4; };
  EXPECT_EXIT(run_with_threads(0, measure), testing::ExitedWithCode(2), "cannot start 4 more thr");
  if (!can_count_threads()) GTEST_SKIP() << "needs root";
  EXPECT_EXIT(run_with_threads(2, measure), testing::ExitedWithCode(2), "cannot start 4 more thr");
}

}  // namespace
}  // namespace qbench
