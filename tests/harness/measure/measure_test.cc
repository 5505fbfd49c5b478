#include "harness/measure/measure.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "harness/measure/dummy_data.h"

namespace qbench {
namespace {

// A clock that `run` advances: no test waits.
struct FakeTime {
  std::int64_t now = 0;
  Clock clock() {
    return [this] { return now; };
  }
};

constexpr std::int64_t kMilli = 1'000'000;

TEST(Measure, StopsWhenTheMedianIsKnown) {
  FakeTime time;
  int runs = 0;
  const auto run = [&] { ++runs, time.now += kMilli; };
  const MeasureOptions options{.warmup_seconds = 0, .warmup_runs = 3, .min_samples = 11};
  const std::vector<double> samples = measure(run, options, time.clock());
  EXPECT_EQ(samples, std::vector<double>(11, 1e6));  // no spread: known at once
  EXPECT_EQ(runs, 14);
}

TEST(Measure, WhatFollowsASampleIsNotTimed) {
  FakeTime time;
  int samples = 0;
  const auto run = [&] { time.now += kMilli; };
  const auto after = [&] { ++samples, time.now += kMilli; };
  const MeasureOptions options{.warmup_seconds = 0, .warmup_runs = 3, .min_samples = 11};
  EXPECT_EQ(measure(run, options, time.clock(), after), std::vector<double>(11, 1e6));
  EXPECT_EQ(samples, 11);
}

TEST(Measure, WarmsUpForTheTimeAskedFor) {
  FakeTime time;
  int runs = 0;
  const auto run = [&] { ++runs, time.now += 100 * kMilli; };
  measure(run, {.warmup_seconds = 0.5, .warmup_runs = 1, .min_samples = 1, .max_samples = 1},
          time.clock());
  EXPECT_EQ(runs, 6);
}

TEST(Measure, NoisySamplesRunUntilTheTimeIsUp) {
  FakeTime time;
  int runs = 0;
  const auto run = [&] { time.now += (++runs % 2 == 0 ? 1 : 10) * kMilli; };
  const std::vector<double> samples =
      measure(run, {.warmup_seconds = 0, .warmup_runs = 0, .max_seconds = 1, .min_samples = 5},
              time.clock());
  EXPECT_GE(time.now, 1000 * kMilli);
  EXPECT_LE(time.now, 1011 * kMilli);
  EXPECT_EQ(static_cast<int>(samples.size()), runs);
}

TEST(Measure, SlowNetworksGetTheirLeastSamplesUnlessItTakesTooLong) {
  FakeTime time;
  const auto run = [&] { time.now += 2000 * kMilli; };
  const MeasureOptions options{.warmup_seconds = 0,
                               .warmup_runs = 0,
                               .max_seconds = 5,
                               .min_samples = 11,
                               .give_up_seconds = 10};
  EXPECT_EQ(measure(run, options, time.clock()).size(), 5U);
}

TEST(Measure, PeakMemoryGrowsWithWhatIsTouched) {
  const std::size_t before = peak_resident_bytes();
  std::vector<char> block(64U << 20, 1);
  EXPECT_GE(peak_resident_bytes(), before + block.size() / 2);
}

TEST(DummyData, FillsInputsWithinOneAndTheSameEachTime) {
  Graph graph;
  const NodeId x = graph.add("x", Input{{2, 3, 4, 4}});
  graph.set_outputs({graph.add("y", Flatten{}, {x})});
  const DummyData a(graph, 5);
  const DummyData b(graph, 5);
  ASSERT_EQ(a.inputs().size(), 1U);
  ASSERT_EQ(a.outputs().size(), 1U);
  ASSERT_EQ(a.inputs()[0].size(), 96U);
  EXPECT_EQ(a.outputs()[0].size(), 96U);
  EXPECT_TRUE(std::ranges::equal(a.inputs()[0], b.inputs()[0]));
  const auto [low, high] = std::ranges::minmax(a.inputs()[0]);
  EXPECT_GE(low, -1);
  EXPECT_LT(high, 1);
  EXPECT_LT(low, -0.5);
  EXPECT_GT(high, 0.5);
}

}  // namespace
}  // namespace qbench
