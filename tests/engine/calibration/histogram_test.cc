// The streaming histogram: exact, whatever the order and the batches of the values.
#include "engine/calibration/histogram.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <numeric>
#include <random>

#include "engine/calibration/entropy.h"
#include "engine/core/error.h"
#include "tests/engine/calibration/distributions.h"

namespace qbench {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

TEST(Limits, OfStreams) {
  Limits limits;
  EXPECT_EQ(limits.range(), (Range{0, 0}));
  limits.add(std::vector<float>{-0.0F});
  EXPECT_FALSE(std::signbit(limits.range().min));
  limits.add(std::vector<float>{1e-40F, 3, -2.5F});
  EXPECT_EQ(limits.range(), (Range{-2.5F, 3}));
  Limits other;
  other.add(std::vector<float>(1000, -4));
  limits.merge(other);
  EXPECT_EQ(limits.range(), (Range{-4, 3}));
  EXPECT_EQ(other.range(), (Range{-4, -4}));
}

TEST(Limits, FindsTheLargestAtEveryPlace) {
  for (std::size_t place = 0; place < 600; ++place) {
    std::vector<float> values(600, 0.5F);
    values[place] = 7;
    values[599 - place] = values[599 - place] == 7 ? 7 : -3;
    Limits limits;
    limits.add(values);
    EXPECT_EQ(limits.range(), (Range{-3, 7})) << place;
  }
}

TEST(Limits, RejectsWhatIsNotFinite) {
  for (const float bad : {kInfinity, -kInfinity, std::nanf(""), -std::nanf("")}) {
    std::vector<float> values(700, 1);
    values[300] = bad;
    Limits limits;
    EXPECT_THROW(limits.add(values), Error) << bad;
    EXPECT_THROW(StreamingHistogram().add(values), Error) << bad;
  }
}

std::vector<std::uint64_t> bins_of(const StreamingHistogram& histogram) {
  return histogram.equal_bins(kEntropyBins);
}

TEST(StreamingHistogram, CountsEveryValueOnce) {
  for (const Distribution& distribution : distributions()) {
    StreamingHistogram histogram;
    const std::vector<float> values = distribution.values();
    histogram.add(values);
    const std::vector<std::uint64_t> bins = bins_of(histogram);
    EXPECT_EQ(std::accumulate(bins.begin(), bins.end(), std::uint64_t{0}), values.size())
        << distribution.name;
  }
}

TEST(StreamingHistogram, PutsValuesWhereTheyBelong) {
  StreamingHistogram histogram;
  // Bins of width 2 over [-8001, 8001]: the middle one is [-1, 1).
  histogram.add(std::vector<float>{0, 0.5F, -0.5F, 1.5F, -1.5F, 4000, -4000, 8001, -0.0F});
  const std::vector<std::uint64_t> bins = bins_of(histogram);
  EXPECT_EQ(bins[4000], 4U);
  EXPECT_EQ(bins[4001], 1U);
  EXPECT_EQ(bins[3999], 1U);
  EXPECT_EQ(bins[6000], 1U);
  EXPECT_EQ(bins[2000], 1U);
  EXPECT_EQ(bins[8000], 1U);
}

TEST(StreamingHistogram, OrderBatchesAndMergingMakeNoDifference) {
  std::mt19937 random(1);
  for (const Distribution& distribution : distributions()) {
    std::vector<float> values = distribution.values();
    StreamingHistogram whole;
    whole.add(values);
    const std::vector<std::uint64_t> expected = bins_of(whole);

    const auto by_magnitude = [](float a, float b) { return std::fabs(a) < std::fabs(b); };
    std::ranges::sort(values, by_magnitude);  // the range grows as often as it can
    StreamingHistogram growing;
    for (const float value : values) growing.add(std::span(&value, 1));
    EXPECT_EQ(bins_of(growing), expected) << distribution.name;

    std::ranges::shuffle(values, random);
    std::vector<StreamingHistogram> workers(3);
    for (std::size_t i = 0; i < values.size();) {
      const std::size_t size = std::min<std::size_t>(random() % 5000, values.size() - i);
      workers[random() % 3].add(std::span(values).subspan(i, size));
      i += size;
    }
    StreamingHistogram merged;
    for (const StreamingHistogram& worker : workers) merged.merge(worker);
    EXPECT_EQ(bins_of(merged), expected) << distribution.name;
    EXPECT_EQ(merged.range(), whole.range()) << distribution.name;
  }
}

// Zeros have no magnitude: however many come first, the bins are as fine as the other values allow.
TEST(StreamingHistogram, ZerosMakeNoDifferenceToTheOthers) {
  const std::vector<float> zeros(5000, 0.0F);
  for (const Distribution& distribution : distributions()) {
    std::vector<float> values = distribution.values();
    for (float& value : values) value *= 0x1p-12F;  // far below 1
    StreamingHistogram alone;
    alone.add(values);
    std::vector<std::uint64_t> expected = bins_of(alone);
    expected[kEntropyBins / 2] += zeros.size();

    StreamingHistogram zeros_first;
    zeros_first.add(zeros);
    zeros_first.add(values);
    EXPECT_EQ(bins_of(zeros_first), expected) << distribution.name;
    StreamingHistogram zeros_last;
    zeros_last.add(values);
    zeros_last.add(zeros);
    EXPECT_EQ(bins_of(zeros_last), expected) << distribution.name;
    StreamingHistogram of_zeros;
    of_zeros.add(zeros);
    StreamingHistogram merged = of_zeros;
    merged.merge(alone);
    EXPECT_EQ(bins_of(merged), expected) << distribution.name;
    alone.merge(of_zeros);
    EXPECT_EQ(bins_of(alone), expected) << distribution.name;
  }
}

TEST(StreamingHistogram, CountsBeyond32Bits) {
  const std::vector<float> values = distributions()[0].values();
  StreamingHistogram plain;
  StreamingHistogram flushing(5000);
  for (int i = 0; i < 3; ++i) {
    plain.add(values);
    flushing.add(values);
  }
  EXPECT_EQ(bins_of(flushing), bins_of(plain));
}

TEST(StreamingHistogram, ExtremeMagnitudes) {
  for (const float scale : {1e-44F, 1e-30F, 1e-12F, 1e12F, 1e38F}) {
    StreamingHistogram histogram;
    histogram.add(std::vector<float>{scale, -scale / 2, 0});
    histogram.add(std::vector<float>{3 * scale});
    EXPECT_EQ(histogram.range().max, 3 * scale);
    const std::vector<std::uint64_t> bins = bins_of(histogram);
    EXPECT_EQ(std::accumulate(bins.begin(), bins.end(), std::uint64_t{0}), 4U) << scale;
    if (scale > 1e-15F) {
      EXPECT_EQ(bins[8000], 1U) << scale;
    }
  }
}

TEST(StreamingHistogram, Empty) {
  const StreamingHistogram histogram;
  EXPECT_EQ(histogram.range(), (Range{0, 0}));
  EXPECT_EQ(bins_of(histogram), std::vector<std::uint64_t>(kEntropyBins, 0));
  StreamingHistogram zeros;
  zeros.add(std::vector<float>(10, 0.0F));
  EXPECT_EQ(bins_of(zeros)[4000], 10U);
}

}  // namespace
}  // namespace qbench
