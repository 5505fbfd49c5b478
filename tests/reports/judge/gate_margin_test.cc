// Margin gates: what is compared with what, and what they say.
#include <gmock/gmock.h>

#include <string>

#include "tests/reports/judge/gate_testing.h"

namespace qbench {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using enum Verdict::Word;

// FP32 right on `right` of `images` images; INT8 loses the first `lost` of them, and gains `gained`
// of the others.
std::vector<CaseRecord> pair_of(int images, int right, int lost, int gained) {
  std::string fp32(static_cast<std::size_t>(images), '.');
  std::fill_n(fp32.begin(), right, '1');
  std::string int8 = fp32;
  std::fill_n(int8.begin(), lost, '.');
  std::fill_n(int8.begin() + right, gained, '1');
  std::vector<CaseRecord> cases{synthetic_case("fp32"), synthetic_case("int8", "naive", 5)};
  set_images(cases[0], fp32);
  set_images(cases[1], int8);
  return cases;
}

TEST(GateMargin, IsJudgedByTheIntervalOfThePairedDrop) {
  const std::vector<CaseRecord> cases = pair_of(2000, 1500, 20, 10);  // 0.5 points
  Gate g = gate("top1", GateKind::margin, 0.02);
  const Judged below = judged(g, cases);
  EXPECT_EQ(below.outcome, GateSummary::Outcome::passed);
  ASSERT_EQ(below.verdicts.size(), 1U);  // FP32 is not compared with itself
  const Verdict& verdict = below.verdicts[0];
  const Interval expected = drop_interval(PairedCounts{1480, 20, 10, 490});
  EXPECT_EQ(verdict.word, ok);
  EXPECT_EQ(verdict.kind, "margin");
  EXPECT_EQ(verdict.bound, 0.02);
  EXPECT_NEAR(*verdict.value, 0.005, 1e-12);
  EXPECT_EQ(verdict.interval, expected);
  EXPECT_EQ(verdict.images_needed, std::nullopt);
  EXPECT_EQ(verdict.reason,
            fmt::format("drop 0.005, 95 % interval [{:.4g}, {:.4g}]", expected.low, expected.high));
  g.bound = 0.004;
  const Judged unclear = judged(g, cases);
  EXPECT_EQ(unclear.outcome, GateSummary::Outcome::failed);
  EXPECT_EQ(unclear.verdicts[0].word, inconclusive);
  EXPECT_GT(unclear.verdicts[0].images_needed, 2000);
  EXPECT_THAT(unclear.verdicts[0].reason,
              AllOf(HasSubstr("; needs about "), HasSubstr(" images, if the drop stays")));
  g.allow_inconclusive = true;
  EXPECT_EQ(judged(g, cases).outcome, GateSummary::Outcome::passed);
  EXPECT_EQ(judged(g, cases).verdicts[0].word, inconclusive);
  g.bound = 0.02;
  const Judged lost = judged(g, pair_of(2000, 1500, 200, 10));
  EXPECT_EQ(lost.verdicts[0].word, worse);
  EXPECT_EQ(lost.outcome, GateSummary::Outcome::failed);
}

TEST(GateMargin, Top5HasItsOwnCounts) {
  std::vector<CaseRecord> cases = pair_of(2000, 1500, 0, 0);
  for (int i = 0; i < 100; ++i)  // the first guess is wrong, the fifth right: top-1 alone drops
    cases[1].predictions.edit()[static_cast<std::size_t>(i)].top = {0, 1, 2, 3, 7};
  EXPECT_EQ(judged(gate("top5", GateKind::margin, 0.01), cases).verdicts[0].word, ok);
  EXPECT_EQ(judged(gate("top1", GateKind::margin, 0.01), cases).verdicts[0].word, worse);
}

// Batch sizes and threads that found the same are one comparison: nothing is paid for them.
TEST(GateMargin, TheSameFoundAgainIsNoComparisonMore) {
  std::vector<CaseRecord> cases = pair_of(2000, 1500, 20, 10);
  const std::vector<CaseRecord> alone = cases;
  for (const int batch : {8, 32}) {
    for (CaseRecord again : alone) {
      again.batch_size = batch;
      again.case_id += std::to_string(batch);
      cases.push_back(again);
    }
  }
  const Gate g = gate("top1", GateKind::margin, 0.02);
  const std::vector<Verdict> same = judged(g, cases).verdicts;
  ASSERT_EQ(same.size(), 3U);
  for (const Verdict& verdict : same)
    EXPECT_EQ(verdict.interval, judged(g, alone).verdicts[0].interval);
  // Another variant, or other answers, are.
  cases[3].mode = "entropy";
  EXPECT_THAT(judged(g, cases).verdicts[0].reason, HasSubstr("97.5 % interval"));
  cases[3].mode = "naive";
  cases[3].predictions.edit()[0].top[0] = 7;
  EXPECT_THAT(judged(g, cases).verdicts[0].reason, HasSubstr("97.5 % interval"));
}

TEST(GateMargin, ImagesThatAreNotSharedAreNotMeasured) {
  std::vector<CaseRecord> cases = pair_of(20, 15, 0, 0);
  for (Prediction& prediction : cases[1].predictions.edit()) prediction.sample += 100;
  const Judged other = judged(gate("top1", GateKind::margin, 0.9), cases);
  EXPECT_EQ(other.verdicts[0].word, not_judged);
  EXPECT_EQ(other.outcome, GateSummary::Outcome::failed);
}

CaseRecord detector(const std::string& precision, const std::string& found) {
  CaseRecord record = synthetic_case(precision, precision == "int8" ? "naive" : "");
  for (std::size_t i = 0; i < found.size(); ++i) {
    Detection drawn{.label = 0, .score = 0.9F, .voc = Detection::Outcome::miss};
    if (found[i] == '1') {
      drawn.voc = Detection::Outcome::hit;
      drawn.coco_hits = 1023;
    }
    record.detections.push_back({.sample = static_cast<std::int64_t>(i),
                                 .detections = {drawn},
                                 .truth = {{.label = 0, .voc = 1, .coco = 1}}});
  }
  record.metrics = {make_metric("map_voc07", 0.5)};
  return record;
}

TEST(GateMargin, DetectorsHaveTheIntervalOfTheirBootstrap) {
  const std::string all(400, '1');
  std::string half = all;
  std::fill_n(half.begin(), 200, '0');
  for (const char* metric : {"map_voc07", "map_area", "map_coco"}) {
    const Gate g = gate(metric, GateKind::margin, 0.05);
    const std::vector<CaseRecord> lost{detector("fp32", all), detector("int8", half)};
    const Verdict verdict = judged(g, lost).verdicts.at(0);
    EXPECT_EQ(verdict.word, worse) << metric;
    EXPECT_TRUE(verdict.interval->contains(*verdict.value));
    EXPECT_EQ(judged(g, {detector("fp32", all), detector("int8", all)}).verdicts[0].word, ok);
    // Three images that do not differ prove nothing.
    const std::vector<CaseRecord> few{detector("fp32", "111"), detector("int8", "111")};
    EXPECT_EQ(judged(g, few).verdicts[0].word, inconclusive) << metric;
  }
}

TEST(GateMargin, MayBeKnownToFail) {
  Gate g = gate("top1", GateKind::margin, 0.02);
  g.known_failures = {{.reason = "few images", .until = "2027-01-31"}};
  const Judged forgiven = judged(g, pair_of(200, 150, 2, 1), {.today = "2026-12-01"});
  EXPECT_EQ(forgiven.outcome, GateSummary::Outcome::passed);
  EXPECT_THAT(forgiven.verdicts[0].reason, HasSubstr("expected failure: few images (drop 0.005"));
}

}  // namespace
}  // namespace qbench
