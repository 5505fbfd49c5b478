// Single elements and walks: what all kernels are made of.
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <set>

#include "engine/backends/cudnn/kernels/build.h"
#include "engine/core/quant_params.h"

namespace qbench::cudnn::kernels {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

TEST(Half, KnownValues) {
  EXPECT_EQ(to_float(Half{0x3C00}), 1.0F);
  EXPECT_EQ(to_float(Half{0xC000}), -2.0F);
  EXPECT_EQ(to_float(Half{0x7BFF}), 65504.0F);
  EXPECT_EQ(to_float(Half{0x0400}), 0x1p-14F);
  EXPECT_EQ(to_float(Half{0x0001}), 0x1p-24F);
  EXPECT_EQ(to_float(Half{0x7C00}), kInfinity);
  EXPECT_TRUE(std::isnan(to_float(Half{0x7E00})));
  EXPECT_TRUE(std::signbit(to_float(Half{0x8000})));
}

TEST(Half, EveryValueComesBack) {
  for (unsigned bits = 0; bits < 0x10000; ++bits) {
    const float value = to_float(Half{static_cast<std::uint16_t>(bits)});
    if (std::isnan(value)) {
      EXPECT_TRUE(std::isnan(to_float(to_half(value))));
    } else {
      EXPECT_EQ(to_half(value).bits, bits);
    }
  }
}

// Halfway between two neighbours to the even one, and to the nearer one beside it.
TEST(Half, RoundsToNearestEven) {
  for (std::uint16_t bits = 0; bits < 0x7BFF; ++bits) {
    const float low = to_float(Half{bits});
    const float high = to_float(Half{static_cast<std::uint16_t>(bits + 1)});
    const float middle = low + (high - low) / 2;
    const unsigned even = bits % 2 == 0 ? bits : bits + 1U;
    ASSERT_EQ(to_half(middle).bits, even) << low;
    ASSERT_EQ(to_half(std::nextafterf(middle, -kInfinity)).bits, bits) << low;
    ASSERT_EQ(to_half(std::nextafterf(middle, kInfinity)).bits, bits + 1U) << low;
    ASSERT_EQ(to_half(-middle).bits, even | 0x8000U) << low;
  }
  EXPECT_EQ(to_half(65519.99F).bits, 0x7BFF);
  EXPECT_EQ(to_half(65520.0F).bits, 0x7C00);
  EXPECT_EQ(to_half(1e30F).bits, 0x7C00);
}

TEST(Element, IntegersAreRoundedAsTheCoreRounds) {
  for (int i = -1400; i <= 1400; ++i) {
    const float value = static_cast<float>(i) / 8;
    EXPECT_EQ(to_s8(value), quantize_value<std::int8_t>(value)) << value;
  }
  for (const float value : {kInfinity, -kInfinity, std::nanf(""), 1e30F, -1e30F})
    EXPECT_EQ(to_s8(value), quantize_value<std::int8_t>(value)) << value;
}

TEST(Walk, SplitsLargeIndices) {
  std::int64_t rest = (std::int64_t{5} << 40) + 3;
  EXPECT_EQ(split(rest, std::int64_t{1} << 38), 3);
  EXPECT_EQ(rest, 20);
  rest = 0x7FFFFFFF;
  EXPECT_EQ(split(rest, 10), 7);
  EXPECT_EQ(rest, 214748364);
}

View view_of(const Desc& desc) { return {.buffer = 0, .desc = desc}; }

TEST(Walk, VisitsEveryPlaceOfAPaddedPixelOnceInMemoryOrder) {
  const View last = view_of(channels_last({2, 5, 3, 4}, DType::f16));
  const View plain = view_of(row_major({2, 5, 3, 4}, DType::f32));
  const std::array tensors{tensor_ref(last, nullptr), tensor_ref(plain, nullptr)};
  const auto walking = make_walk(axes_of(last.desc), tensors, {.image = true, .channel = true});
  ASSERT_EQ(walking.walk.count(), elements_of(last.desc));
  std::set<std::int64_t> sources;
  for (std::int64_t i = 0; i < walking.walk.count(); ++i) {
    const Place<2> at = walking.walk.at(i);
    EXPECT_EQ(at.offset[0], i);
    EXPECT_EQ(at.image, i / (3 * 4 * 8));
    EXPECT_EQ(at.channel, i % 8);
    if (at.channel < 5) sources.insert(at.offset[1]);
  }
  EXPECT_EQ(sources.size(), 120U);
  EXPECT_EQ(*sources.rbegin(), 119);
  EXPECT_TRUE(walking.covered[0]);
  EXPECT_FALSE(walking.covered[1]);
}

TEST(Walk, MergesWhatLiesInOneRow) {
  const View view = view_of(row_major({2, 5, 3, 4}, DType::f32));
  const std::array tensors{tensor_ref(view, nullptr), tensor_ref(view, nullptr)};
  const auto flat = make_walk(axes_of(view.desc), tensors, {});
  EXPECT_EQ(flat.walk.rank, 1);
  EXPECT_EQ(flat.walk.extents[0], 120);
  const auto by_channel = make_walk(axes_of(view.desc), tensors, {.channel = true});
  EXPECT_EQ(by_channel.walk.rank, 3);
  EXPECT_EQ(by_channel.walk.channel_axis, 1);
}

TEST(Walk, TakesSixteenBytesOfTheResultAtATime) {
  const auto width_of = [](const Desc& result, const Desc& data) {
    const std::array tensors{tensor_ref(view_of(result), nullptr),
                             tensor_ref(view_of(data), nullptr)};
    auto walking = make_walk(axes_of(result), tensors, {});
    return widen(walking, tensors[0]);
  };
  const Shape shape{1, 16, 3, 3};
  EXPECT_EQ(width_of(channels_last(shape, DType::s8), row_major(shape, DType::f32)), 16);
  EXPECT_EQ(width_of(channels_last(shape, DType::f16), row_major(shape, DType::f32)), 8);
  EXPECT_EQ(width_of(channels_last(shape, DType::f32), channels_last(shape, DType::s8)), 4);
  EXPECT_EQ(width_of(row_major({3, 3}, DType::f32), row_major({3, 3}, DType::f32)), 1);
  EXPECT_EQ(width_of(row_major({3, 4}, DType::s8), row_major({3, 4}, DType::s8)), 4);
}

}  // namespace
}  // namespace qbench::cudnn::kernels
