#include "harness/suite/gates.h"

#include <gmock/gmock.h>

namespace qbench {
namespace {

using testing::HasSubstr;

CaseRecord record(const char* model, const char* precision, const char* mode, double top1) {
  CaseRecord made;
  made.model = model;
  made.precision = precision;
  made.mode = mode;
  made.calib_batches = made.mode == "naive" ? 5 : 0;
  made.backend = "onednn";
  made.metrics = {{"top1", top1, "fraction", true}};
  made.predictions = {{0, 1, {1, 2, 3, 4, 5}}, {1, 5, {1, 2, 3, 4, 5}}, {2, 9, {1, 2, 3, 4, 5}}};
  return made;
}

std::vector<CaseRecord> records() {
  return {record("net", "fp32", "", 0.80), record("net", "int8", "none", 0.79),
          record("net", "int8", "naive", 0.75), record("other", "fp32", "", 0.50)};
}

Gate gate(const char* metric) {
  Gate made;
  made.metric = metric;
  return made;
}

TEST(Gate, MinAndMaxHoldForEveryCase) {
  Gate g = gate("top1");
  g.model = "net";
  g.min = 0.75;
  g.max = 0.80;
  EXPECT_EQ(judge(g, records(), false).outcome, GateOutcome::passed);
  g.min = 0.76;
  const GateVerdict verdict = judge(g, records(), false);
  EXPECT_EQ(verdict.outcome, GateOutcome::failed);
  EXPECT_EQ(verdict.text, "top1 of net: at least 0.76, at most 0.8");
  EXPECT_EQ(verdict.reason, "net int8 naive 5 batches, batch 1, 1 threads, onednn: found 0.75");
  g.mode = "none";
  EXPECT_EQ(judge(g, records(), false).outcome, GateOutcome::passed);
  g.min.reset();
  g.max = 0.5;
  EXPECT_EQ(judge(g, records(), false).outcome, GateOutcome::failed);
}

TEST(Gate, DropIsAgainstTheFp32Case) {
  Gate g = gate("top1");
  g.max_drop = 0.0501;
  EXPECT_EQ(judge(g, records(), false).outcome, GateOutcome::passed);
  g.max_drop = 0.02;
  EXPECT_THAT(judge(g, records(), false).reason,
              HasSubstr("naive 5 batches, batch 1, 1 threads, onednn: fell from 0.8 to 0.75"));
  std::vector<CaseRecord> alone = records();
  alone.erase(alone.begin());
  EXPECT_THAT(judge(g, alone, false).reason, HasSubstr("no FP32 case"));
}

TEST(Gate, EveryPrecisionButFp32MayDrop) {
  std::vector<CaseRecord> all = records();
  all.push_back(record("net", "fp16", "", 0.70));
  Gate g = gate("top1");
  g.max_drop = 0.06;
  EXPECT_THAT(judge(g, all, false).reason, HasSubstr("net fp16, batch 1"));
  g.precision = "int8";
  EXPECT_EQ(judge(g, all, false).outcome, GateOutcome::passed);
  g.precision = "fp16";
  g.max_drop = 0.11;
  EXPECT_EQ(judge(g, all, false).outcome, GateOutcome::passed);
  EXPECT_EQ(judge(g, all, false).text, "top1 of fp16: drop at most 0.11");
}

TEST(Gate, CountsImagesFromThePredictions) {
  Gate g = gate("correct_top1");
  g.equals = 1;
  EXPECT_EQ(judge(g, records(), false).outcome, GateOutcome::passed);
  g.metric = "correct_top5";
  EXPECT_THAT(judge(g, records(), false).reason, HasSubstr("found 2"));
  g.tolerance = 1;
  EXPECT_EQ(judge(g, records(), false).outcome, GateOutcome::passed);
  EXPECT_EQ(judge(g, records(), false).text, "correct_top5: 1 +- 1");
}

TEST(Gate, CountsAreAboutTheSuitesOwnImages) {
  Gate g = gate("correct_top1");
  g.equals = 99;
  EXPECT_EQ(judge(g, records(), true).outcome, GateOutcome::not_judged);
}

TEST(Gate, MetricsOfTheOtherTaskAreNotDemandedUnlessTheModelIsNamed) {
  std::vector<CaseRecord> all = {record("net", "fp32", "", 0.80)};
  CaseRecord detector = record("ssd", "fp32", "", 0);
  detector.predictions.clear();
  detector.detections.resize(1);
  detector.metrics = {{"map_voc07", 0.6, "fraction", true}};
  all.push_back(detector);
  Gate g = gate("top1");
  g.min = 0.7;
  EXPECT_EQ(judge(g, all, false).outcome, GateOutcome::passed);
  g.model = "ssd";
  EXPECT_EQ(judge(g, all, false).outcome, GateOutcome::failed);
  g = gate("map_voc07");
  g.min = 0.5;
  EXPECT_EQ(judge(g, all, false).outcome, GateOutcome::passed);
  g.min = 0.7;
  EXPECT_EQ(judge(g, all, false).outcome, GateOutcome::failed);
}

TEST(Gate, ACaseThatRanWithoutTheMetricFails) {
  Gate g = gate("agreement");
  g.min = 0.5;
  EXPECT_THAT(judge(g, records(), false).reason, HasSubstr("was not measured"));
  std::vector<CaseRecord> blind = records();
  for (CaseRecord& r : blind) r.predictions.clear();
  g = gate("correct_top1");
  g.min = 0;
  EXPECT_EQ(judge(g, blind, false).outcome, GateOutcome::failed);
}

TEST(Gate, CasesThatDidNotRunAreNotJudged) {
  Gate g = gate("top1");
  g.min = 0.9;
  std::vector<CaseRecord> skipped = records();
  for (CaseRecord& r : skipped) r.status = Status::skipped;
  EXPECT_EQ(judge(g, skipped, false).outcome, GateOutcome::not_judged);
  EXPECT_EQ(judge(g, {}, false).outcome, GateOutcome::not_judged);
}

TEST(Gate, ASuiteHasAVerdictForEachGate) {
  Suite suite;
  suite.gates = {gate("top1"), gate("top5")};
  suite.gates[0].min = 0.1;
  suite.gates[1].min = 0.1;
  const std::vector<GateVerdict> verdicts = judge(suite, records());
  ASSERT_EQ(verdicts.size(), 2U);
  EXPECT_EQ(verdicts[0].outcome, GateOutcome::passed);
  EXPECT_EQ(verdicts[1].outcome, GateOutcome::failed);
}

}  // namespace
}  // namespace qbench
