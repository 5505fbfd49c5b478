#include "harness/suite/gates.h"

#include <gmock/gmock.h>

#include <cmath>
#include <string>

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

GateVerdict judge(const Gate& gate, const std::vector<CaseRecord>& records) {
  return judge(gate, records, Suite{});
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
  EXPECT_EQ(judge(g, records()).outcome, GateOutcome::passed);
  g.min = 0.76;
  const GateVerdict verdict = judge(g, records());
  EXPECT_EQ(verdict.outcome, GateOutcome::failed);
  EXPECT_EQ(verdict.text, "top1 of net: at least 0.76, at most 0.8");
  EXPECT_EQ(verdict.reason, "net int8 naive 5 batches, batch 1, 1 threads, onednn: found 0.75");
  g.mode = "none";
  EXPECT_EQ(judge(g, records()).outcome, GateOutcome::passed);
  g.min.reset();
  g.max = 0.5;
  EXPECT_EQ(judge(g, records()).outcome, GateOutcome::failed);
}

TEST(Gate, DropIsAgainstTheFp32Case) {
  Gate g = gate("top1");
  g.max_drop = 0.0501;
  EXPECT_EQ(judge(g, records()).outcome, GateOutcome::passed);
  g.max_drop = 0.02;
  EXPECT_THAT(judge(g, records()).reason,
              HasSubstr("naive 5 batches, batch 1, 1 threads, onednn: fell from 0.8 to 0.75"));
  std::vector<CaseRecord> alone = records();
  alone.erase(alone.begin());
  EXPECT_THAT(judge(g, alone).reason, HasSubstr("no FP32 case"));
}

TEST(Gate, EveryPrecisionButFp32MayDrop) {
  std::vector<CaseRecord> all = records();
  all.push_back(record("net", "fp16", "", 0.70));
  Gate g = gate("top1");
  g.max_drop = 0.06;
  EXPECT_THAT(judge(g, all).reason, HasSubstr("net fp16, batch 1"));
  g.precision = "int8";
  EXPECT_EQ(judge(g, all).outcome, GateOutcome::passed);
  g.precision = "fp16";
  g.max_drop = 0.11;
  EXPECT_EQ(judge(g, all).outcome, GateOutcome::passed);
  EXPECT_EQ(judge(g, all).text, "top1 of fp16: drop at most 0.11");
}

TEST(Gate, CountsImagesFromThePredictions) {
  Gate g = gate("correct_top1");
  g.equals = 1;
  EXPECT_EQ(judge(g, records()).outcome, GateOutcome::passed);
  g.metric = "correct_top5";
  EXPECT_THAT(judge(g, records()).reason, HasSubstr("found 2"));
  g.tolerance = 1;
  EXPECT_EQ(judge(g, records()).outcome, GateOutcome::passed);
  EXPECT_EQ(judge(g, records()).text, "correct_top5: 1 +- 1");
}

TEST(Gate, CountsAreAboutTheSuitesOwnImages) {
  Suite suite;
  suite.other_images = true;
  Gate g = gate("correct_top1");
  g.min = 99;
  EXPECT_EQ(judge(g, records(), suite).outcome, GateOutcome::not_judged);
  g = gate("top1");
  g.equals = 99;
  EXPECT_EQ(judge(g, records(), suite).outcome, GateOutcome::not_judged);
  g.equals.reset();
  g.min = 0.99;
  EXPECT_EQ(judge(g, records(), suite).outcome, GateOutcome::failed);
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
  EXPECT_EQ(judge(g, all).outcome, GateOutcome::passed);
  g.model = "ssd";
  EXPECT_EQ(judge(g, all).outcome, GateOutcome::failed);
  g = gate("map_voc07");
  g.min = 0.5;
  EXPECT_EQ(judge(g, all).outcome, GateOutcome::passed);
  g.min = 0.7;
  EXPECT_EQ(judge(g, all).outcome, GateOutcome::failed);
}

TEST(Gate, ACaseThatRanWithoutTheMetricFails) {
  Gate g = gate("agreement");
  g.min = 0.5;
  EXPECT_THAT(judge(g, records()).reason, HasSubstr("was not measured"));
  std::vector<CaseRecord> blind = records();
  for (CaseRecord& r : blind) r.predictions.clear();
  g = gate("correct_top1");
  g.min = 0;
  EXPECT_EQ(judge(g, blind).outcome, GateOutcome::failed);
}

