// Bounds on values: which cases a gate is about, what holds, what fails.
#include "reports/judge/gates.h"

#include <gmock/gmock.h>

#include <cmath>
#include <string>

#include "tests/reports/judge/gate_testing.h"

namespace qbench {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using enum GateSummary::Outcome;

constexpr auto ok = Verdict::Word::ok;
constexpr auto worse = Verdict::Word::worse;
constexpr auto mistrusted = Verdict::Word::mistrusted;

CaseRecord record(const char* model, const char* precision, const char* mode, double top1) {
  CaseRecord made = synthetic_case(precision, mode, std::string_view(mode) == "naive" ? 5 : 0);
  made.model = model;
  made.case_id = std::string(model) + " " + precision + " " + mode;
  made.metrics = {make_metric("top1", top1)};
  made.predictions = {{0, 1, {1, 2, 3, 4, 5}}, {1, 5, {1, 2, 3, 4, 5}}, {2, 9, {1, 2, 3, 4, 5}}};
  return made;
}

std::vector<CaseRecord> records() {
  return {record("net", "fp32", "", 0.80), record("net", "int8", "none", 0.79),
          record("net", "int8", "naive", 0.75), record("other", "fp32", "", 0.50)};
}

TEST(Gate, MinAndMaxHoldForEveryCase) {
  Gate g = gate("top1", GateKind::min, 0.75);
  g.of.models = {"net"};
  EXPECT_EQ(judged(g, records()).outcome, passed);
  EXPECT_EQ(judged(g, records()).verdicts.size(), 3U);
  g.bound = 0.76;
  const Judged worse_one = judged(g, records());
  EXPECT_EQ(worse_one.outcome, failed);
  EXPECT_EQ(worse_one.rule, "top1 of net: at least 0.76");
  EXPECT_THAT(worse_one.failing, ElementsAre("net int8 naive: worse: found 0.75"));
  g.of.modes = {"none"};
  EXPECT_EQ(judged(g, records()).outcome, passed);
  g = gate("top1", GateKind::max, 0.79);
  g.of.models = {"net"};
  EXPECT_THAT(judged(g, records()).failing, ElementsAre("net fp32 : worse: found 0.8"));
}

TEST(Gate, VerdictsHoldWhatWasFoundAndTheBound) {
  Gate g = gate("top1", GateKind::min, 0.6);
  g.place = "s.yaml:3:4";
  const std::vector<Verdict> verdicts = judged(g, records()).verdicts;
  ASSERT_EQ(verdicts.size(), 4U);
  EXPECT_EQ(verdicts[3].rule, "top1: at least 0.6");
  EXPECT_EQ(verdicts[3].kind, "min");
  EXPECT_EQ(verdicts[3].place, "s.yaml:3:4");
  EXPECT_EQ(verdicts[3].case_id, "other fp32 ");
  EXPECT_EQ(verdicts[3].word, worse);
  EXPECT_TRUE(verdicts[3].failed);
  EXPECT_EQ(verdicts[3].value, 0.5);
  EXPECT_EQ(verdicts[3].bound, 0.6);
  EXPECT_EQ(verdicts[3].interval, proportion_interval(1, 3));  // one of three images is right
  EXPECT_EQ(verdicts[0].word, ok);
  EXPECT_FALSE(verdicts[0].failed);
}

TEST(Gate, DropIsAgainstTheFp32Case) {
  Gate g = gate("top1", GateKind::max_drop, 0.0501);
  EXPECT_EQ(judged(g, records()).outcome, passed);
  EXPECT_EQ(judged(g, records()).verdicts.size(), 2U);  // FP32 does not drop
  g.bound = 0.02;
  EXPECT_THAT(judged(g, records()).failing,
              ElementsAre("net int8 naive: worse: fell from 0.8 to 0.75"));
  std::vector<CaseRecord> alone = records();
  alone.erase(alone.begin());
  EXPECT_THAT(judged(g, alone).failing,
              ElementsAre("net int8 none: not judged: has no FP32 case to compare with",
                          "net int8 naive: not judged: has no FP32 case to compare with"));
}

TEST(Gate, ADropHasThePairedInterval) {
  std::vector<CaseRecord> all{synthetic_case("fp32"), synthetic_case("int8", "naive", 5)};
  set_images(all[0], "11111111..");
  set_images(all[1], "1111115.1.");
  const Verdict verdict = judged(gate("top1", GateKind::max_drop, 0.2), all).verdicts.at(0);
  EXPECT_EQ(verdict.interval, drop_interval(PairedCounts{6, 2, 1, 1}));
  EXPECT_NEAR(*verdict.value, 0.1, 1e-12);
  // The value decides, though the interval reaches beyond the bound.
  EXPECT_GT(verdict.interval->high, 0.2);
  EXPECT_EQ(verdict.word, ok);
}

TEST(Gate, EveryPrecisionButFp32MayDrop) {
  std::vector<CaseRecord> all = records();
  all.push_back(record("net", "fp16", "", 0.70));
  Gate g = gate("top1", GateKind::max_drop, 0.06);
  EXPECT_THAT(judged(g, all).failing, ElementsAre("net fp16 : worse: fell from 0.8 to 0.7"));
  g.of.precisions = {"int8"};
  EXPECT_EQ(judged(g, all).outcome, passed);
  g.of.precisions = {"fp16"};
  g.bound = 0.11;
  EXPECT_EQ(judged(g, all).outcome, passed);
  EXPECT_EQ(judged(g, all).rule, "top1 of fp16: drop at most 0.11");
}

TEST(Gate, IsAboutTheCasesThatItSelects) {
  std::vector<CaseRecord> all = {record("net", "int8", "naive", 0.5),
                                 record("net", "int8", "naive", 0.5)};
  all[0].case_id = "chosen";
  const auto chosen = [&](void (*select)(CaseSelection&), void (*differ)(CaseRecord&)) {
    std::vector<CaseRecord> two = all;
    differ(two[1]);
    Gate g = gate("top1", GateKind::min, 0.1);
    select(g.of);
    const std::vector<Verdict> verdicts = judged(g, two).verdicts;
    return verdicts.size() == 1 && verdicts[0].case_id == "chosen";
  };
  EXPECT_TRUE(chosen(
      [](CaseSelection& of) {
        of.models = {"x", "net"};
      },
      [](CaseRecord& r) { r.model = "other"; }));
  EXPECT_TRUE(chosen([](CaseSelection& of) { of.datasets = {"shapes"}; },
                     [](CaseRecord& r) { r.dataset = "other"; }));
  EXPECT_TRUE(chosen([](CaseSelection& of) { of.precisions = {"int8"}; },
                     [](CaseRecord& r) { r.precision = "fp16"; }));
  EXPECT_TRUE(chosen([](CaseSelection& of) { of.modes = {"naive"}; },
                     [](CaseRecord& r) { r.mode = "none"; }));
  EXPECT_TRUE(chosen([](CaseSelection& of) { of.backends = {"reference"}; },
                     [](CaseRecord& r) { r.backend = "other"; }));
  EXPECT_TRUE(chosen([](CaseSelection& of) { of.calib_batches = {5}; },
                     [](CaseRecord& r) { r.calib_batches = 10; }));
  EXPECT_TRUE(chosen([](CaseSelection& of) { of.batch_sizes = {1}; },
                     [](CaseRecord& r) { r.batch_size = 8; }));
  EXPECT_TRUE(
      chosen([](CaseSelection& of) { of.threads = {1}; }, [](CaseRecord& r) { r.threads = 2; }));
}

TEST(Gate, SaysWhatItSelects) {
  Gate g = gate("top1", GateKind::equals, 0.5);
  g.tolerance = 0.1;
  g.of = {.models = {"a", "b"},
          .datasets = {"photos"},
          .precisions = {"int8"},
          .modes = {"naive"},
          .backends = {"onednn"},
          .calib_batches = {1, 5},
          .batch_sizes = {8},
          .threads = {2}};
  EXPECT_EQ(describe(g),
            "top1 of a|b, on photos, int8, naive, 1|5 calibration batches, onednn, batch 8, "
            "2 threads: 0.5 +- 0.1");
  EXPECT_EQ(describe(gate("top5", GateKind::margin, 0.005)), "top5: drop shown to be below 0.005");
}

TEST(Gate, CountsImagesFromThePredictions) {
  Gate g = gate("correct_top1", GateKind::equals, 1);
  EXPECT_EQ(judged(g, records()).outcome, passed);
  g.metric = "correct_top5";
  EXPECT_THAT(judged(g, records()).failing.at(0), HasSubstr("found 2"));
  g.tolerance = 1;
  EXPECT_EQ(judged(g, records()).outcome, passed);
  EXPECT_EQ(judged(g, records()).rule, "correct_top5: 1 +- 1");
}

TEST(Gate, CountsAreAboutTheSuitesOwnImages) {
  const Circumstances others{.other_images = true};
  const Judged counts = judged(gate("correct_top1", GateKind::min, 99), records(), others);
  EXPECT_EQ(counts.outcome, not_judged);
  EXPECT_EQ(counts.note, "other images than the suite's were scored");
  EXPECT_EQ(judged(gate("top1", GateKind::equals, 99), records(), others).outcome, not_judged);
  EXPECT_EQ(judged(gate("top1", GateKind::min, 0.99), records(), others).outcome, failed);
}

TEST(Gate, SpeedAndFlipsAreAgainstTheFp32CaseOfTheRow) {
  const std::vector<CaseRecord> all = synthetic_run().cases;
  Gate g = gate("speedup", GateKind::min, 2);
  g.of.modes = {"naive"};
  const Verdict speed = judged(g, all).verdicts.at(0);
  EXPECT_EQ(speed.word, ok);
  EXPECT_NEAR(*speed.value, 2, 1e-12);
  EXPECT_TRUE(speed.interval.has_value());
  g.bound = 2.1;
  EXPECT_THAT(judged(g, all).failing.at(0), HasSubstr("found 2"));
  g.metric = "flips";  // 3 of 10
  g.kind = GateKind::max;
  g.bound = 0.3;
  EXPECT_EQ(judged(g, all).outcome, passed);
  EXPECT_EQ(judged(g, all).verdicts.at(0).interval, proportion_interval(3, 10));
  g.bound = 0.29;
  EXPECT_EQ(judged(g, all).outcome, failed);
  g.metric = "agreement";  // 7 of 10
  g.kind = GateKind::min;
  g.bound = 0.7;
  EXPECT_EQ(judged(g, all).outcome, passed);
  g.bound = 0.71;
  EXPECT_EQ(judged(g, all).outcome, failed);
  // Not of FP32 itself.
  g.of.modes = {};
  g.of.precisions = {"fp32"};
  EXPECT_EQ(judged(g, all).note, "no case of the run is about it");
}

TEST(Gate, AComparisonNeedsItsFp32Case) {
  std::vector<CaseRecord> all = synthetic_run().cases;
  for (const char* metric : {"speedup", "flips", "agreement"}) {
    Gate g = gate(metric, GateKind::max, 10);
    g.of.modes = {"naive"};
    EXPECT_EQ(judged(g, all).outcome, passed) << metric;
    std::vector<CaseRecord> doubtful = all;
    doubtful[0].status = Status::mistrusted;
    EXPECT_EQ(judged(g, doubtful).verdicts.at(0).word, mistrusted) << metric;
    EXPECT_EQ(judged(g, doubtful).outcome, failed) << metric;
    EXPECT_EQ(judged(g, {all[2]}).outcome, failed) << metric;
  }
}

TEST(Gate, ALatencyThatProvesNothingLeavesTheAccuracy) {
  std::vector<CaseRecord> all = synthetic_run().cases;
  all.erase(all.begin() + 1);  // the one that crashed
  for (CaseRecord& r : all) r.metrics.push_back(make_metric("latency_median", 5));
  const std::vector<Gate> timed{gate("speedup", GateKind::min, 0.1),
                                gate("latency_median", GateKind::max, 1e9)};
  const std::vector<Gate> scored{
      gate("top1", GateKind::min, 0.1), gate("top1", GateKind::max_drop, 0.9),
      gate("top1", GateKind::margin, 0.9), gate("flips", GateKind::max, 0.9)};
  for (const std::vector<Gate>& gates : {timed, scored}) {
    for (const Gate& g : gates) EXPECT_EQ(judged(g, all).outcome, passed) << describe(g);
  }
  for (const std::size_t disturbed : {0U, 1U}) {
    std::vector<CaseRecord> some = all;
    some[disturbed].status = Status::mistrusted;
    some[disturbed].mistrusted = CaseRecord::kLatency;
    for (const Gate& g : timed) EXPECT_EQ(judged(g, some).outcome, failed) << describe(g);
    for (const Gate& g : scored) EXPECT_EQ(judged(g, some).outcome, passed) << describe(g);
  }
}

TEST(Gate, MetricsOfTheOtherTaskAreNotDemandedUnlessTheModelIsNamed) {
  std::vector<CaseRecord> all = {record("net", "fp32", "", 0.80)};
  CaseRecord detector = record("ssd", "fp32", "", 0);
  detector.predictions.clear();
  detector.detections.resize(1);
  detector.metrics = {make_metric("map_voc07", 0.6)};
  all.push_back(detector);
  Gate g = gate("top1", GateKind::min, 0.7);
  EXPECT_EQ(judged(g, all).outcome, passed);
  g.of.models = {"ssd"};
  EXPECT_EQ(judged(g, all).outcome, failed);
  EXPECT_EQ(judged(gate("map_voc07", GateKind::min, 0.5), all).outcome, passed);
  EXPECT_EQ(judged(gate("map_voc07", GateKind::min, 0.7), all).outcome, failed);
}

TEST(Gate, ACaseThatRanWithoutTheMetricFails) {
  EXPECT_THAT(judged(gate("top5", GateKind::min, 0.5), records()).failing.at(0),
              HasSubstr("not judged: was not measured"));
  std::vector<CaseRecord> blind = records();
  for (CaseRecord& r : blind) r.predictions.clear();
  EXPECT_EQ(judged(gate("correct_top1", GateKind::min, 0), blind).outcome, failed);
  std::vector<CaseRecord> half = records();
  half[0].metrics.clear();
  EXPECT_THAT(judged(gate("top1", GateKind::max_drop, 0.9), half).failing.at(0),
              HasSubstr("was not measured for its FP32 case"));
}

TEST(Gate, WithoutACaseThatWasTriedItFailsUnlessItIsOptional) {
  Gate g = gate("top1", GateKind::min, 0.1);
  for (const Status status : {Status::skipped, Status::unsupported}) {
    std::vector<CaseRecord> idle = records();
    for (CaseRecord& r : idle) r.status = status;
    g.optional = false;
    EXPECT_EQ(judged(g, idle).outcome, failed);
    EXPECT_EQ(judged(g, idle).note, "none of its 4 cases could be run");
    g.optional = true;
    EXPECT_EQ(judged(g, idle).outcome, not_judged);
    idle.push_back(record("third", "fp32", "", 0.5));
    EXPECT_EQ(judged(g, idle).outcome, passed);
    EXPECT_EQ(judged(g, idle).note, "4 of its 5 cases could not be run");
    idle.back() = record("third", "fp32", "", 0.05);
    EXPECT_EQ(judged(g, idle).outcome, failed);
  }
  g.optional = false;
  EXPECT_EQ(judged(g, {}).outcome, failed);
  EXPECT_EQ(judged(g, {}).note, "no case of the run is about it");
  g.optional = true;
  EXPECT_EQ(judged(g, {}).outcome, not_judged);
}

TEST(Gate, WhatTheCommandLineLeftOutIsNotJudged) {
  Gate g = gate("top1", GateKind::min, 0.1);
  g.of.models = {"third"};
  EXPECT_EQ(judged(g, records(), {.narrowed_by = "--models"}).outcome, not_judged);
  EXPECT_EQ(judged(g, records(), {.narrowed_by = "--models"}).note, "left out by --models");
  // What was asked for and could not be run is another matter.
  std::vector<CaseRecord> idle = records();
  for (CaseRecord& r : idle) r.status = Status::skipped;
  g.of.models = {"net"};
  EXPECT_EQ(judged(g, idle, {.narrowed_by = "--models"}).outcome, failed);
  // INT8 alone, as a case's own command line has it: nothing to compare with.
  const std::vector<CaseRecord> int8{records()[2]};
  for (const GateKind kind : {GateKind::max_drop, GateKind::margin}) {
    g = gate("top1", kind, 0.01);
    EXPECT_EQ(judged(g, int8, {.narrowed_by = "--precisions"}).outcome, not_judged);
    EXPECT_EQ(judged(g, int8).outcome, failed);
  }
}

TEST(Gate, NothingPassesThatProvesNothing) {
  std::vector<CaseRecord> all = records();
  all[2].status = Status::mistrusted;
  all[2].reason = "class 3 for all 60 images";
  for (CaseRecord& r : all) r.metrics.push_back(make_metric("latency_median", 5));
  for (const Gate& g :
       {gate("top1", GateKind::min, 0.1), gate("latency_median", GateKind::max, 1e9),
        gate("top1", GateKind::max_drop, 0.9), gate("top1", GateKind::margin, 0.9)}) {
    EXPECT_EQ(judged(g, all).outcome, failed) << describe(g);
    EXPECT_THAT(
        judged(g, all).failing,
        testing::Contains("net int8 naive: mistrusted: mistrusted: class 3 for all 60 images"))
        << describe(g);
  }
  // A mistrusted FP32 case is nothing to drop from.
  all = records();
  all[0].status = Status::mistrusted;
  for (const GateKind kind : {GateKind::max_drop, GateKind::margin}) {
    Gate g = gate("top1", kind, 0.5);
    g.of.models = {"net"};
    EXPECT_THAT(judged(g, all).failing.at(0),
                AllOf(HasSubstr(": mistrusted: "), HasSubstr("its FP32 case is mistrusted")));
  }
}

TEST(Gate, ACaseThatEndedWithoutAResultFailsIt) {
  for (const Status status : {Status::failed, Status::crashed, Status::timed_out}) {
    std::vector<CaseRecord> all = records();
    all[1].status = status;
    all[1].reason = "out of memory";
    all[1].metrics.clear();
    all[1].predictions.clear();
    const Judged without = judged(gate("top1", GateKind::min, 0.1), all);
    EXPECT_THAT(without.failing,
                ElementsAre(AllOf(HasSubstr("not judged: "), HasSubstr("out of memory"))));
    // Others of its model tell that it is a classifier.
    EXPECT_EQ(judged(gate("map_voc07", GateKind::min, 0.1), all).note,
              "no case of the run is about it");
  }
}

TEST(Gate, ADropOfExactlyTheBoundPasses) {
  for (int before = 1; before <= 100; ++before) {
    for (int drop = 0; drop <= 3 && drop < before; ++drop) {
      const std::vector<CaseRecord> all = {record("net", "fp32", "", before / 100.0),
                                           record("net", "int8", "none", (before - drop) / 100.0)};
      Gate g = gate("top1", GateKind::max_drop, std::stod("0.0" + std::to_string(drop)));
      EXPECT_EQ(judged(g, all).outcome, passed) << before << " " << drop;
      g.bound -= 1e-9;
      EXPECT_EQ(judged(g, all).outcome, failed) << before << " " << drop;
    }
  }
}

TEST(Gate, ADistanceOfExactlyTheToleranceHolds) {
  for (int right = 5; right <= 95; ++right) {
    Gate g = gate("top1", GateKind::equals, right / 100.0);
    for (const int found : {right - 5, right + 5}) {
      const std::vector<CaseRecord> all = {record("net", "fp32", "", found / 100.0)};
      g.tolerance = 0.05;
      EXPECT_EQ(judged(g, all).outcome, passed) << right << " " << found;
      g.tolerance = 0.049999999;
      EXPECT_EQ(judged(g, all).outcome, failed) << right << " " << found;
    }
  }
}

TEST(Gate, WhatIsNoNumberHoldsNoBound) {
  const std::vector<CaseRecord> all = {record("net", "fp32", "", std::nan(""))};
  EXPECT_EQ(judged(gate("top1", GateKind::min, 0), all).outcome, failed);
  EXPECT_EQ(judged(gate("top1", GateKind::max, 1), all).outcome, failed);
  Gate g = gate("top1", GateKind::equals, 1);
  g.tolerance = 1;
  EXPECT_EQ(judged(g, all).outcome, failed);
  // Nor what is above all numbers a bound that it would hold.
  EXPECT_EQ(judged(gate("top1", GateKind::min, 0), {record("net", "fp32", "", INFINITY)}).outcome,
            failed);
}

TEST(Gate, TheBaselineHasTheSameBatchSizeThreadsAndImages) {
  const auto outcome = [](GateKind kind, void (*change)(CaseRecord & fp32)) {
    std::vector<CaseRecord> all = {record("net", "fp32", "", 0.80),
                                   record("net", "int8", "none", 0.79)};
    change(all[0]);
    return judged(gate("top1", kind, 0.9), all).outcome;
  };
  for (const GateKind kind : {GateKind::max_drop, GateKind::margin}) {
    EXPECT_EQ(outcome(kind, [](CaseRecord&) {}), passed);
    EXPECT_EQ(outcome(kind, [](CaseRecord& r) { r.batch_size = 8; }), failed);
    EXPECT_EQ(outcome(kind, [](CaseRecord& r) { r.threads = 2; }), failed);
    EXPECT_EQ(outcome(kind, [](CaseRecord& r) { r.backend = "other"; }), failed);
    EXPECT_EQ(outcome(kind, [](CaseRecord& r) { r.dataset = "other"; }), failed);
    EXPECT_EQ(outcome(kind, [](CaseRecord& r) { r.data_hash = "other"; }), failed);
    EXPECT_EQ(outcome(kind, [](CaseRecord& r) { r.model = "other"; }), failed);
    EXPECT_EQ(outcome(kind, [](CaseRecord& r) { r.model_source = "other"; }), failed);
  }
}

// The right baseline among several: each batch size drops from its own FP32 case.
TEST(Gate, EveryBatchSizeHasItsOwnBaseline) {
  std::vector<CaseRecord> all;
  for (const int batch : {1, 8}) {
    all.push_back(record("net", "fp32", "", batch == 1 ? 0.9 : 0.5));
    all.push_back(record("net", "int8", "none", 0.5));
    for (std::size_t i = all.size() - 2; i < all.size(); ++i) {
      all[i].batch_size = batch;
      all[i].case_id += " b" + std::to_string(batch);
    }
  }
  EXPECT_THAT(judged(gate("top1", GateKind::max_drop, 0.1), all).failing,
              ElementsAre("net int8 none b1: worse: fell from 0.9 to 0.5"));
}

TEST(Gate, ASuiteHasVerdictsOfEachGateInTurn) {
  const std::vector<Gate> gates = {gate("top1", GateKind::min, 0.1),
                                   gate("top5", GateKind::min, 0.1)};
  const Report report = report_of(records());
  const std::vector<Verdict> verdicts = judge(gates, report, {});
  EXPECT_EQ(verdicts.size(), 8U);
  const std::vector<GateSummary> summary = summarize_gates(verdicts);
  ASSERT_EQ(summary.size(), 2U);
  EXPECT_EQ(summary[0].outcome, passed);
  EXPECT_EQ(summary[1].outcome, failed);
  EXPECT_EQ(summary[1].failing.size(), 4U);
  EXPECT_THAT(judge({}, report, {}), IsEmpty());
}

// ---- known failures

Gate known_to_fail() {
  Gate g = gate("top1", GateKind::min, 0.78);
  g.of.models = {"net"};
  g.known_failures = {{.of = {.modes = {"naive"}}, .reason = "clips conv0", .until = "2027-01-31"}};
  return g;
}

TEST(KnownFailure, IsForgivenUpToItsLastDay) {
  for (const char* today : {"2026-12-01", "2027-01-31"}) {
    const Judged forgiven = judged(known_to_fail(), records(), {.today = today});
    EXPECT_EQ(forgiven.outcome, passed) << today;
    EXPECT_EQ(forgiven.verdicts.at(2).word, ok);
    EXPECT_FALSE(forgiven.verdicts.at(2).failed);
    EXPECT_EQ(forgiven.verdicts.at(2).reason, "expected failure: clips conv0 (found 0.75)");
    EXPECT_EQ(forgiven.note, "");
  }
  const Judged over = judged(known_to_fail(), records(), {.today = "2027-02-01"});
  EXPECT_EQ(over.outcome, failed);
  EXPECT_THAT(over.failing, ElementsAre("net int8 naive: worse: found 0.75; expected until "
                                        "2027-01-31, which is over: clips conv0"));
}

TEST(KnownFailure, IsOfTheCasesThatItNamesAlone) {
  Gate g = known_to_fail();
  g.bound = 0.795;  // mode none misses it, too
  EXPECT_THAT(judged(g, records(), {.today = "2026-12-01"}).failing,
              ElementsAre("net int8 none: worse: found 0.79"));
  g.known_failures.front().of = {};
  EXPECT_EQ(judged(g, records(), {.today = "2026-12-01"}).outcome, passed);
}

TEST(KnownFailure, ThatPassesIsSaidAndFailsWhereItIsStrict) {
  Gate g = known_to_fail();
  g.bound = 0.7;
  Judged passes = judged(g, records(), {.today = "2026-12-01"});
  EXPECT_EQ(passes.outcome, passed);
  EXPECT_EQ(passes.note, "XPASS: passes though expected to fail (clips conv0): its xfail can go");
  EXPECT_EQ(passes.verdicts.back().case_id, "");
  g.known_failures.front().strict = true;
  EXPECT_EQ(judged(g, records(), {.today = "2026-12-01"}).outcome, failed);
  // Some of its cases fail as expected: the others are no surprise.
  g = known_to_fail();
  g.known_failures.front().of = {};
  g.known_failures.front().strict = true;
  passes = judged(g, records(), {.today = "2026-12-01"});
  EXPECT_EQ(passes.outcome, passed);
  EXPECT_EQ(passes.note, "");
}

TEST(KnownFailure, TheFirstOfSeveralCounts) {
  Gate g = known_to_fail();
  g.known_failures.push_back({.of = {}, .reason = "all", .until = "2027-01-31", .strict = true});
  g.bound = 0.795;
  const Judged both = judged(g, records(), {.today = "2026-12-01"});
  EXPECT_EQ(both.outcome, passed);
  EXPECT_THAT(both.verdicts.at(1).reason, HasSubstr("expected failure: all"));
  EXPECT_THAT(both.verdicts.at(2).reason, HasSubstr("expected failure: clips conv0"));
}

TEST(KnownFailure, DoesNotForgiveWhatHasNoResult) {
  for (const Status status : {Status::crashed, Status::mistrusted}) {
    std::vector<CaseRecord> all = records();
    all[2].status = status;
    const Judged without = judged(known_to_fail(), all, {.today = "2026-12-01"});
    EXPECT_EQ(without.outcome, failed);
    EXPECT_EQ(without.note, "");  // neither has it passed
  }
}

}  // namespace
}  // namespace qbench
