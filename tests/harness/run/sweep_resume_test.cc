// Interrupted sweeps, and what a resumed one takes over.
#include <gmock/gmock.h>

#include "tests/harness/run/sweep_fixture.h"

namespace qbench {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::IsEmpty;

TEST_F(SweepTest, AnInterruptKeepsWhatIsFinished) {
  workers_.accidents["time int8-none b1"] = {Status::failed, "interrupted", true};
  const Records run = sweep_once(plan());
  EXPECT_TRUE(result_.interrupted);
  EXPECT_THAT(statuses(run), ElementsAre("ok", "ok"));
  EXPECT_EQ(workers_.log.back(), "time int8-none b1");
}

TEST_F(SweepTest, AnInterruptWhileScoringIsNoReasonToRetry) {
  workers_.accidents["score fp32 int8/none int8/naive/5batches"] = {Status::failed, "interrupted",
                                                                    true};
  EXPECT_THAT(statuses(sweep_once(plan())), IsEmpty());
  EXPECT_EQ(workers_.log.size(), 1U);
}

TEST_F(SweepTest, ResumeTakesFinishedCasesAndScoresNothingTwice) {
  workers_.accidents["time int8-none b1"] = {Status::failed, "interrupted", true};
  sweep_once(plan());
  workers_.accidents.clear();
  workers_.log.clear();
  const Records run = sweep_once(plan(), true);
  EXPECT_EQ(result_.reused, 2U);
  EXPECT_THAT(statuses(run), ElementsAre("ok", "ok", "ok", "ok", "ok", "ok"));
  EXPECT_THAT(workers_.log,
              ElementsAre("time int8-none b1", "time int8-none b64", "time int8-naive-5batches b1",
                          "time int8-naive-5batches b64"));
  EXPECT_EQ(run.cases[4].metric("agreement"), 0.5);  // with FP32 of the earlier run
}

TEST_F(SweepTest, ResumeTriesAgainWhatWasNotOk) {
  workers_.accidents["time fp32 b1"] = {Status::crashed, "signal 11", false};
  workers_.bad_variants["int8/none"] = Status::failed;
  sweep_once(plan());
  workers_.accidents.clear();
  workers_.bad_variants.clear();
  workers_.log.clear();
  const Records run = sweep_once(plan(), true);
  EXPECT_THAT(workers_.log, ElementsAre("score int8/none", "time fp32 b1", "time int8-none b1",
                                        "time int8-none b64"));
  EXPECT_THAT(statuses(run), testing::Each("ok"));
}

TEST_F(SweepTest, ResumeScoresAgainWhenTheSavedModelIsGone) {
  workers_.accidents["time int8-none b1"] = {Status::failed, "interrupted", true};
  sweep_once(plan());
  fs::remove_all(folder_ / "work" / "models");
  workers_.accidents.clear();
  workers_.log.clear();
  sweep_once(plan(), true);
  EXPECT_EQ(workers_.log.front(), "score int8/none int8/naive/5batches");
}

TEST_F(SweepTest, WithoutResumeEverythingIsMeasuredAgain) {
  sweep_once(plan());
  const std::size_t jobs = workers_.log.size();
  sweep_once(plan());
  EXPECT_EQ(workers_.log.size(), 2 * jobs);
  EXPECT_EQ(result_.reused, 0U);
}

TEST_F(SweepTest, ChangedOptionsAreMeasuredAgain) {
  sweep_once(plan());
  workers_.log.clear();
  std::string suite = kSuite;
  suite.replace(suite.find("rounds: 1"), 9, "rounds: 1, max_seconds: 1");
  sweep_once(plan(suite), true);
  EXPECT_EQ(result_.reused, 0U);
}

TEST_F(SweepTest, AnotherProgramsNumbersAndTablesAreNotTaken) {
  sweep_once(plan());
  const std::size_t jobs = workers_.log.size();
  const std::vector<std::string> tables = workers_.table_dirs;
  program = "another build";
  sweep_once(plan(), true);
  EXPECT_EQ(workers_.log.size(), 2 * jobs);
  EXPECT_EQ(result_.reused, 0U);
  for (const std::string& dir : tables) EXPECT_NE(workers_.table_dirs.back(), dir);
  sweep_once(plan(), true);
  EXPECT_EQ(result_.reused, 6U);
}

TEST_F(SweepTest, ADatabaseThatCannotBeWrittenEndsTheSweep) {
  fs::create_directories(folder_);
  Store store = Store::open((folder_ / "db.sqlite").string(), Store::Mode::create);
  const SweepOptions options{.work_dir = (folder_ / "work").string(),
                             .resume = false,
                             .decode_threads = 1,
                             .launch = workers_.launcher(),
                             .now = [] { return std::string("now"); }};
  EXPECT_THROW(sweep(plan(), store, 12345, options, progress_), Error);  // there is no such run
}

}  // namespace
}  // namespace qbench