TEST(Gate, WithoutACaseThatWasTriedItFailsUnlessItIsOptional) {
  Gate g = gate("top1");
  g.min = 0.1;
  for (const Status status : {Status::skipped, Status::unsupported}) {
    std::vector<CaseRecord> idle = records();
    for (CaseRecord& r : idle) r.status = status;
    g.optional = false;
    EXPECT_EQ(judge(g, idle).outcome, GateOutcome::failed);
    EXPECT_EQ(judge(g, idle).reason, "none of its 4 cases could be run");
    g.optional = true;
    EXPECT_EQ(judge(g, idle).outcome, GateOutcome::not_judged);
    idle.push_back(record("third", "fp32", "", 0.5));
    EXPECT_EQ(judge(g, idle).outcome, GateOutcome::passed);
    EXPECT_EQ(judge(g, idle).reason, "4 of its 5 cases could not be run");
    idle.back() = record("third", "fp32", "", 0.05);
    EXPECT_EQ(judge(g, idle).outcome, GateOutcome::failed);
  }
  g.optional = false;
  EXPECT_EQ(judge(g, {}).outcome, GateOutcome::failed);
  EXPECT_EQ(judge(g, {}).reason, "no case of the run is about it");
  g.optional = true;
  EXPECT_EQ(judge(g, {}).outcome, GateOutcome::not_judged);
}

TEST(Gate, WhatTheCommandLineLeftOutIsNotJudged) {
  Suite narrowed;
  narrowed.narrowed_by = "--models";
  Gate g = gate("top1");
  g.min = 0.1;
  g.model = "third";
  EXPECT_EQ(judge(g, records(), narrowed).outcome, GateOutcome::not_judged);
  EXPECT_EQ(judge(g, records(), narrowed).reason, "left out by --models");
  // What was asked for and could not be run is another matter.
  std::vector<CaseRecord> idle = records();
  for (CaseRecord& r : idle) r.status = Status::skipped;
  g.model = "net";
  EXPECT_EQ(judge(g, idle, narrowed).outcome, GateOutcome::failed);
  // INT8 alone, as a case's own command line has it: nothing to compare with.
  narrowed.narrowed_by = "--precisions";
  const std::vector<CaseRecord> int8{records()[2]};
  g = gate("top1");
  g.max_drop = 0.01;
  EXPECT_EQ(judge(g, int8, narrowed).outcome, GateOutcome::not_judged);
  EXPECT_EQ(judge(g, int8).outcome, GateOutcome::failed);
}

TEST(Gate, NothingPassesThatProvesNothing) {
  Gate g = gate("top1");
  g.min = 0.1;
  std::vector<CaseRecord> all = records();
  all[2].status = Status::mistrusted;
  all[2].reason = "class 3 for all 60 images";
  EXPECT_EQ(judge(g, all).outcome, GateOutcome::failed);
  EXPECT_THAT(judge(g, all).reason,
              HasSubstr("net int8 naive 5 batches, batch 1, 1 threads, onednn: mistrusted: class 3 "
                        "for all 60 images"));
  // A mistrusted FP32 case is nothing to drop from.
  all = records();
  all[0].status = Status::mistrusted;
  g = gate("top1");
  g.max_drop = 0.5;
  g.model = "net";
  EXPECT_THAT(judge(g, all).reason, HasSubstr("its FP32 case is mistrusted"));
  g = gate("latency_median");
  g.max = 1e9;
  for (CaseRecord& r : all) r.metrics.push_back({"latency_median", 5, "ns", false});
  EXPECT_EQ(judge(g, all).outcome, GateOutcome::failed);
}

TEST(Gate, ACaseThatEndedWithoutAResultFailsIt) {
  for (const Status status : {Status::failed, Status::crashed, Status::timed_out}) {
    std::vector<CaseRecord> all = records();
    all[1].status = status;
    all[1].reason = "out of memory";
    all[1].metrics.clear();
    all[1].predictions.clear();
    Gate g = gate("top1");
    g.min = 0.1;
    EXPECT_THAT(judge(g, all).reason, HasSubstr("out of memory"));
    // Others of its model tell that it is a classifier.
    g = gate("map_voc07");
    g.min = 0.1;
    EXPECT_EQ(judge(g, all).reason, "no case of the run is about it");
  }
}

