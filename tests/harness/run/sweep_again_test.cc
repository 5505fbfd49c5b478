// Cases of a run that are measured a second time.
#include <gmock/gmock.h>

#include "tests/harness/run/sweep_fixture.h"

namespace qbench {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

TEST_F(SweepTest, WhatIsMeasuredAgainIsMeasuredAloneAndScoredNoMore) {
  std::filesystem::create_directories(folder_);
  const Plan made = plan();
  Store store = Store::open((folder_ / "db.sqlite").string(), Store::Mode::create);
  const std::int64_t run = store.begin_run({});
  SweepOptions options{.work_dir = (folder_ / "work").string(),
                       .launch = workers_.launcher(),
                       .now = [] { return "t"; }};
  sweep(made, store, run, options, progress_);
  const Records first = store.load_run(run);
  workers_.log.clear();
  progress_.finished.clear();
  const std::vector<Case>& cases = made.groups[0].cases;
  options.again = {cases[0].id, cases[4].id};
  EXPECT_FALSE(sweep(made, store, run, options, progress_).interrupted);
  EXPECT_THAT(workers_.log, ElementsAre("time fp32 b1", "time int8-naive-5batches b1"));
  EXPECT_THAT(progress_.finished,
              ElementsAre("1/2 net/fp32/b1/t2/onednn", "2/2 net/int8/naive/5batches/b1/t2/onednn"));
  const Records second = store.load_run(run);
  ASSERT_EQ(second.cases.size(), first.cases.size());
  EXPECT_EQ(second.cases[1], first.cases[1]);
  EXPECT_THAT(second.cases[4].details, HasSubstr("measured again"));
  EXPECT_THAT(first.cases[4].details, Not(HasSubstr("measured again")));
  EXPECT_EQ(second.cases[4].predictions, first.cases[4].predictions);
  EXPECT_EQ(second.cases[4].latency_ns, first.cases[4].latency_ns);  // not beside the first ones
  EXPECT_EQ(second.cases[4].metric("agreement"), 0.5);
}

}  // namespace
}  // namespace qbench
