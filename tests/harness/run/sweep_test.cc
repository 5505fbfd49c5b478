// What a sweep asks its workers for, and what it makes of what they say.
#include <gmock/gmock.h>

#include "tests/harness/run/sweep_fixture.h"

namespace qbench {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST_F(SweepTest, ScoresAGroupOnceAndMeasuresEachCaseAlone) {
  const Records run = sweep_once(plan());
  EXPECT_FALSE(result_.interrupted);
  EXPECT_THAT(workers_.log,
              ElementsAre("score fp32 int8/none int8/naive/5batches", "time fp32 b1",
                          "time fp32 b64", "time int8-none b1", "time int8-none b64",
                          "time int8-naive-5batches b1", "time int8-naive-5batches b64"));
  EXPECT_THAT(workers_.timeouts, ElementsAre(30, 10, 10, 10, 10, 10, 10));
  EXPECT_EQ(progress_.finished.front(), "1/6 net/fp32/b1/t2/onednn");
  EXPECT_EQ(progress_.finished.back(), "6/6 net/int8/naive/5batches/b64/t2/onednn");
  EXPECT_EQ(progress_.steps.front(), "net on onednn: at it");
}

TEST_F(SweepTest, RoundsMeasureTheCasesInTurns) {
  Plan turns = plan();
  filter(turns, "/b1/");
  turns.suite.measure.rounds = 2;
  const Records run = sweep_once(turns);
  EXPECT_THAT(workers_.log,
              ElementsAre("score fp32 int8/none int8/naive/5batches", "time fp32 b1",
                          "time int8-none b1", "time int8-naive-5batches b1",
                          "time int8-naive-5batches b1", "time int8-none b1", "time fp32 b1"));
  ASSERT_EQ(run.cases.size(), 3U);
  EXPECT_THAT(run.cases[1].latency_ns, ElementsAre(1e6, 2e6, 3e6, 1e6, 2e6, 3e6));
  EXPECT_THAT(run.cases[1].latency_counts, ElementsAre(3, 3));
  EXPECT_NEAR(*run.cases[1].metric("latency_median"), 2e6, 1e-6);
  EXPECT_EQ(std::ranges::count(run.cases[1].metrics, "arena", &MetricValue::name), 1);
}

TEST_F(SweepTest, RecordsHoldEverythingThatIsKnown) {
  const Plan made = plan();
  const Records run = sweep_once(made);
  ASSERT_EQ(run.cases.size(), 6U);
  const CaseRecord& fp32 = run.cases[0];
  EXPECT_EQ(fp32.case_id, made.groups[0].cases[0].id);
  EXPECT_EQ(fp32.model, "net");
  EXPECT_EQ(fp32.model_source, "here");
  EXPECT_EQ(fp32.dataset, "photos");
  EXPECT_EQ(fp32.backend, "onednn");
  EXPECT_EQ(fp32.precision, "fp32");
  EXPECT_EQ(fp32.threads, 2);
  EXPECT_EQ(fp32.documented.top1, 0.5);
  EXPECT_EQ(fp32.model_hash, "model");
  EXPECT_EQ(fp32.data_hash, made.groups[0].data_hash);
  EXPECT_EQ(fp32.reproduce, made.groups[0].cases[0].reproduce);
  EXPECT_EQ(fp32.predictions.size(), 2U);
  EXPECT_THAT(fp32.latency_ns, ElementsAre(1e6, 2e6, 3e6));
  EXPECT_EQ(fp32.metric("latency_median"), 2e6);
  EXPECT_EQ(fp32.metric("agreement"), std::nullopt);
  EXPECT_EQ(fp32.started, "t0");
  EXPECT_EQ(fp32.finished, "t6");  // all six began before the first ended
  const CaseRecord& naive = run.cases[4];
  EXPECT_EQ(naive.mode, "naive");
  EXPECT_EQ(naive.calib_batches, 5);
  EXPECT_EQ(naive.quantized_dtype, "auto");
  EXPECT_EQ(naive.metric("agreement"), 0.5);
}

TEST_F(SweepTest, ACrashOfTheGroupCostsOnlyTheVariantThatDoesItAgain) {
  workers_.accidents["score fp32 int8/none int8/naive/5batches"] = {Status::crashed, "signal 11",
                                                                    false};
  workers_.accidents["score int8/none"] = {Status::crashed, "signal 11 again", false};
  const Records run = sweep_once(plan());
  EXPECT_THAT(statuses(run), ElementsAre("ok", "ok", "crashed", "crashed", "ok", "ok"));
  EXPECT_EQ(run.cases[2].reason, "signal 11 again");
  EXPECT_EQ(run.cases[4].metric("agreement"), 0.5);
}

TEST_F(SweepTest, ALoneVariantIsNotTriedTwice) {
  Plan one = plan();
  filter(one, "fp32/b1/");
  workers_.accidents["score fp32"] = {Status::timed_out, "not finished after 10 s", false};
  const Records run = sweep_once(one);
  EXPECT_THAT(workers_.log, ElementsAre("score fp32"));
  EXPECT_THAT(statuses(run), ElementsAre("timed_out"));
}

TEST_F(SweepTest, AnAccidentWhileMeasuringCostsOneCase) {
  workers_.accidents["time fp32 b64"] = {Status::failed, "took 9 MB of memory", false};
  const Records run = sweep_once(plan());
  EXPECT_THAT(statuses(run), ElementsAre("ok", "failed", "ok", "ok", "ok", "ok"));
  EXPECT_EQ(run.cases[1].reason, "measuring latency: took 9 MB of memory");
  EXPECT_EQ(run.cases[1].metric("images"), 2);  // its accuracy is known all the same
  EXPECT_THAT(run.cases[1].latency_ns, IsEmpty());
}

TEST_F(SweepTest, AWorkerThatEndsWithoutAResultHasFailed) {
  workers_.accidents["time fp32 b1"] = {};
  workers_.accidents["score int8/naive/5batches"] = {};
  workers_.accidents["score fp32 int8/none int8/naive/5batches"] = {};
  const Records run = sweep_once(plan());
  EXPECT_THAT(statuses(run), ElementsAre("failed", "ok", "ok", "ok", "failed", "failed"));
  EXPECT_THAT(run.cases[0].reason, HasSubstr("ended without a result"));
}

TEST_F(SweepTest, GarbageFailsTheJobThatWroteIt) {
  workers_.extra_lines["time fp32 b1"] = "Segmentation fault (core dumped)";
  workers_.extra_lines["score fp32 int8/none int8/naive/5batches"] =
      "{\"kind\":\"accuracy\",\"body\":{}}";
  workers_.extra_lines["score int8/none"] = "???";
  const Records run = sweep_once(plan());
  EXPECT_THAT(statuses(run), ElementsAre("failed", "ok", "failed", "failed", "ok", "ok"));
  EXPECT_THAT(run.cases[0].reason,
              HasSubstr("'Segmentation fault (core dumped)' is none of its messages"));
}

TEST_F(SweepTest, AResultNobodyAskedForIsGarbage) {
  AccuracyResult foreign;
  foreign.variant = {"int8", "entropy", 9, "auto"};
  Plan one = plan();
  filter(one, "fp32/b1/");
  workers_.extra_lines["score fp32"] = encode(foreign);
  EXPECT_THAT(statuses(sweep_once(one)), ElementsAre("failed"));
}

TEST_F(SweepTest, WhatTheWorkerReportsIsKept) {
  workers_.bad_variants["int8/none"] = Status::unsupported;
  workers_.bad_variants["int8/naive/5batches"] = Status::mistrusted;
  const Records run = sweep_once(plan());
  EXPECT_THAT(statuses(run),
              ElementsAre("ok", "ok", "unsupported", "unsupported", "mistrusted", "mistrusted"));
  EXPECT_THAT(run.cases[2].latency_ns, IsEmpty());
  EXPECT_EQ(run.cases[4].latency_ns.size(), 3U);  // it runs: its speed is worth knowing
  EXPECT_EQ(run.cases[4].reason, "as the test wants");
}

TEST_F(SweepTest, GroupsThatCannotRunAreRecordedWithTheReason) {
  const Records run = sweep_once(plan(R"(
dataset: {records: photos.rec}
models: [{name: gone}, {name: net}]
axes: {precisions: [fp32]}
)"));
  EXPECT_THAT(statuses(run), ElementsAre("skipped", "ok"));
  EXPECT_EQ(run.cases[0].reason, "missing gone-symbol.json, gone-0000.params");
}

TEST_F(SweepTest, OverlapIsAWarningOfTheCalibratedCases) {
  const Records run = sweep_once(plan(R"(
dataset: {records: photos.rec}
models: [{name: net}]
axes: {modes: [none, naive]}
)"));
  EXPECT_THAT(run.cases[0].details, Not(HasSubstr("warnings")));
  EXPECT_THAT(run.cases[1].details, Not(HasSubstr("warnings")));
  EXPECT_THAT(run.cases[2].details, HasSubstr("calibrated on"));
}

TEST_F(SweepTest, OtherKernelsThanTheScoredOnesAreAWarning) {
  const Plan two = plan(R"(
dataset: {records: photos.rec}
models: [{name: net}]
axes: {precisions: [fp32]}
)");
  workers_.scored_details = R"({"algorithms":{"direct":2,"winograd":1}})";
  workers_.timed_algorithms = {{"direct", 2}, {"winograd", 1}};
  EXPECT_THAT(sweep_once(two).cases[0].details, Not(HasSubstr("warnings")));
  workers_.timed_algorithms = {{"direct", 3}};
  EXPECT_THAT(sweep_once(two).cases[0].details, HasSubstr("with other kernels of f32 layers"));
}

TEST_F(SweepTest, ModelsThatDifferAreSavedApart) {
  sweep_once(plan(R"(
dataset: {records: photos.rec}
models: [{name: net}, {name: net, dataset: {records: birds.rec}}, {name: other, excluded_layers: [a]}]
axes: {backends: [onednn], modes: [none]}
)"));
  ASSERT_EQ(workers_.output_dirs.size(), 3U);
  std::ranges::sort(workers_.output_dirs);
  EXPECT_EQ(std::ranges::adjacent_find(workers_.output_dirs), workers_.output_dirs.end());
}

TEST_F(SweepTest, DisturbedRoundsAreMeasuredAgain) {
  Plan calm = plan(R"(
dataset: {records: photos.rec}
models: [{name: net}]
axes: {precisions: [fp32]}
measure: {rounds: 3}
)");
  workers_.disturbed_times = 2;
  Records run = sweep_once(calm);
  EXPECT_EQ(run.cases[0].status, Status::ok);
  EXPECT_EQ(std::ranges::count(workers_.log, "time fp32 b1"), 5);
  EXPECT_EQ(run.cases[0].latency_counts, (std::vector{3, 3, 3}));
  EXPECT_EQ(std::ranges::count(run.cases[0].latency_ns, 9e9), 0);

  workers_.log.clear();
  workers_.disturbed_times = 100;
  run = sweep_once(calm);
  EXPECT_EQ(run.cases[0].status, Status::mistrusted);
  EXPECT_EQ(run.cases[0].mistrusted, CaseRecord::kLatency);
  EXPECT_THAT(run.cases[0].reason, HasSubstr("in 3 of 3 rounds, and in 3 measured again"));
  EXPECT_EQ(std::ranges::count(workers_.log, "time fp32 b1"), 6);

  workers_.log.clear();
  calm.suite.measure.mistrust_noise = false;
  run = sweep_once(calm);
  EXPECT_EQ(run.cases[0].status, Status::ok);
  EXPECT_EQ(std::ranges::count(workers_.log, "time fp32 b1"), 3);
}

}  // namespace
}  // namespace qbench
