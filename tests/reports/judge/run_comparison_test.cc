#include "reports/judge/run_comparison.h"

#include <gmock/gmock.h>

#include "tests/reports/synthetic.h"

namespace qbench {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using Standing = CellChange::Standing;

Run with_case(CaseRecord record) {
  qbench::Run run;
  run.info.finished = "2026-11-24T10:01:00Z";
  run.cases = {std::move(record)};
  return run;
}

CaseRecord scored(const std::string& images) {
  CaseRecord record = synthetic_case("fp32");
  record.model_hash = "m";
  record.data_hash = "d";
  set_images(record, images);
  return record;
}

const CellChange& only_cell(const RunComparison& comparison) {
  EXPECT_EQ(comparison.cells.size(), 1U);
  return comparison.cells.front();
}

TEST(RunComparison, EqualPredictionsAreIdentical) {
  const auto comparison = compare_runs(with_case(scored("1115.")), with_case(scored("1115.")));
  const CellChange& cell = only_cell(comparison);
  EXPECT_TRUE(cell.identical);
  EXPECT_EQ(cell.find("top1")->worse, 0);
  EXPECT_FALSE(cell.find("top1")->p_value);  // nothing to test
  EXPECT_EQ(*cell.find("top1")->interval, (Interval{0, 0}));
  EXPECT_EQ(cell.agreement->rate(), 1);
  EXPECT_THAT(comparison.notices, IsEmpty());
}

TEST(RunComparison, OneOtherSecondGuessIsNotIdentical) {
  CaseRecord changed = scored("1115.");
  std::array<int, 5>& top = changed.predictions.edit()[0].top;
  std::swap(top[1], top[2]);
  const auto comparison = compare_runs(with_case(scored("1115.")), with_case(changed));
  EXPECT_FALSE(only_cell(comparison).identical);
  EXPECT_EQ(only_cell(comparison).find("top1")->worse, 0);
  EXPECT_EQ(only_cell(comparison).find("top1")->adjusted, 1);
}

TEST(RunComparison, AccuracyIsPairedImageByImage) {
  // Five lost, one gained, of ten.
  const auto comparison =
      compare_runs(with_case(scored("111111111.")), with_case(scored("1111.....1")));
  const CellChange& cell = only_cell(comparison);
  EXPECT_EQ(cell.top1->counts, (PairedCounts{4, 5, 1, 0}));
  const MetricChange& top1 = *cell.find("top1");
  EXPECT_DOUBLE_EQ(*top1.before, 0.9);
  EXPECT_DOUBLE_EQ(*top1.after, 0.5);
  EXPECT_DOUBLE_EQ(top1.worse, 0.4);
  EXPECT_EQ(*top1.p_value, mcnemar_p({4, 5, 1, 0}));
  EXPECT_EQ(*top1.interval, drop_interval({4, 5, 1, 0}));
  EXPECT_EQ(*top1.adjusted, *top1.p_value);  // the only cell
  EXPECT_DOUBLE_EQ(cell.find("flips")->worse, 0.6);
  EXPECT_DOUBLE_EQ(cell.find("agreement")->worse, 0.6);
}

TEST(RunComparison, OtherImagesAreNotPaired) {
  CaseRecord other = scored("11...");
  other.data_hash = "e";
  const auto comparison = compare_runs(with_case(scored("11111")), with_case(other));
  const CellChange& cell = only_cell(comparison);
  EXPECT_THAT(cell.remarks, ElementsAre("other images"));
  EXPECT_FALSE(cell.top1);
  EXPECT_TRUE(cell.find("top1")->lost);
  EXPECT_EQ(cell.find("top1")->unknown, "other images were scored");
}

TEST(RunComparison, AnotherModelIsSaidAndCompared) {
  CaseRecord other = scored("1111.");
  other.model_hash = "n";
  const auto comparison = compare_runs(with_case(scored("11111")), with_case(other));
  EXPECT_THAT(only_cell(comparison).remarks, ElementsAre("other model"));
  EXPECT_DOUBLE_EQ(only_cell(comparison).find("top1")->worse, 0.2);
}

TEST(RunComparison, CellsAreJoinedByWhatTheyAreAndNotByPlace) {
  qbench::Run before = with_case(scored("1"));
  qbench::Run after = with_case(scored("1"));
  CaseRecord int8 = synthetic_case("int8", "naive", 5);
  before.cases.push_back(int8);
  int8.batch_size = 2;
  after.cases.insert(after.cases.begin(), int8);
  const auto comparison = compare_runs(before, after);
  ASSERT_EQ(comparison.cells.size(), 3U);
  EXPECT_EQ(comparison.cells[0].standing, Standing::compared);
  EXPECT_EQ(comparison.cells[0].after, 1U);
  EXPECT_EQ(comparison.cells[1].standing, Standing::missing);
  EXPECT_THAT(comparison.cells[1].name, HasSubstr("INT8 naive, 5 batches"));
  EXPECT_EQ(comparison.cells[2].standing, Standing::added);
}

TEST(RunComparison, OfTwoAlikeTheFirstGoesWithTheFirst) {
  qbench::Run before = with_case(scored("11"));
  before.cases.push_back(scored(".1"));
  const auto comparison = compare_runs(before, before);
  ASSERT_EQ(comparison.cells.size(), 2U);
  EXPECT_TRUE(comparison.cells[0].identical && comparison.cells[1].identical);
}

TEST(RunComparison, StatesAreToldApart) {
  CaseRecord crashed = scored("1");
  crashed.status = Status::crashed;
  const auto standing = [](const CaseRecord& before, const CaseRecord& after) {
    return compare_runs(with_case(before), with_case(after)).cells.front().standing;
  };
  EXPECT_EQ(standing(scored("1"), crashed), Standing::broken);
  EXPECT_EQ(standing(crashed, scored("1")), Standing::mended);
  EXPECT_EQ(standing(crashed, crashed), Standing::not_ok);
}

TEST(RunComparison, MemoryAndSizeAreRelative) {
  CaseRecord before = scored("1");
  CaseRecord after = scored("1");
  before.metrics.push_back(make_metric("peak_rss", 100e6));
  after.metrics.push_back(make_metric("peak_rss", 112e6));
  before.metrics.push_back(make_metric("model_size", 4e6));
  const auto comparison = compare_runs(with_case(before), with_case(after));
  EXPECT_DOUBLE_EQ(only_cell(comparison).find("memory")->worse, 0.12);
  EXPECT_TRUE(only_cell(comparison).find("size")->lost);  // has none any more
}

Run timed(double factor, std::vector<std::pair<std::string, std::string>> environment = {}) {
  qbench::Run run;
  run.info.finished = "yes";
  run.info.environment.values = std::move(environment);
  for (const char* precision : {"fp32", "int8"}) {
    CaseRecord record = synthetic_case(precision);
    const double ns = precision == std::string("fp32") ? 8e6 : 4e6;
    set_latency(record, {ns * factor, ns * factor * 1.01, ns * factor * 0.99});
    run.cases.push_back(record);
  }
  return run;
}

TEST(RunComparison, LatencyIsCorrectedByFp32OfTheRow) {
  qbench::Run after = timed(1.2);
  for (double& sample : after.cases[1].latency_ns) sample *= 1.1;
  const auto comparison = compare_runs(timed(1), after);
  const MetricChange& int8 = *comparison.cells[1].find("latency");
  EXPECT_NEAR(int8.worse, 0.1, 1e-12);
  EXPECT_NEAR(comparison.cells[1].find("throughput")->worse, 1 - 1 / 1.1, 1e-12);
  EXPECT_NEAR(*int8.after, 4e6 * 1.2 * 1.1, 1e3);
  EXPECT_NEAR(comparison.drift->ratio, 1.2, 1e-12);
  const MetricChange& fp32 = *comparison.cells[0].find("latency");
  EXPECT_THAT(fp32.unknown, HasSubstr("less than three other networks"));
  EXPECT_FALSE(fp32.lost);
}

TEST(RunComparison, LatenciesOfAnotherMachineAreRefused) {
  const CompareOptions options{
      .machine_before = "Z80, 1", .machine_after = "6502, 1", .any_machine = false};
  const auto refused = compare_runs(timed(1), timed(2), options);
  EXPECT_THAT(refused.latency_refused, HasSubstr("another machine (Z80, 1; 6502, 1)"));
  EXPECT_EQ(refused.cells[1].find("latency"), nullptr);
  EXPECT_FALSE(refused.drift);
  CompareOptions any = options;
  any.any_machine = true;
  EXPECT_NE(compare_runs(timed(1), timed(2), any).cells[1].find("latency"), nullptr);
}

TEST(RunComparison, OfACaseWithAMistrustedLatencyAccuracyIsCompared) {
  qbench::Run before = timed(1);
  qbench::Run after = timed(1);
  for (qbench::Run* run : {&before, &after})
    for (CaseRecord& record : run->cases) set_images(record, "1115.");
  CaseRecord& disturbed = after.cases[1];
  disturbed.status = Status::mistrusted;
  disturbed.mistrusted = CaseRecord::kLatency;
  disturbed.reason = "another program ran";
  const auto comparison = compare_runs(before, after);
  EXPECT_EQ(comparison.cells[1].standing, Standing::compared);
  EXPECT_TRUE(comparison.cells[1].identical);
  EXPECT_TRUE(comparison.cells[1].find("latency")->lost);
  EXPECT_EQ(comparison.cells[1].find("latency")->unknown, "another program ran");
  disturbed.mistrusted = "";
  EXPECT_EQ(compare_runs(before, after).cells[1].standing, Standing::broken);
}

TEST(RunComparison, WhatDiffersBetweenTheMachinesIsNamed) {
  const auto comparison = compare_runs(timed(1, {{"cpu", "Z80"}, {"revision", "a"}, {"load", "1"}}),
                                       timed(1, {{"cpu", "Z80"}, {"revision", "b"}, {"isa", "x"}}));
  ASSERT_EQ(comparison.environment.size(), 2U);
  EXPECT_EQ(comparison.environment[0].name, "revision");
  EXPECT_EQ(comparison.environment[0].after, "b");
  EXPECT_EQ(comparison.environment[1].before, "");
}

TEST(RunComparison, AnUnfinishedRunIsSaid) {
  qbench::Run after = timed(1);
  after.info.id = 9;
  after.info.finished = "";
  EXPECT_THAT(compare_runs(timed(1), after).notices, ElementsAre("run 9 was not finished"));
}

// Batch sizes ask the same question: ten cells of one answer are one test.
TEST(RunComparison, HolmCountsQuestionsAndNotCells) {
  qbench::Run before;
  qbench::Run after;
  for (int batch = 1; batch <= 10; ++batch) {
    CaseRecord a = scored("11111111..");
    CaseRecord b = scored("1.......1.");
    a.batch_size = b.batch_size = batch;
    before.cases.push_back(a);
    after.cases.push_back(b);
  }
  const auto comparison = compare_runs(before, after);
  const MetricChange& change = *comparison.cells[3].find("top1");
  EXPECT_EQ(*change.adjusted, *change.p_value);
}

TEST(RunComparison, DifferentAnswersAreDifferentTests) {
  qbench::Run before;
  qbench::Run after;
  for (int model = 0; model < 4; ++model) {
    CaseRecord a = scored("11111111..");
    CaseRecord b = scored("1.......1.");
    a.model = b.model = "net" + std::to_string(model);
    before.cases.push_back(a);
    after.cases.push_back(b);
  }
  const auto comparison = compare_runs(before, after);
  const MetricChange& change = *comparison.cells[3].find("top1");
  EXPECT_DOUBLE_EQ(*change.adjusted, 4 * *change.p_value);
}

CaseRecord detector(int hits) {
  CaseRecord record = synthetic_case("fp32");
  for (int i = 0; i < 40; ++i) {
    const auto outcome = i < hits ? Detection::Outcome::hit : Detection::Outcome::miss;
    record.detections.push_back({.sample = i,
                                 .detections = {{.label = 1, .score = 0.9F, .voc = outcome}},
                                 .truth = {{.label = 1, .voc = 1, .coco = 1}}});
  }
  record.metrics.push_back(make_metric("map_voc07", 0.5));
  return record;
}

TEST(RunComparison, DetectorsAreResampledInPairs) {
  const auto same = compare_runs(with_case(detector(30)), with_case(detector(30)));
  EXPECT_TRUE(only_cell(same).identical);
  const auto worse = compare_runs(with_case(detector(40)), with_case(detector(10)));
  const MetricChange& map = *only_cell(worse).find("map");
  EXPECT_EQ(map.worse, only_cell(worse).precision->voc07.value);
  EXPECT_GT(map.interval->low, 0);
  EXPECT_LT(*map.p_value, 0.001);
}

}  // namespace
}  // namespace qbench
