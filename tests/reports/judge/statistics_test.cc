// Statistics of comparison against published examples and enumeration.
#include "reports/judge/statistics.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>
#include <vector>

#include "engine/core/error.h"
#include "reports/record/average_precision.h"

namespace qbench {
namespace {

PairedCounts counts(std::int64_t both, std::int64_t first, std::int64_t second,
                    std::int64_t neither) {
  return {.both_right = both, .only_first = first, .only_second = second, .both_wrong = neither};
}

Prediction guess(std::int64_t sample, int label, std::array<int, 5> top) {
  return {.sample = sample, .label = label, .top = top};
}

TEST(PairedCounts, DropAndFlips) {
  const PairedCounts c = counts(50, 12, 4, 34);
  EXPECT_EQ(c.total(), 100);
  EXPECT_DOUBLE_EQ(c.drop(), 0.08);
  EXPECT_DOUBLE_EQ(c.flip_rate(), 0.16);
  EXPECT_EQ(PairedCounts{}.drop(), 0);
}

TEST(CountPairs, MatchesBySampleInAnyOrder) {
  const std::vector<Prediction> fp32 = {guess(4, 1, {1, 2, 3, 4, 5}), guess(1, 1, {1, 2, 3, 4, 5}),
                                        guess(2, 9, {1, 2, 3, 4, 5}), guess(3, 2, {1, 2, 3, 4, 5}),
                                        guess(8, 1, {1, 2, 3, 4, 5})};
  const std::vector<Prediction> int8 = {guess(1, 1, {1, 3, 2, 4, 5}), guess(2, 9, {9, 2, 3, 4, 5}),
                                        guess(3, 2, {1, 7, 6, 4, 8}), guess(4, 1, {6, 1, 3, 4, 5}),
                                        guess(7, 1, {1, 2, 3, 4, 5})};
  EXPECT_EQ(count_pairs(fp32, int8, 1), counts(1, 1, 1, 1));
  EXPECT_EQ(count_pairs(fp32, int8, 5), counts(2, 1, 1, 0));
  EXPECT_EQ(count_agreement(fp32, int8), (Agreement{.same = 2, .total = 4}));
  EXPECT_EQ(count_agreement(fp32, {}).rate(), 0);
}

// The mid-p definition itself: outcomes of n fair coins that are further from n/2 than what was
// seen, and half of those that are as far.
double enumerated_mid_p(std::int64_t b, std::int64_t c) {
  const std::int64_t n = b + c;
  double p = 0;
  for (std::int64_t i = 0; i <= n; ++i) {
    const double probability = std::exp(
        std::lgamma(static_cast<double>(n) + 1) - std::lgamma(static_cast<double>(i) + 1) -
        std::lgamma(static_cast<double>(n - i) + 1) - static_cast<double>(n) * std::log(2.0));
    const std::int64_t far = std::abs(2 * i - n);
    const std::int64_t seen = std::abs(b - c);
    if (far > seen) p += probability;
    if (far == seen) p += probability / 2;
  }
  return p;
}

TEST(McNemar, MidPFromItsDefinition) {
  for (std::int64_t b = 0; b <= 50; b += 5) {
    for (std::int64_t c = 0; c <= 50; ++c) {
      if (b + c == 0) continue;
      EXPECT_NEAR(mcnemar_p(counts(7, b, c, 3)), enumerated_mid_p(b, c), 1e-10) << b << " " << c;
    }
  }
}

TEST(McNemar, PublishedExamples) {
  // Fagerland, Lydersen and Laake (2013), airway hyper-responsiveness: mid-p 0.039.
  EXPECT_NEAR(mcnemar_p(counts(1, 1, 7, 12)), 0.0390625, 1e-12);
  // Agresti, Categorical Data Analysis, approval of the prime minister, 794, 150, 86, 570:
  // (150-86-1)^2/236 = 16.82, p = 4.1e-5 (R: mcnemar.test).
  EXPECT_NEAR(mcnemar_p(counts(794, 150, 86, 570)), 4.115e-5, 1e-8);
  EXPECT_EQ(mcnemar_p(counts(10, 0, 0, 10)), 1);
}

TEST(McNemar, TheTwoTestsMeetWhereTheyChange) {
  EXPECT_NEAR(mcnemar_p(counts(0, 60, 40, 0)), mcnemar_p(counts(0, 61, 40, 0)), 0.02);
}

TEST(DropInterval, PublishedExamples) {
  // Newcombe (1998), table III, 36 12 2 0.
  const Interval newcombe = drop_interval(counts(36, 12, 2, 0));
  EXPECT_NEAR(newcombe.low, 0.0569, 5e-5);
  EXPECT_NEAR(newcombe.high, 0.3404, 5e-5);
  // Altman et al., Statistics with Confidence (2000), table 6.2.
  const Interval altman = drop_interval(counts(14, 5, 0, 22));
  EXPECT_NEAR(altman.low, 0.011, 5e-4);
  EXPECT_NEAR(altman.high, 0.226, 5e-4);
  // Fagerland, Lydersen and Laake (2017), airway hyper-responsiveness.
  const Interval bentur = drop_interval(counts(1, 1, 7, 12));
  EXPECT_NEAR(bentur.low, -0.507, 5e-4);
  EXPECT_NEAR(bentur.high, -0.026, 5e-4);
}

TEST(DropInterval, IsSaneAtTheEdges) {
  for (const PairedCounts& c : {counts(0, 0, 0, 10), counts(10, 0, 0, 0), counts(336, 0, 0, 254)}) {
    const Interval interval = drop_interval(c);
    EXPECT_LT(interval.low, 0);
    EXPECT_GT(interval.high, 0);
    EXPECT_NEAR(interval.low, -interval.high, 1e-12);
  }
  EXPECT_EQ(drop_interval(PairedCounts{}), (Interval{-1, 1}));
  EXPECT_THROW(drop_interval(counts(1, 1, 1, 1), 1), Error);
}

TEST(DropInterval, CoversTheTrueDropAboutAsOftenAsItSays) {
  // 590 images, 60 % right in both, 5 % lost, 3 % gained: a true drop of 2 points.
  std::mt19937_64 random(11);
  std::discrete_distribution<int> image({0.60, 0.05, 0.03, 0.32});
  int covered = 0;
  constexpr int kTrials = 2000;
  for (int trial = 0; trial < kTrials; ++trial) {
    std::array<std::int64_t, 4> seen{};
    for (int i = 0; i < 590; ++i) ++seen.at(static_cast<std::size_t>(image(random)));
    covered += drop_interval(counts(seen[0], seen[1], seen[2], seen[3])).contains(0.02) ? 1 : 0;
  }
  EXPECT_GT(covered, kTrials * 93 / 100);
  EXPECT_LT(covered, kTrials * 98 / 100);
}

TEST(JudgeDrop, AllThree) {
  const PairedCounts small_loss = counts(38000, 550, 420, 11030);  // 0.26 points [0.14, 0.38]
  const auto word = [&](double margin) { return judge_drop(drop_interval(small_loss), margin); };
  EXPECT_EQ(word(0.005), Verdict::Word::ok);
  EXPECT_EQ(word(0.003), Verdict::Word::inconclusive);
  EXPECT_EQ(word(0.001), Verdict::Word::worse);
  // An interval that touches the margin holds it.
  EXPECT_EQ(judge_drop({0.1, 0.2}, 0.2), Verdict::Word::inconclusive);
  EXPECT_EQ(judge_drop({0.1, 0.2}, 0.1), Verdict::Word::inconclusive);
}

TEST(Planner, FollowsTheFormula) {
  // r (1.645 + 0.842)^2 / m^2 with r = 2 % and m = 0.2 points.
  EXPECT_NEAR(static_cast<double>(images_needed(0.02, 0.002, {.alpha = 0.05, .power = 0.8})),
              0.02 * 2.4865 * 2.4865 / 4e-6, 10);
  EXPECT_GT(images_needed(0.02, 0.002), 39'000);
  EXPECT_EQ(images_needed(0, 0.01), 0);
  EXPECT_THROW(images_needed(0.02, 0), Error);
  EXPECT_THROW(images_needed(1.5, 0.01), Error);
  // A true drop of half the margin leaves half the room: four times as many, less what the drop
  // takes off the variance.
  const double whole = static_cast<double>(images_needed(0.02, 0.002));
  EXPECT_NEAR(static_cast<double>(images_needed(0.02, 0.002, {.drop = 0.001})),
              4 * whole * (0.02 - 1e-6) / 0.02, 5);
  EXPECT_EQ(images_needed(0.02, 0.002, {.drop = 0.003}),
            images_needed(0.02, 0.004, {.drop = 0.003}));
  EXPECT_THROW(images_needed(0.02, 0.002, {.drop = 0.002}), Error);
}

TEST(Planner, AgreesWithTheVerdict) {
  // As many images as planned for a true drop of 0: the verdict is reached 80 % of the time.
  constexpr double kFlips = 0.04;
  constexpr double kMargin = 0.02;
  const std::int64_t images = images_needed(kFlips, kMargin);
  std::mt19937_64 random(5);
  std::discrete_distribution<int> image({0.7, kFlips / 2, kFlips / 2, 0.3 - kFlips});
  int reached = 0;
  constexpr int kTrials = 1000;
  for (int trial = 0; trial < kTrials; ++trial) {
    std::array<std::int64_t, 4> seen{};
    for (std::int64_t i = 0; i < images; ++i) ++seen.at(static_cast<std::size_t>(image(random)));
    const PairedCounts c = counts(seen[0], seen[1], seen[2], seen[3]);
    reached += judge_drop(drop_interval(c), kMargin) == Verdict::Word::ok ? 1 : 0;
  }
  EXPECT_NEAR(reached / static_cast<double>(kTrials), 0.8, 0.06);
}

TEST(LatencyRatio, IsTheGeometricMeanOverTheRoundsThatBothHave) {
  using Medians = std::vector<std::optional<double>>;
  const std::optional<Estimate> ratio =
      latency_ratio(Medians{8., 30., {}, 10.}, Medians{2., {}, 5., 10.});
  ASSERT_TRUE(ratio);
  EXPECT_DOUBLE_EQ(ratio->value, 2);  // of 4 and 1
  // log 2 +- 12.706 * (log 4 / sqrt 2) / sqrt 2
  EXPECT_NEAR(std::log(ratio->interval->high), std::log(2) + 12.7062 * std::log(4) / 2, 1e-4);
  EXPECT_NEAR(std::log(ratio->interval->low), std::log(2) - 12.7062 * std::log(4) / 2, 1e-4);
  EXPECT_EQ(latency_ratio(Medians{6.}, Medians{2.}), (Estimate{3, std::nullopt}));
  EXPECT_EQ(latency_ratio(Medians{6., {}}, Medians{{}, 2.}), std::nullopt);
}

TEST(LatencyRatio, WhatSlowsBothInARoundCancels) {
  const std::vector<std::optional<double>> fp32{10., 20., 40.};
  const std::vector<std::optional<double>> int8{4., 8., 16.};
  const std::optional<Estimate> ratio = latency_ratio(fp32, int8);
  EXPECT_DOUBLE_EQ(ratio->value, 2.5);
  EXPECT_NEAR(ratio->interval->width(), 0, 1e-12);
}

// Three images with one box each; `found` says which of them were.
std::vector<DetectedImage> boxes_found(const std::string& found) {
  std::vector<DetectedImage> images;
  for (std::size_t i = 0; i < found.size(); ++i) {
    DetectedImage image{.sample = static_cast<std::int64_t>(i),
                        .detections = {},
                        .truth = {{.label = 0, .voc = 1, .coco = 1}}};
    const Detection::Outcome outcome =
        found[i] == '1' ? Detection::Outcome::hit : Detection::Outcome::miss;
    image.detections.push_back(
        {.label = 0,
         .score = 0.5F,
         .voc = outcome,
         .coco_hits = static_cast<std::uint16_t>(found[i] == '1' ? 1023 : 0)});
    images.push_back(image);
  }
  return images;
}

TEST(ComparePrecision, PairsImagesAndRepeats) {
  const std::vector<DetectedImage> first = boxes_found("1111111111");
  const std::vector<DetectedImage> second = boxes_found("1111100000");
  const auto paired = compare_precision(first, second);
  ASSERT_TRUE(paired.has_value());
  EXPECT_EQ(paired->images, 10);
  for (const PairedPrecision::Drop& drop : {paired->voc07, paired->area, paired->coco}) {
    EXPECT_GT(drop.value, 0.3);
    EXPECT_LT(drop.interval.low, drop.value);
    EXPECT_GT(drop.interval.low, 0);
    EXPECT_GT(drop.interval.high, drop.value);
  }
  // Each is the difference of the means alone.
  const MeanPrecision a = PrecisionSet(first).mean();
  const MeanPrecision b = PrecisionSet(second).mean();
  EXPECT_DOUBLE_EQ(paired->voc07.value, a.voc07 - b.voc07);
  EXPECT_DOUBLE_EQ(paired->area.value, a.area - b.area);
  EXPECT_DOUBLE_EQ(paired->coco.value, a.coco - b.coco);
  EXPECT_EQ(compare_precision(first, second), paired);
  std::vector<DetectedImage> turned(second.rbegin(), second.rend());
  EXPECT_EQ(compare_precision(first, turned), paired);
}

TEST(ComparePrecision, EqualDetectorsHaveNoDrop) {
  const std::vector<DetectedImage> images = boxes_found("1101");
  const auto paired = compare_precision(images, images);
  ASSERT_TRUE(paired.has_value());
  for (const PairedPrecision::Drop& drop : {paired->voc07, paired->area, paired->coco})
    EXPECT_EQ(drop.interval, (Interval{0, 0}));
}

// Images without boxes cost COCO precision by what is detected on them, and VOC nothing.
TEST(ComparePrecision, CountsDetectionsOnImagesWithoutBoxesForCoco) {
  const std::vector<DetectedImage> first = boxes_found("1111");
  std::vector<DetectedImage> second = first;
  for (DetectedImage& image : second) {
    image.detections.front().score = 0.9F;
    image.detections.front().voc = Detection::Outcome::hit;
  }
  std::vector<DetectedImage> quiet = second;
  for (std::int64_t i = 4; i < 8; ++i) {
    quiet.push_back({.sample = i, .detections = {}, .truth = {}});
    second.push_back({.sample = i, .detections = {{.label = 0, .score = 0.95F}}, .truth = {}});
  }
  const auto paired = compare_precision(quiet, second);
  ASSERT_TRUE(paired.has_value());
  EXPECT_EQ(paired->voc07.interval, (Interval{0, 0}));
  EXPECT_DOUBLE_EQ(paired->coco.value, 0.5);  // four misses before four hits
  EXPECT_LT(paired->coco.interval.low, 0.5);
  EXPECT_GT(paired->coco.interval.high, 0.5);
}

TEST(ComparePrecision, NeedsTheSameImages) {
  EXPECT_FALSE(compare_precision(boxes_found("11"), boxes_found("111")).has_value());
  EXPECT_FALSE(compare_precision({}, {}).has_value());
}

TEST(DrawDrops, AreThoseOfComparePrecision) {
  const std::vector<DetectedImage> first = boxes_found("1111111111");
  const std::vector<DetectedImage> second = boxes_found("1111100000");
  const auto paired = compare_precision(first, second);
  for (const auto& [metric, drop] :
       {std::pair("map_voc07", paired->voc07), std::pair("map_area", paired->area),
        std::pair("map_coco", paired->coco)}) {
    const auto drawn = draw_drops(first, second, metric);
    ASSERT_TRUE(drawn.has_value());
    EXPECT_EQ(drawn->images, 10);
    EXPECT_EQ(drawn->draws.size(), 1000U);
    EXPECT_DOUBLE_EQ(drawn->drop, drop.value) << metric;
    EXPECT_EQ(drawn->interval(0.95), drop.interval) << metric;
    EXPECT_LT(drawn->interval(0.99).low, drop.interval.low);
  }
  EXPECT_FALSE(draw_drops(first, boxes_found("1"), "map_coco").has_value());
  EXPECT_THROW(draw_drops(first, second, "top1"), Error);
}

// Of 10 images none differs: with a share s that differ, that happens (1 - s)^10 of the time.
TEST(AtLeastUnseen, IsWhatNoImageOfSoManyShows) {
  const Interval limits = at_least_unseen({0, 0}, 0, 10);
  EXPECT_NEAR(std::pow(1 - limits.high, 10), 0.025, 1e-12);
  EXPECT_DOUBLE_EQ(limits.low, -limits.high);
  EXPECT_EQ(at_least_unseen({-0.4, 0.5}, 0, 10), (Interval{-0.4, 0.5}));
  EXPECT_EQ(at_least_unseen({0.5, 0.5}, 0.5, 0), (Interval{-0.5, 1.5}));
}

TEST(PrecisionInterval, NarrowsWithImages) {
  const Interval few = precision_interval(boxes_found("1101"));
  std::string many;
  for (int i = 0; i < 100; ++i) many += "1101";
  EXPECT_LT(precision_interval(boxes_found(many)).width(), few.width());
}

// Wilson's limits for 8 of 10, from the published formula.
TEST(ProportionInterval, IsWilsons) {
  const Interval limits = proportion_interval(8, 10);
  EXPECT_NEAR(limits.low, 0.4902, 1e-4);
  EXPECT_NEAR(limits.high, 0.9433, 1e-4);
  EXPECT_EQ(proportion_interval(0, 0), (Interval{0, 1}));
}

}  // namespace
}  // namespace qbench
