// Non-inferiority with Holm's correction: its steps, how often it is wrong, how many images it asks
// for.
#include "reports/judge/margin.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

namespace qbench {
namespace {

using enum Verdict::Word;

PairedCounts counts(std::int64_t both, std::int64_t first, std::int64_t second,
                    std::int64_t neither) {
  return {.both_right = both, .only_first = first, .only_second = second, .both_wrong = neither};
}

std::vector<Verdict::Word> words(const std::vector<DropEvidence>& cases, double margin) {
  std::vector<Verdict::Word> result;
  for (const MarginDecision& decision : judge_margin(cases, margin))
    result.push_back(decision.word);
  return result;
}

TEST(Margin, OneCaseIsJudgedByIts95Interval) {
  const PairedCounts loss = counts(38000, 550, 420, 11030);  // 0.26 points [0.14, 0.38]
  const std::vector<DropEvidence> one{loss};
  EXPECT_EQ(words(one, 0.005), std::vector{ok});
  EXPECT_EQ(words(one, 0.003), std::vector{inconclusive});
  EXPECT_EQ(words(one, 0.001), std::vector{worse});
  const MarginDecision decision = judge_margin(one, 0.003).at(0);
  EXPECT_DOUBLE_EQ(decision.confidence, 0.95);
  EXPECT_EQ(decision.interval, drop_interval(loss, 0.95));
  EXPECT_TRUE(judge_margin({}, 0.1).empty());
}

// Two cases: the sharper one is judged at 97.5 %, and if it gets its word the other at 95 %.
TEST(Margin, HolmStepsDown) {
  const PairedCounts clear = counts(9000, 20, 20, 960);
  const PairedCounts close = counts(9000, 110, 60, 830);  // 0.5 points
  const double between = (drop_interval(close, 0.95).high + drop_interval(close, 0.975).high) / 2;
  EXPECT_EQ(words({clear, close}, between), (std::vector{ok, ok}));
  EXPECT_EQ(words({close, close}, between), (std::vector{inconclusive, inconclusive}));
  const std::vector<MarginDecision> both =
      judge_margin(std::vector<DropEvidence>{clear, close}, between);
  EXPECT_DOUBLE_EQ(both[0].confidence, 0.975);
  EXPECT_DOUBLE_EQ(both[1].confidence, 0.95);
  EXPECT_EQ(both[1].interval, drop_interval(close, 0.95));
  // The same for worse: the words have their own steps.
  const double below = (drop_interval(close, 0.95).low + drop_interval(close, 0.975).low) / 2;
  const PairedCounts lost = counts(8000, 1000, 10, 990);
  EXPECT_EQ(words({lost, close}, below), (std::vector{worse, worse}));
  EXPECT_EQ(words({clear, close}, below), (std::vector{ok, inconclusive}));
}

// Multinomial: `n` images with these shares lost and gained, 70 % right in both.
PairedCounts draw(std::mt19937_64& random, std::int64_t n, double lost, double gained) {
  const auto some = [&random](std::int64_t of, double share) {
    return std::binomial_distribution<std::int64_t>(of, share)(random);
  };
  const std::int64_t first = some(n, lost);
  const std::int64_t second = some(n - first, gained / (1 - lost));
  const std::int64_t both = some(n - first - second, 0.7 / (1 - lost - gained));
  return counts(both, first, second, n - first - second - both);
}

struct Alarms {
  double worse = 0;
  double ok = 0;
};

// How often any of six cases gets a word when all drops are exactly the margin: both are wrong.
Alarms false_alarms(bool corrected) {
  constexpr int kTrials = 2000;
  constexpr double kMargin = 0.02;
  std::mt19937_64 random(3);
  Alarms alarms;
  for (int trial = 0; trial < kTrials; ++trial) {
    std::vector<DropEvidence> cases;
    for (int i = 0; i < 6; ++i) cases.emplace_back(draw(random, 3000, 0.06, 0.04));
    std::vector<Verdict::Word> said;
    if (corrected) {
      said = words(cases, kMargin);
    } else {
      for (const DropEvidence& alone : cases) said.push_back(words({alone}, kMargin).front());
    }
    alarms.worse += std::ranges::count(said, worse) > 0 ? 1.0 / kTrials : 0;
    alarms.ok += std::ranges::count(said, ok) > 0 ? 1.0 / kTrials : 0;
  }
  return alarms;
}

TEST(Margin, WrongWordsAreRareHoweverManyCasesThereAre) {
  // 2.5 % each; the standard error of 2000 trials is 0.35 %.
  const Alarms holm = false_alarms(true);
  EXPECT_LT(holm.worse, 0.035);
  EXPECT_LT(holm.ok, 0.035);
  EXPECT_GT(holm.worse, 0.008);
  EXPECT_GT(holm.ok, 0.008);
  const Alarms alone = false_alarms(false);  // 1 - 0.975^6 = 14 %
  EXPECT_GT(alone.worse, 0.09);
  EXPECT_GT(alone.ok, 0.09);
}

// With as many images as are said to be needed, and the same rates, the word comes 4 times of 5.
TEST(Margin, AsManyImagesAsAreNeededTell) {
  const PairedCounts pilot = counts(700, 22, 18, 260);  // 0.4 points
  const MarginDecision decision = judge_margin(std::vector<DropEvidence>{pilot}, 0.01).at(0);
  ASSERT_EQ(decision.word, inconclusive);
  ASSERT_TRUE(decision.images_needed.has_value());
  EXPECT_NEAR(static_cast<double>(*decision.images_needed),
              (0.04 - 0.004 * 0.004) * 2.8016 * 2.8016 / (0.006 * 0.006), 5);
  std::mt19937_64 random(5);
  int told = 0;
  constexpr int kTrials = 1000;
  for (int trial = 0; trial < kTrials; ++trial) {
    const PairedCounts more = draw(random, *decision.images_needed, 0.022, 0.018);
    told += words({more}, 0.01).front() == ok ? 1 : 0;
  }
  EXPECT_NEAR(told / static_cast<double>(kTrials), 0.8, 0.06);
}

// The planner's formula knows nothing of what was not seen: without a flip it asks for no image.
TEST(Margin, WithoutFlipsImagesAreNeededAllTheSame) {
  const PairedCounts few = counts(30, 0, 0, 10);
  const MarginDecision decision = judge_margin(std::vector<DropEvidence>{few}, 0.01).at(0);
  ASSERT_EQ(decision.word, inconclusive);
  ASSERT_TRUE(decision.images_needed.has_value());
  EXPECT_GT(*decision.images_needed, 100);
  const std::int64_t factor = *decision.images_needed / 40 + 1;
  EXPECT_EQ(words({counts(30 * factor, 0, 0, 10 * factor)}, 0.01), std::vector{ok});
}

TEST(Margin, NoNumberOfImagesTellsADropThatIsTheMargin) {
  const PairedCounts exact = counts(700, 20, 10, 270);  // 0.01
  const MarginDecision decision =
      judge_margin(std::vector<DropEvidence>{exact}, exact.drop()).at(0);
  EXPECT_EQ(decision.word, inconclusive);
  EXPECT_FALSE(decision.images_needed.has_value());
}

TEST(Margin, DetectorsAreJudgedByTheirDrawsAndByWhatWasNotSeen) {
  DrawnDrops drawn{.drop = 0.01, .images = 5000, .draws = {}};
  for (int i = 0; i < 1000; ++i) drawn.draws.push_back(0.006 + 0.008 * i / 999);
  EXPECT_EQ(words({drawn}, 0.015), std::vector{ok});
  EXPECT_EQ(words({drawn}, 0.010), std::vector{inconclusive});
  EXPECT_EQ(words({drawn}, 0.005), std::vector{worse});
  // Nothing differs, but there are few images.
  DrawnDrops equal{.drop = 0, .images = 40, .draws = std::vector<double>(1000, 0.0)};
  const MarginDecision few = judge_margin(std::vector<DropEvidence>{equal}, 0.01).at(0);
  EXPECT_EQ(few.word, inconclusive);
  ASSERT_TRUE(few.images_needed.has_value());
  EXPECT_GT(*few.images_needed, 367);  // 1 - 0.025^(1/n) is below 0.01 from there on
  equal.images = 400;
  EXPECT_EQ(words({equal}, 0.01), std::vector{ok});
}

}  // namespace
}  // namespace qbench
