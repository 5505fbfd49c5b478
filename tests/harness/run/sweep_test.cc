#include "harness/run/sweep.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include <filesystem>
#include <map>

#include "engine/core/error.h"
#include "reports/record/metrics.h"

namespace qbench {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

using Records = Run;  // testing::Test has a Run of its own

constexpr const char* kSuite = R"(
dataset: {records: photos.rec, calibration: {records: cal.rec}}
models: [{name: net, source: here, expected: {fp32: {top1: 50}}}]
axes: {modes: [none, naive], calib_batches: [5], batch_sizes: [1, 64], threads: [2]}
timeout_seconds: 10
)";

// Does jobs without an engine, and what a test wants to go wrong.
class FakeWorkers {
 public:
  std::vector<std::string> log;  // "score fp32 int8/none", "time int8-naive b1"
  std::vector<double> timeouts;
  // What happens instead of the job whose log line this is: each is used until it is erased.
  std::map<std::string, LaunchResult> accidents;
  std::map<std::string, std::string> extra_lines;  // written before all others
  std::map<std::string, Status> bad_variants;      // reported by the worker itself
  std::vector<std::string> output_dirs;

  Launcher launcher() {
    return [this](const std::string& text, double timeout_seconds,
                  const std::function<void(std::string_view)>& on_line) {
      timeouts.push_back(timeout_seconds);
      try {
        return do_job(decode_job(text), on_line);
      } catch (const Error& error) {  // as launch() does with an Error of on_line
        return LaunchResult{Status::failed, error.what(), false};
      }
    };
  }

 private:
  using Lines = std::function<void(std::string_view)>;

  LaunchResult do_job(const std::variant<AccuracyJob, LatencyJob>& job, const Lines& on_line) {
    const auto* accuracy = std::get_if<AccuracyJob>(&job);
    const auto* latency = std::get_if<LatencyJob>(&job);
    std::string name = accuracy != nullptr ? "score" : fs::path(latency->symbol).stem().string();
    if (accuracy != nullptr) {
      for (const Variant& variant : accuracy->variants) name += " " + variant.name();
    } else {
      name = "time " + name + " b" + std::to_string(latency->batch_size);
    }
    log.push_back(name);
    if (accuracy != nullptr) output_dirs.push_back(accuracy->output_dir);
    if (extra_lines.contains(name)) on_line(extra_lines[name]);
    on_line(encode(ProgressMessage{"at it", 1, 2}));
    if (accidents.contains(name)) return accidents[name];
    if (accuracy != nullptr) {
      for (const Variant& variant : accuracy->variants) on_line(encode(score(*accuracy, variant)));
    } else {
      on_line(encode(time()));
    }
    return {};
  }

  Message score(const AccuracyJob& job, const Variant& variant) {
    AccuracyResult result;
    result.variant = variant;
    if (bad_variants.contains(variant.name())) {
      result.status = bad_variants[variant.name()];
      result.reason = "as the test wants";
      if (result.status != Status::mistrusted) return result;
    }
    std::string file = variant.name();
    std::ranges::replace(file, '/', '-');
    fs::create_directories(job.output_dir);
    for (std::string* path : {&result.symbol, &result.params}) {
      *path = (fs::path(job.output_dir) / (file + ".json")).string();
      fclose(fopen(path->c_str(), "w"));
    }
    result.model_hash = "model";
    // fp32 right on both images; the others only on the first
    const int second = variant.precision == "fp32" ? 1 : 2;
    result.predictions = {{0, 0, {0, 1, 2, 3, 4}}, {1, 1, {second, 0, 5, 3, 4}}};
    result.metrics = {make_metric("images", 2)};
    return result;
  }

  static Message time() {
    LatencyResult result;
    result.latency_ns = {1e6, 2e6, 3e6};
    result.metrics = {make_metric("arena", 7)};
    return result;
  }
};

class SilentProgress : public Progress {
 public:
  void working(std::string_view what, const ProgressMessage& message) override {
    steps.push_back(std::string(what) + ": " + message.step);
  }
  void case_done(const CaseRecord&, std::string_view name, std::size_t done,
                 std::size_t total) override {
    finished.push_back(std::to_string(done) + "/" + std::to_string(total) + " " +
                       std::string(name));
  }
  void note(std::string_view) override {}

  std::vector<std::string> steps;
  std::vector<std::string> finished;
};

class SweepTest : public testing::Test {
 protected:
  SweepTest() { fs::remove_all(folder_); }
  ~SweepTest() override { fs::remove_all(folder_); }

  Plan plan(const std::string& text = kSuite) const {
    PlanContext context;
    context.backends = {"onednn"};
    context.modes = {"none", "naive"};
    context.find_file = [this](const std::string& name) -> std::optional<std::string> {
      if (name.starts_with("gone")) return std::nullopt;
      return name;
    };
    context.hash_file = [](const std::string& path) { return path; };
    context.look_at_data = [](const std::string& data) { return DataFacts{2, data}; };
    return make_plan(parse_suite(text, "s.yaml"), context);
  }

  // One sweep into a run of its own.
  Records sweep_once(const Plan& plan, bool resume = false) {
    fs::create_directories(folder_);
    Store store = Store::open((folder_ / "db.sqlite").string(), Store::Mode::create);
    const std::int64_t run = store.begin_run({});
    int clock = 0;
    const SweepOptions options{.work_dir = (folder_ / "work").string(),
                               .resume = resume,
                               .decode_threads = 1,
                               .launch = workers_.launcher(),
                               .now = [&clock] { return "t" + std::to_string(clock++); }};
    result_ = sweep(plan, store, run, options, progress_);
    return store.load_run(run);
  }

  static std::vector<std::string> statuses(const Records& run) {
    std::vector<std::string> result;
    for (const CaseRecord& r : run.cases) result.emplace_back(to_string(r.status));
    return result;
  }

  const fs::path folder_ =
      fs::path(testing::TempDir()) / ("qbench_sweep_" + std::to_string(getpid()));
  FakeWorkers workers_;
  SilentProgress progress_;
  SweepResult result_;
};

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
                          "time int8-none b1", "time int8-naive-5batches b1", "time fp32 b1",
                          "time int8-none b1", "time int8-naive-5batches b1"));
  ASSERT_EQ(run.cases.size(), 3U);
  EXPECT_THAT(run.cases[1].latency_ns, ElementsAre(1e6, 2e6, 3e6, 1e6, 2e6, 3e6));
  EXPECT_EQ(run.cases[1].metric("latency_median"), 2e6);
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
  EXPECT_EQ(run.cases[0].details, "{}");
  EXPECT_EQ(run.cases[1].details, "{}");
  EXPECT_THAT(run.cases[2].details, HasSubstr("calibrated on"));
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
  sweep_once(plan(std::string(kSuite) + "measure: {max_seconds: 1}\n"), true);
  EXPECT_EQ(result_.reused, 0U);
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
