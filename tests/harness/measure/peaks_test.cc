#include "harness/measure/peaks.h"

#include <gtest/gtest.h>

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

}  // namespace
}  // namespace qbench
