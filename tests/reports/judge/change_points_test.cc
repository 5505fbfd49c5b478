#include "reports/judge/change_points.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

#include "engine/core/error.h"

namespace qbench {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

class Nights {
 public:
  explicit Nights(std::uint64_t seed) : random_(seed) {}
  // `count` more nights around `level`, of standard deviation 1.
  void add(int count, double level) {
    for (int i = 0; i < count; ++i)
      values.push_back(level + std::normal_distribution<double>()(random_));
  }
  std::vector<double> values;

 private:
  std::mt19937_64 random_;
};

std::vector<std::size_t> places(const std::vector<double>& values) {
  std::vector<std::size_t> found;
  for (const ChangePoint& point : change_points(values).points) found.push_back(point.index);
  return found;
}

TEST(ChangePoints, AreWhereTheLevelChanges) {
  Nights nights(3);
  nights.add(40, 0);
  nights.add(30, 5);
  nights.add(30, 1);
  EXPECT_THAT(places(nights.values), ElementsAre(40, 70));
  EXPECT_EQ(change_points(nights.values).p_value, 1 / 2000.);
}

TEST(ChangePoints, AreTheSameEachTime) {
  Nights nights(4);
  nights.add(30, 0);
  nights.add(10, 3);
  EXPECT_EQ(change_points(nights.values).points, change_points(nights.values).points);
}

TEST(ChangePoints, OfFewOrEqualValuesAreNone) {
  EXPECT_THAT(places({}), IsEmpty());
  EXPECT_THAT(places({1, 2, 3, 100, 101}), IsEmpty());
  EXPECT_THAT(places(std::vector<double>(50, 2.5)), IsEmpty());
}

TEST(ChangePoints, OneOddNightIsNone) {
  Nights nights(5);
  nights.add(60, 0);
  nights.values[30] = 40;
  nights.values.back() = -40;
  EXPECT_THAT(places(nights.values), IsEmpty());
}

TEST(ChangePoints, DoNotDependOnTheDistribution) {
  // Skewed, as latencies are: exponentials, whose tail a z-score takes for an alarm.
  std::mt19937_64 random(6);
  std::vector<double> values;
  for (int i = 0; i < 200; ++i) values.push_back(std::exponential_distribution<double>()(random));
  EXPECT_THAT(places(values), IsEmpty());
}

TEST(ChangePoints, WhatIsNotFiniteIsAnError) {
  EXPECT_THROW(places({1, 2, std::nan(""), 4, 5, 6}), Error);
  EXPECT_THROW(places({1, 2, std::numeric_limits<double>::infinity(), 4, 5, 6}), Error);
}

// Looked at after each of 200 nights, of which none differs from the others.
TEST(ChangePoints, FalseAlarmsAreFewInTwoHundredNights) {
  constexpr int kTrials = 60;
  int alarms = 0;
  for (int trial = 0; trial < kTrials; ++trial) {
    Nights nights(100 + static_cast<std::uint64_t>(trial));
    bool alarm = false;
    for (int night = 0; night < 200 && !alarm; ++night) {
      nights.add(1, 0);
      alarm = !places(nights.values).empty();
    }
    alarms += alarm ? 1 : 0;
  }
  EXPECT_LE(alarms, 8);  // 5 % and three standard deviations; 12 of 300 were counted
  RecordProperty("alarms", alarms);
}

// How many nights after a step it is found, at most, in nine of ten histories.
int nights_to_find(int before, double step) {
  constexpr int kTrials = 30;
  constexpr int kMost = 30;
  std::vector<int> delays;
  for (int trial = 0; trial < kTrials; ++trial) {
    Nights nights(1000 + static_cast<std::uint64_t>(trial));
    nights.add(before, 0);
    int delay = 0;
    do {
      nights.add(1, step);
      ++delay;
    } while (places(nights.values).empty() && delay < kMost);
    delays.push_back(delay);
  }
  std::sort(delays.begin(), delays.end());
  return delays[kTrials * 9 / 10];
}

TEST(ChangePoints, AStepIsFoundWithinFewNights) {
  EXPECT_LE(nights_to_find(50, 2), 12);
  EXPECT_LE(nights_to_find(50, 3), 7);
}

}  // namespace
}  // namespace qbench
