#include "harness/measure/measure.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <functional>
#include <optional>
#include <string>
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
  MeasureOptions options{
      .warmup_seconds = 0, .warmup_runs = 3, .min_seconds = 0, .min_samples = 20};
  std::vector<double> samples = measure(run, options, time.clock()).latency_ns;
  EXPECT_EQ(samples, std::vector<double>(20, 1e6));  // no spread: known at once
  EXPECT_EQ(runs, 23);
  options.min_seconds = 0.1;
  samples = measure(run, options, time.clock()).latency_ns;
  EXPECT_GE(samples.size(), 100U);
  EXPECT_LE(samples.size(), 130U);
}

TEST(Measure, SamplesThatResembleTheirNeighboursTellLess) {
  // The same two latencies, in turns or 40 at a time.
  const auto taken = [](int neighbours) {
    FakeTime time;
    int runs = 0;
    const auto run = [&] { time.now += runs++ / neighbours % 2 == 0 ? kMilli : kMilli * 11 / 10; };
    const MeasureOptions options{.warmup_seconds = 0,
                                 .warmup_runs = 0,
                                 .min_seconds = 0,
                                 .max_seconds = 2,
                                 .min_samples = 200,
                                 .target_interval = 0.03};
    return measure(run, options, time.clock()).latency_ns.size();
  };
  EXPECT_EQ(taken(1), 200U);
  EXPECT_GT(taken(40), 400U);
}

TEST(MeasureOptions, RoundsShareTheSeconds) {
  const MeasureOptions options{.warmup_seconds = 1,
                               .min_seconds = 2,
                               .max_seconds = 8,
                               .min_samples = 11,
                               .give_up_seconds = 60,
                               .rounds = 4};
  const MeasureOptions round = options.of_one_round();
  EXPECT_EQ(round.warmup_seconds, 0.25);
  EXPECT_EQ(round.min_seconds, 0.5);
  EXPECT_EQ(round.max_seconds, 2);
  EXPECT_EQ(round.min_samples, 3);
  const MeasureOptions half{.min_samples = 11, .rounds = 2};
  EXPECT_EQ(half.of_one_round().min_samples, 6);
  EXPECT_EQ(MeasureOptions{.min_samples = 2}.of_one_round().min_samples, 2);
  EXPECT_EQ(round.give_up_seconds, 60);
  EXPECT_EQ(round.rounds, 1);
}

TEST(PeakResidentBytes, IsOfThisProcessAlone) {
  std::vector<char> much(64 << 20, 'x');  // more than the child touches
  ASSERT_GE(peak_resident_bytes(), much.size());
  int pipe_ends[2];
  ASSERT_EQ(pipe(pipe_ends), 0);
  const pid_t child = fork();
  if (child == 0) {
    dup2(pipe_ends[1], STDOUT_FILENO);
    execl("/proc/self/exe", "measure_test", "--gtest_filter=PeakResidentBytes.DISABLED_Print",
          "--gtest_also_run_disabled_tests", nullptr);
    _exit(1);
  }
  close(pipe_ends[1]);
  std::string said;
  char buffer[4096];
  for (ssize_t n; (n = read(pipe_ends[0], buffer, sizeof buffer)) > 0;)
    said.append(buffer, static_cast<std::size_t>(n));
  close(pipe_ends[0]);
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_EQ(status, 0) << said;
  const std::size_t at = said.find("peak ");
  ASSERT_NE(at, std::string::npos) << said;
  const unsigned long peak = std::stoul(said.substr(at + 5));
  EXPECT_GT(peak, 1U << 20);
  EXPECT_LT(peak, 48U << 20);
}

// What the child of the test above says.
TEST(PeakResidentBytes, DISABLED_Print) { std::printf("peak %zu\n", peak_resident_bytes()); }

TEST(Measure, WhatFollowsASampleIsNotTimed) {
  FakeTime time;
  int samples = 0;
  const auto run = [&] { time.now += kMilli; };
  const auto after = [&] { ++samples, time.now += kMilli; };
  const MeasureOptions options{
      .warmup_seconds = 0, .warmup_runs = 3, .min_seconds = 0, .min_samples = 20};
  EXPECT_EQ(measure(run, options, time.clock(), after).latency_ns, std::vector<double>(20, 1e6));
  EXPECT_EQ(samples, 20);
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
              time.clock())
          .latency_ns;
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
  EXPECT_EQ(measure(run, options, time.clock()).latency_ns.size(), 5U);
}

