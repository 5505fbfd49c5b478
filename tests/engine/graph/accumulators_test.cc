// Which sums of products of bytes fit into 32 bits.
#include "engine/graph/accumulators.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <vector>

namespace qbench {
namespace {

// 2^31 - 1 = 66311 * 255 * 127 + 2662, 2^31 = 65793 * 255 * 128 + 128 = 131072 * 128 * 128.
TEST(SumsFit, UpToTheLastProduct) {
  const auto fit = [](std::size_t count, std::int8_t weight, DType data) {
    return sums_fit(std::vector<std::int8_t>(count, weight), data);
  };
  EXPECT_TRUE(fit(66311, 127, DType::u8));
  EXPECT_FALSE(fit(66312, 127, DType::u8));
  EXPECT_TRUE(fit(65793, -128, DType::u8));
  EXPECT_FALSE(fit(65794, -128, DType::u8));
  EXPECT_TRUE(fit(131071, -128, DType::s8));
  EXPECT_FALSE(fit(131072, -128, DType::s8));
  std::vector<std::int8_t> balanced(120000, 127);  // neither its positive nor its negative half
  std::fill_n(balanced.begin(), 60000, std::int8_t{-127});
  EXPECT_TRUE(sums_fit(balanced, DType::u8));
}

}  // namespace
}  // namespace qbench
