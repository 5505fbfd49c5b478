#include "harness/measure/steady.h"

#include <gmock/gmock.h>

#include <algorithm>

namespace qbench {
namespace {

using testing::Each;
using testing::ElementsAre;
using testing::IsEmpty;

std::vector<ClockState> states(std::initializer_list<double> clocks) {
  std::vector<ClockState> made;
  for (const double mhz : clocks) made.push_back({.mhz = mhz});
  return made;
}

TEST(FindSteady, ASteadyClockKeepsAll) {
  EXPECT_THAT(find_steady(states({1980, 1965, 1980, 1950, 1995})), Each(true));
  EXPECT_THAT(find_steady(states({210})), ElementsAre(true));
  EXPECT_THAT(find_steady({}), IsEmpty());
}

TEST(FindSteady, ADropIsFound) {
  EXPECT_THAT(find_steady(states({1980, 1980, 1200, 1300, 1980, 1980})),
              ElementsAre(true, true, false, false, true, true));
}

TEST(FindSteady, TheLimitIsAShareOfTheMedian) {
  EXPECT_THAT(find_steady(states({1000, 1000, 950, 949, 1000})),
              ElementsAre(true, true, true, false, true));
  // A short boost condemns nothing, and a slow processor is steady too.
  EXPECT_THAT(find_steady(states({2000, 1000, 1000, 1000})), Each(true));
}

TEST(FindSteady, ByTheClockAloneHalfIsLeftAtLeast) {
  const std::vector<bool> steady = find_steady(states({100, 200, 400, 800, 1600, 3200}));
  EXPECT_GE(std::ranges::count(steady, true), 3);
}

TEST(FindSteady, ThrottledIsNotSteadyWhateverTheClock) {
  std::vector<ClockState> all = states({1980, 1980, 1000, 1000, 1000});
  for (std::size_t i = 2; i < all.size(); ++i) all[i].throttled = true;
  all[1].throttled = true;
  EXPECT_THAT(find_steady(all), ElementsAre(true, false, false, false, false));
  for (ClockState& state : all) state.throttled = true;
  EXPECT_THAT(find_steady(all), Each(false));
}

// Samples of a millisecond each, on a clock of which a test says the state.
struct Milliseconds {
  std::int64_t now = 0;
  int reads = 0;
  std::optional<ClockState> state = ClockState{.mhz = 1000};
  SteadySamples samples{[this] { return now; },
                        [this] {
                          ++reads;
                          return state;
                        }};

  void add(int count) {
    for (int i = 0; i < count; ++i) {
      now += 1'000'000;
      samples.add(1e6 + static_cast<double>(samples.taken()));
    }
  }
};

TEST(SteadySamples, AStateStandsForAFewMilliseconds) {
  Milliseconds m;
  m.add(10);
  EXPECT_EQ(m.reads, 2);
  m.state = ClockState{.mhz = 1000, .throttled = true};
  m.add(5);
  m.state = ClockState{.mhz = 1000};
  m.add(2);
  EXPECT_EQ(m.samples.steady(), 17U);
  m.samples.judge();
  EXPECT_EQ(m.reads, 4);
  EXPECT_EQ(m.samples.steady(), 12U);
  EXPECT_EQ(m.samples.steady_ns().size(), 12U);
  const Series series = m.samples.finish();
  EXPECT_EQ(series.discarded, 5U);
  EXPECT_EQ(series.latency_ns.at(9), 1e6 + 9);
  EXPECT_EQ(series.latency_ns.at(10), 1e6 + 15);
  EXPECT_EQ(series.clock_mhz.size(), 12U);
}

TEST(SteadySamples, KeepAllRatherThanTheLesserHalf) {
  Milliseconds m;
  m.state->throttled = true;
  m.add(15);
  m.state->throttled = false;
  m.add(10);
  const Series series = m.samples.finish();
  EXPECT_EQ(series.latency_ns.size(), 25U);
  EXPECT_EQ(series.discarded, 0U);
  EXPECT_EQ(series.slowed, 15U);
}

TEST(SteadySamples, AClockThatIsLostStaysAsItWas) {
  Milliseconds m;
  m.add(5);
  m.state.reset();
  m.add(20);
  EXPECT_EQ(m.samples.finish().clock_mhz, std::vector<double>(25, 1000));
}

}  // namespace
}  // namespace qbench