TEST(Gate, ADropOfExactlyTheBoundPasses) {
  for (int before = 1; before <= 100; ++before) {
    for (int drop = 0; drop <= 3 && drop < before; ++drop) {
      const std::vector<CaseRecord> all = {record("net", "fp32", "", before / 100.0),
                                           record("net", "int8", "none", (before - drop) / 100.0)};
      Gate g = gate("top1");
      g.max_drop = std::stod("0.0" + std::to_string(drop));
      EXPECT_EQ(judge(g, all).outcome, GateOutcome::passed) << before << " " << drop;
      g.max_drop = *g.max_drop - 1e-9;
      EXPECT_EQ(judge(g, all).outcome, GateOutcome::failed) << before << " " << drop;
    }
  }
}

TEST(Gate, ADistanceOfExactlyTheToleranceHolds) {
  for (int right = 5; right <= 95; ++right) {
    Gate g = gate("top1");
    g.equals = right / 100.0;
    g.tolerance = 0.05;
    for (const int found : {right - 5, right + 5}) {
      const std::vector<CaseRecord> all = {record("net", "fp32", "", found / 100.0)};
      g.tolerance = 0.05;
      EXPECT_EQ(judge(g, all).outcome, GateOutcome::passed) << right << " " << found;
      g.tolerance = 0.049999999;
      EXPECT_EQ(judge(g, all).outcome, GateOutcome::failed) << right << " " << found;
    }
  }
}

TEST(Gate, WhatIsNoNumberHoldsNoBound) {
  const std::vector<CaseRecord> all = {record("net", "fp32", "", std::nan(""))};
  Gate g = gate("top1");
  g.min = 0;
  EXPECT_EQ(judge(g, all).outcome, GateOutcome::failed);
  g = gate("top1");
  g.max = 1;
  EXPECT_EQ(judge(g, all).outcome, GateOutcome::failed);
  g = gate("top1");
  g.equals = 1;
  g.tolerance = 1;
  EXPECT_EQ(judge(g, all).outcome, GateOutcome::failed);
}

TEST(Gate, TheBaselineHasTheSameBatchSizeThreadsAndImages) {
  const auto verdict = [](void (*change)(CaseRecord & fp32)) {
    std::vector<CaseRecord> all = {record("net", "fp32", "", 0.80),
                                   record("net", "int8", "none", 0.79)};
    change(all[0]);
    Gate g = gate("top1");
    g.max_drop = 0.5;
    return judge(g, all).outcome;
  };
  EXPECT_EQ(verdict([](CaseRecord&) {}), GateOutcome::passed);
  EXPECT_EQ(verdict([](CaseRecord& r) { r.batch_size = 8; }), GateOutcome::failed);
  EXPECT_EQ(verdict([](CaseRecord& r) { r.threads = 2; }), GateOutcome::failed);
  EXPECT_EQ(verdict([](CaseRecord& r) { r.backend = "reference"; }), GateOutcome::failed);
  EXPECT_EQ(verdict([](CaseRecord& r) { r.dataset = "other"; }), GateOutcome::failed);
  EXPECT_EQ(verdict([](CaseRecord& r) { r.data_hash = "other"; }), GateOutcome::failed);
  EXPECT_EQ(verdict([](CaseRecord& r) { r.model = "other"; }), GateOutcome::failed);
}

TEST(Gate, NamesTheFirstFewOfManyMisses) {
  std::vector<CaseRecord> all;
  for (int batch = 1; batch <= 5; ++batch) {
    all.push_back(record("net", "fp32", "", batch / 10.0));
    all.back().batch_size = batch;
  }
  Gate g = gate("top1");
  g.min = 0.3;
  EXPECT_EQ(
      judge(g, all).reason,
      "net fp32, batch 1, 1 threads, onednn: found 0.1; net fp32, batch 2, 1 threads, onednn: "
      "found 0.2; 2 of 5 cases in all");
  g.min = 0.9;
  EXPECT_THAT(judge(g, all).reason, HasSubstr("batch 3, 1 threads, onednn: found 0.3; and 2 more; "
                                              "5 of 5 cases in all"));
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
