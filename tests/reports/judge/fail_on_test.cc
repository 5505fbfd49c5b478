#include "reports/judge/fail_on.h"

#include <gmock/gmock.h>

#include "engine/core/error.h"
#include "tests/reports/synthetic.h"

namespace qbench {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testing::ThrowsMessage;

TEST(FailOn, TermsAreRead) {
  const std::vector<Bound> bounds = parse_fail_on("top1>0.2pp, latency > 5% ,map>1%,flips>2%");
  ASSERT_THAT(bounds, SizeIs(4));
  EXPECT_EQ(bounds[0], (Bound{"top1>0.2pp", "top1", 0.2 / 100, false}));
  EXPECT_EQ(bounds[1], (Bound{"latency > 5%", "latency", 0.05, false}));
  EXPECT_EQ(bounds[2], (Bound{"map>1%", "map", 0.01, true}));
  EXPECT_EQ(bounds[3], (Bound{"flips>2%", "flips", 0.02, false}));
}

TEST(FailOn, TheDefaultIsReadable) { EXPECT_THAT(parse_fail_on(kDefaultFailOn), SizeIs(7)); }

TEST(FailOn, WhatCannotBeReadIsSaid) {
  const std::pair<const char*, const char*> wrong[] = {
      {"", "an empty term"},
      {"top1>1pp,", "an empty term"},
      {"top1", "expected METRIC>NUMBER"},
      {"top1>", "expected a unit, pp (percentage points) or %"},
      {"top1>0.2", "expected a unit, pp"},
      {"latency>5", "expected a unit, %"},
      {"latency>5pp", "latency has no percentage points"},
      {"latncy>5%", "did you mean 'latency'?"},
      {"xyzzy>5%", "expected one of top1, top5, map"},
      {"top1>-1pp", "expected a number of 0 or more"},
      {"top1>1e999pp", "expected a number of 0 or more"},
      {"top1>nanpp", "expected a number of 0 or more"},
      {"top1>0,2pp", "expected a unit"},
      {"top1>=1pp", "found '=1'"},
      {"top1<1pp", "expected METRIC>NUMBER"},
  };
  for (const auto& [text, message] : wrong) {
    const auto read = [t = text] { parse_fail_on(t); };
    EXPECT_THAT(read, ThrowsMessage<Error>(HasSubstr(message))) << text;
  }
}

// `lost` of 1000 images are right before and wrong after, `gained` the other way round.
RunComparison flipped(int lost, int gained, int cells = 1) {
  qbench::Run before;
  qbench::Run after;
  for (int i = 0; i < cells; ++i) {
    CaseRecord a = synthetic_case("fp32");
    CaseRecord b = a;
    a.model = b.model = "net" + std::to_string(i);
    const int same = 1000 - lost - gained;
    const auto images = [](int n, char c) { return std::string(static_cast<std::size_t>(n), c); };
    set_images(a, images(same, '1') + images(lost, '1') + images(gained, '5'));
    set_images(b, images(same, '1') + images(lost, '5') + images(gained, '1'));
    before.cases.push_back(a);
    after.cases.push_back(b);
  }
  return compare_runs(before, after);
}

FailOnVerdict judged(const RunComparison& comparison, const char* terms, bool asked = true) {
  return judge(comparison, parse_fail_on(terms), asked);
}

TEST(FailOn, ADropBeyondTheLimitFailsWhereChanceIsExcluded) {
  const FailOnVerdict verdict = judged(flipped(12, 0), "top1>1pp");
  EXPECT_EQ(verdict.verdict, RunVerdict::worse);
  ASSERT_THAT(verdict.terms[0].worse, SizeIs(1));
  EXPECT_THAT(verdict.terms[0].worse[0].text, HasSubstr("worse by 1.20 ["));
  EXPECT_THAT(verdict.terms[0].worse[0].text, HasSubstr("pp, p <0.001"));
}

TEST(FailOn, TheLimitItselfPasses) {
  for (const int lost : {3, 7, 12, 29, 57}) {  // whose quotients round either way
    const std::string limit =
        "top1>" + std::to_string(lost / 10) + "." + std::to_string(lost % 10) + "pp";
    EXPECT_EQ(judged(flipped(lost, 0), limit.c_str()).verdict, RunVerdict::same) << limit;
    EXPECT_EQ(judged(flipped(lost + 6, 0), limit.c_str()).verdict, RunVerdict::worse) << limit;
  }
}

TEST(FailOn, ADropThatChanceExplainsPassesAndIsSaidToBeOpen) {
  const FailOnVerdict verdict = judged(flipped(30, 18), "top1>1pp");
  EXPECT_EQ(verdict.verdict, RunVerdict::same);
  EXPECT_EQ(verdict.terms[0].undecided, 1U);
  EXPECT_THAT(verdict.terms[0].suspects, IsEmpty());
}

TEST(FailOn, AmongManyCellsOneIsASuspect) {
  // p = 0.03 alone; eight such are no alarm by Holm.
  const FailOnVerdict alone = judged(flipped(22, 9), "top1>1pp");
  EXPECT_EQ(alone.verdict, RunVerdict::worse);
  const FailOnVerdict many = judged(flipped(22, 9, 8), "top1>1pp");
  EXPECT_EQ(many.verdict, RunVerdict::same);
  EXPECT_THAT(many.terms[0].suspects, SizeIs(8));
}

TEST(FailOn, RelativeLimitsAreOfWhatWasBefore) {
  // 1.2 points of 100 %.
  EXPECT_EQ(judged(flipped(12, 0), "top1>1.1%").verdict, RunVerdict::worse);
  EXPECT_EQ(judged(flipped(12, 0), "top1>1.2%").verdict, RunVerdict::same);
}

TEST(FailOn, FlipsFailByTheirNumber) {
  EXPECT_EQ(judged(flipped(5, 5), "flips>0.9pp").verdict, RunVerdict::worse);
  EXPECT_EQ(judged(flipped(5, 5), "flips>1pp,agreement>1pp").verdict, RunVerdict::same);
  EXPECT_EQ(judged(flipped(5, 5), "agreement>0.9pp").verdict, RunVerdict::worse);
}

RunComparison weighed(double before, double after) {
  CaseRecord a = synthetic_case("fp32");
  CaseRecord b = a;
  a.metrics.push_back(make_metric("peak_rss", before));
  b.metrics.push_back(make_metric("peak_rss", after));
  qbench::Run first;
  qbench::Run second;
  first.cases = {a};
  second.cases = {b};
  return compare_runs(first, second);
}

TEST(FailOn, MemoryFailsByItsValue) {
  EXPECT_EQ(judged(weighed(100, 110), "memory>10%").verdict, RunVerdict::same);
  EXPECT_EQ(judged(weighed(100, 111), "memory>10%").verdict, RunVerdict::worse);
  EXPECT_EQ(judged(weighed(100, 50), "memory>0%").verdict, RunVerdict::same);
}

Run timed(double fp32, double int8) {
  qbench::Run run;
  for (const auto& [precision, ns] : {std::pair{"fp32", fp32}, {"int8", int8}}) {
    CaseRecord record = synthetic_case(precision);
    set_latency(record, {ns, ns * 1.001, ns * 0.999});
    run.cases.push_back(record);
  }
  return run;
}

TEST(FailOn, SlowerInt8FailsAndADriftingMachineDoesNot) {
  EXPECT_EQ(judged(compare_runs(timed(8, 4), timed(8, 4.3)), "latency>5%").verdict,
            RunVerdict::worse);
  EXPECT_EQ(judged(compare_runs(timed(8, 4), timed(9, 4.5)), "latency>5%").verdict,
            RunVerdict::same);
  EXPECT_EQ(judged(compare_runs(timed(8, 4), timed(8, 4.3)), "throughput>5%").verdict,
            RunVerdict::worse);
}

TEST(FailOn, WhatSlowsAllIsDrift) {
  const FailOnVerdict verdict = judged(compare_runs(timed(8, 4), timed(10, 5)), "drift>20%");
  EXPECT_EQ(verdict.verdict, RunVerdict::worse);
  EXPECT_THAT(verdict.terms[0].run_wide, HasSubstr("take 25.00 % more time"));
  EXPECT_EQ(judged(compare_runs(timed(8, 4), timed(10, 5)), "drift>25%").verdict, RunVerdict::same);
}

TEST(FailOn, AFasterControlDoesNotMakeInt8Slower) {
  qbench::Run before = timed(8, 4);
  qbench::Run after = timed(7, 4);
  for (const char* name : {"a", "b", "c"}) {
    CaseRecord other = timed(8, 4).cases.front();
    other.model = name;
    before.cases.push_back(other);
    after.cases.push_back(other);
  }
  EXPECT_EQ(judged(compare_runs(before, after), "latency>5%").verdict, RunVerdict::same);
}

TEST(FailOn, MissingAndBrokenCellsFailWhateverTheTerms) {
  qbench::Run before = timed(8, 4);
  qbench::Run after = timed(8, 4);
  after.cases[1].status = Status::timed_out;
  after.cases[1].reason = "after 600 s";
  const FailOnVerdict broken = judged(compare_runs(before, after), "latency>5%");
  EXPECT_EQ(broken.verdict, RunVerdict::worse);
  EXPECT_EQ(broken.broken[0].text, "timed out: after 600 s");
  after.cases.pop_back();
  const FailOnVerdict missing = judged(compare_runs(before, after), "latency>5%");
  EXPECT_EQ(missing.verdict, RunVerdict::worse);
  EXPECT_EQ(missing.broken[0].text, "missing");
  // More than before is no failure, nor is the loss of what was not ok.
  EXPECT_EQ(judged(compare_runs(after, before), "latency>50%", false).verdict, RunVerdict::same);
  before.cases[1].status = Status::failed;
  EXPECT_EQ(judged(compare_runs(before, after), "latency>50%", false).verdict, RunVerdict::same);
}

TEST(FailOn, OtherImagesFailATermOfAccuracy) {
  RunComparison comparison = flipped(0, 0);
  qbench::Run after = comparison.after;
  after.cases[0].data_hash = "other";
  const FailOnVerdict verdict = judged(compare_runs(comparison.before, after), "top1>1pp");
  EXPECT_EQ(verdict.verdict, RunVerdict::worse);
  EXPECT_EQ(verdict.terms[0].lost[0].text, "other images were scored");
}

TEST(FailOn, NothingInCommonIsNoSuccess) {
  qbench::Run other = timed(8, 4);
  for (CaseRecord& record : other.cases) record.model = "else";
  const FailOnVerdict verdict = judged(compare_runs(timed(8, 4), other), "latency>5%");
  EXPECT_EQ(verdict.verdict, RunVerdict::nothing);
  EXPECT_EQ(verdict.reason, "the runs have no cell in common");
}

TEST(FailOn, ATermThatWasAskedForAndJudgedNowhereIsNoSuccess) {
  const RunComparison elsewhere =
      compare_runs(timed(8, 4), timed(8, 4), {.machine_before = "a", .machine_after = "b"});
  const FailOnVerdict asked = judged(elsewhere, "latency>5%");
  EXPECT_EQ(asked.verdict, RunVerdict::nothing);
  EXPECT_THAT(asked.reason, HasSubstr("another machine"));
  EXPECT_EQ(judged(elsewhere, "latency>5%", false).verdict, RunVerdict::same);

  qbench::Run fp32 = timed(8, 4);
  fp32.cases.pop_back();
  const FailOnVerdict alone = judged(compare_runs(fp32, fp32), "latency>5%");
  EXPECT_EQ(alone.verdict, RunVerdict::nothing);
  EXPECT_THAT(alone.reason, HasSubstr("less than three other networks"));
  // Classifiers alone have no mAP: the term is about others.
  EXPECT_EQ(judged(flipped(0, 0), "map>1pp").verdict, RunVerdict::same);
}

}  // namespace
}  // namespace qbench