// A processor whose k-th run, from 0, is slow where `slow(k)`: at half the clock, twice as long.
struct Throttling {
  FakeTime time{};
  std::function<bool(int)> slow;
  int runs = 0;
  bool told = true;

  Series measured(const MeasureOptions& options) {
    const auto run = [this] { time.now += (slow(runs++) ? 20 : 10) * kMilli; };
    const auto read = [this]() -> std::optional<ClockState> {
      if (!told) return std::nullopt;
      return ClockState{.mhz = slow(runs - 1) ? 900.0 : 1800.0};
    };
    return measure(
        run, options, time.clock(), [] {}, read);
  }
};

constexpr MeasureOptions kNoWarmup{.warmup_seconds = 0, .warmup_runs = 0};

MeasureOptions exactly(int samples) {
  MeasureOptions options = kNoWarmup;
  options.max_seconds = options.give_up_seconds = 1e9;
  options.min_samples = options.max_samples = samples;
  return options;
}

TEST(Measure, SamplesAtALowerClockAreReplaced) {
  Throttling processor{.slow = [](int run) { return run >= 20 && run < 30; }};
  const Series series = processor.measured(exactly(100));
  EXPECT_EQ(series.latency_ns, std::vector<double>(100, 1e7));
  EXPECT_EQ(series.clock_mhz, std::vector<double>(100, 1800));
  EXPECT_EQ(series.discarded, 10U);
  EXPECT_EQ(series.slowed, 0U);
  EXPECT_EQ(processor.runs, 110);
  ASSERT_EQ(series.runs.size(), 100U);
  EXPECT_EQ(series.runs[19], 19U);
  EXPECT_EQ(series.runs[20], 30U);
}

TEST(Measure, TheTimeOfReplacedSamplesDoesNotCount) {
  MeasureOptions options = kNoWarmup;
  options.max_seconds = 1;
  options.target_interval = -1;  // never narrow enough
  Throttling steady{.slow = [](int) { return false; }};
  EXPECT_EQ(steady.measured(options).latency_ns.size(), 100U);
  Throttling processor{.slow = [](int run) { return run < 10; }};
  const Series series = processor.measured(options);
  EXPECT_EQ(series.discarded, 10U);
  EXPECT_NEAR(static_cast<double>(series.latency_ns.size()), 100, 10);
}

TEST(Measure, ReplacingTakesAsManyAgainAtMost) {
  // Most samples are slow once the median clock is known: no replacement is any better.
  Throttling processor{.slow = [](int run) { return run >= 60; }};
  const Series series = processor.measured(exactly(100));
  EXPECT_LE(processor.runs, 200);
  EXPECT_EQ(series.discarded + series.latency_ns.size(), static_cast<std::size_t>(processor.runs));
  EXPECT_GE(series.latency_ns.size(), static_cast<std::size_t>(processor.runs) / 2);
}

TEST(Measure, ReplacingTakesAsLongAgainAtMost) {
  MeasureOptions options = kNoWarmup;
  options.max_seconds = 1;
  options.target_interval = -1;
  FakeTime time;
  const Series series = measure([&] { time.now += 10 * kMilli; }, options, time.clock(), [] {},
                                [] { return ClockState{.mhz = 1000, .throttled = true}; });
  EXPECT_NEAR(static_cast<double>(time.now), 2e9, 5e7);
  EXPECT_EQ(series.discarded, 0U);  // nothing would be left
  EXPECT_EQ(series.slowed, series.latency_ns.size());
  EXPECT_EQ(series.latency_ns.size(), 200U);
}

TEST(Measure, WithoutAClockNothingIsDiscarded) {
  Throttling processor{.slow = [](int run) { return run >= 20 && run < 30; }, .told = false};
  const Series series = processor.measured(exactly(100));
  EXPECT_EQ(processor.runs, 100);
  EXPECT_EQ(series.latency_ns.size(), 100U);
  EXPECT_TRUE(series.clock_mhz.empty());
  EXPECT_EQ(series.discarded + series.slowed, 0U);
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
