// By simulation: what is said after any image is wrong in at most one run of twenty.
#include "reports/judge/sequential.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "engine/core/error.h"

namespace qbench {
namespace {

// 1 with probability `lost`, -1 with `gained`.
class Images {
 public:
  Images(double lost, double gained, unsigned seed) : lost_(lost), gained_(gained), random_(seed) {}

  int next() {
    const double u = std::uniform_real_distribution()(random_);
    return u < lost_ ? 1 : u < lost_ + gained_ ? -1 : 0;
  }

 private:
  double lost_;
  double gained_;
  std::mt19937 random_;
};

TEST(Sequential, BeginsWithEverything) {
  const SequentialDrop drop(0.005);
  EXPECT_EQ(drop.verdict(), Verdict::Word::inconclusive);
  EXPECT_NEAR(drop.interval().low, -1, 1e-9);
  EXPECT_NEAR(drop.interval().high, 1, 1e-9);
  EXPECT_THROW(SequentialDrop(1), Error);
  EXPECT_THROW(SequentialDrop(std::nan("")), Error);
}

// The worst cases for the verdict: drops at the margin itself, with few and many images that
// change.
TEST(Sequential, VerdictsAreWrongInAtMostOneRunOfTwenty) {
  constexpr int kRuns = 400, kImages = 5000;
  constexpr double kMargin = 0.005;
  for (const double rate : {0.006, 0.02, 0.1}) {
    int too_good = 0, too_bad = 0;
    for (unsigned run = 0; run < kRuns; ++run) {
      Images images((rate + kMargin) / 2, (rate - kMargin) / 2, run);
      SequentialDrop drop(kMargin);
      for (int i = 0; i < kImages && drop.verdict() == Verdict::Word::inconclusive; ++i)
        drop.add(images.next());
      too_good += drop.verdict() == Verdict::Word::ok ? 1 : 0;
      too_bad += drop.verdict() == Verdict::Word::worse ? 1 : 0;
    }
    // 2.5 % each; three standard deviations of 400 runs above are 4.9 %.
    EXPECT_LE(too_good, 0.049 * kRuns) << rate;
    EXPECT_LE(too_bad, 0.049 * kRuns) << rate;
  }
}

// Interval looked at after each of many images: it must never have excluded the truth.
TEST(Sequential, IntervalsHoldTheTruthAtAllTimes) {
  constexpr int kRuns = 300;
  for (const auto& [lost, gained] :
       {std::pair{0.01, 0.01}, {0.02, 0.005}, {0.002, 0.004}, {0.2, 0.15}}) {
    int missed = 0;
    for (unsigned run = 0; run < kRuns; ++run) {
      Images images(lost, gained, run);
      SequentialDrop drop(0.005);
      for (int i = 0; i < 1500; ++i) drop.add(images.next());
      const Interval interval = drop.interval();  // of all that was ever refuted
      if (interval.low > lost - gained || interval.high < lost - gained) ++missed;
    }
    EXPECT_LE(missed, 0.088 * kRuns) << lost << " " << gained;  // 5 % and three deviations
  }
}

TEST(Sequential, TheVerdictIsWhatTheIntervalSays) {
  for (const double lost : {0.001, 0.03}) {
    Images images(lost, 0.002, 5);
    SequentialDrop drop(0.01);
    while (drop.verdict() == Verdict::Word::inconclusive && drop.images() < 20000)
      drop.add(images.next());
    EXPECT_GT(drop.interval().low, -0.05);
    if (lost < 0.01) {
      EXPECT_EQ(drop.verdict(), Verdict::Word::ok);
      EXPECT_LE(drop.interval().high, 0.01 + 1e-9);
      EXPECT_GT(drop.interval().high, 0.009);  // as soon as it could be said
    } else {
      EXPECT_EQ(drop.verdict(), Verdict::Word::worse);
      EXPECT_GE(drop.interval().low, 0.01 - 1e-9);
    }
  }
}

// Beside the images that a test planned for a drop of 0 needs (images_needed, power 0.8).
TEST(Sequential, DecidesWithAboutTheImagesOfAPlannedTest) {
  constexpr double kMargin = 0.005;
  for (const double rate : {0.01, 0.03}) {
    std::vector<std::int64_t> needed;
    for (unsigned run = 0; run < 60; ++run) {
      Images images(rate / 2, rate / 2, run);
      SequentialDrop drop(kMargin);
      while (drop.verdict() == Verdict::Word::inconclusive && drop.images() < 100000)
        drop.add(images.next());
      needed.push_back(drop.images());
      EXPECT_EQ(drop.verdict(), Verdict::Word::ok);
    }
    std::ranges::nth_element(needed, needed.begin() + 30);
    const auto planned = static_cast<double>(images_needed(rate, kMargin));
    EXPECT_LT(static_cast<double>(needed[30]), 1.5 * planned) << rate;
    RecordProperty("median_of_planned_" + std::to_string(rate),
                   std::to_string(static_cast<double>(needed[30]) / planned));
  }
}

TEST(Sequential, PairsBySampleInTheOrderOfTheSecond) {
  const auto guess = [](std::int64_t sample, int label, int top) {
    return Prediction{.sample = sample, .label = label, .top = {top, -1, -1, -1, -1}};
  };
  const std::vector first{guess(1, 0, 0), guess(2, 0, 1), guess(3, 0, 0), guess(9, 0, 0)};
  const std::vector second{guess(3, 0, 1), guess(2, 0, 0), guess(7, 0, 0), guess(1, 0, 0)};
  const SequentialDrop found = sequential_drop(first, second, 1, 0.01);
  SequentialDrop expected(0.01);
  for (const int difference : {1, -1, 0}) expected.add(difference);
  EXPECT_EQ(found.images(), 3);
  EXPECT_EQ(found.interval().low, expected.interval().low);
  EXPECT_EQ(found.interval().high, expected.interval().high);
}

}  // namespace
}  // namespace qbench
