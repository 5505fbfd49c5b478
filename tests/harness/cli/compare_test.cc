// Naming runs, and comparing them on the command line.
#include <gmock/gmock.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "engine/core/error.h"
#include "harness/cli/run_reference.h"
#include "reports/record/store.h"
#include "reports/record/tags.h"
#include "tests/harness/cli/in_process.h"
#include "tests/reports/synthetic.h"

namespace qbench {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::ThrowsMessage;

class Compare : public testing::Test {
 protected:
  Compare() { fs::create_directories(folder_); }
  ~Compare() override { fs::remove_all(folder_); }

  std::string path(const char* name) const { return (folder_ / name).string(); }

  // A run of `suite` whose INT8 takes `factor` times as long.
  std::int64_t add(const std::string& suite, double factor = 1, bool finished = true,
                   const std::string& cpu = "Z80", const char* database = "db.sqlite") const {
    qbench::Run run = synthetic_run();
    run.cases[1] = synthetic_case("int8", "entropy", 5);
    run.info.suite = suite;
    run.info.environment = {};
    run.info.environment.add("cpu", cpu);
    run.info.environment.add("cores", "2 usable");
    for (double& sample : run.cases[2].latency_ns) sample *= factor;
    Store store = Store::open(path(database), Store::Mode::create);
    const std::int64_t id = store.begin_run(run.info);
    for (const CaseRecord& record : run.cases) store.put(id, record);
    if (finished) store.finish_run(id, "2026-11-24T10:01:00Z");
    return id;
  }

  std::int64_t resolved(const std::string& text, const std::string& suite = {}) const {
    return resolve_run(text, path("db.sqlite"), suite).run;
  }

  Outcome run(std::vector<std::string> arguments) const {
    arguments.insert(arguments.end(), {"--database", path("db.sqlite")});
    return qbench_run(arguments);
  }

  fs::path folder_ = fs::path(testing::TempDir()) / ("qbench_compare_" + std::to_string(getpid()));
};

TEST_F(Compare, RunsAreNamedInFiveWays) {
  add("demo");
  add("demo");
  add("other");
  add("demo");
  add("demo", 1, false);
  put_tag(path("db.sqlite"), {"release", 3});
  EXPECT_EQ(resolved("2"), 2);
  EXPECT_EQ(resolved("5"), 5);  // a number may be of any run
  EXPECT_EQ(resolved("latest"), 4);
  EXPECT_EQ(resolved("previous"), 2);  // of the same suite
  EXPECT_EQ(resolved("latest", "other"), 3);
  EXPECT_EQ(resolved("release"), 3);
  add("demo", 1, true, "Z80", "old.sqlite");
  const std::string old = path("old.sqlite");
  EXPECT_EQ(resolve_run(old, path("db.sqlite")), (RunReference{old, 1}));
  EXPECT_EQ(resolve_run(old + ":1", path("db.sqlite")), (RunReference{old, 1}));
  EXPECT_EQ(resolve_run(path("db.sqlite") + ":release", "else"),
            (RunReference{path("db.sqlite"), 3}));
}

TEST_F(Compare, WhatIsNoRunIsSaidWithWhatThereIs) {
  add("demo");
  put_tag(path("db.sqlite"), {"release-1", 1});
  const auto refused = [&](const char* text, const auto& message) {
    EXPECT_THAT([&] { resolved(text); }, ThrowsMessage<Error>(message)) << text;
  };
  refused("7", AllOf(HasSubstr("db.sqlite: no run 7"), HasSubstr("there are the runs 1 (demo)")));
  refused("99999999999999999999", HasSubstr("no run 99999999999999999999"));
  refused("release-2", AllOf(HasSubstr("no run is called 'release-2', did you mean 'release-1'?"),
                             HasSubstr("tags release-1")));
  refused("lates", HasSubstr("did you mean 'latest'?"));
  refused("previous", HasSubstr("no finished run of suite 'demo' before run 1"));
  refused("no.sqlite", HasSubstr("no.sqlite: cannot be opened"));
  refused(":1", HasSubstr("expected number, latest, previous, a tag, or FILE.sqlite[:RUN]"));
  EXPECT_FALSE(fs::exists("no.sqlite"));
}

TEST_F(Compare, TagsAreGivenListedMovedAndTaken) {
  add("demo");
  add("demo");
  EXPECT_EQ(run({"tag", "release", "1"}).out, "release is run 1\n");
  EXPECT_EQ(run({"tag", "release"}).out, "release is run 2, no longer run 1\n");
  EXPECT_EQ(run({"tag"}).out, "     2  release\n");
  const Outcome wrong = run({"tag", "--delete", "releas"});
  EXPECT_EQ(wrong.exit_code, kExitUsage);
  EXPECT_THAT(wrong.err, HasSubstr("no tag 'releas'; did you mean 'release'?"));
  EXPECT_EQ(run({"tag", "--delete", "release"}).exit_code, kExitOk);
  EXPECT_THAT(run({"tag"}).out, IsEmpty());
  EXPECT_THAT(run({"tag", "7"}).err, HasSubstr("tag '7', expected a letter"));
}

TEST_F(Compare, ExitCodesAreThoseOfTheVerdict) {
  add("demo");
  add("demo");
  add("demo", 1.5);
  const Outcome same = run({"compare", "1", "2"});
  EXPECT_EQ(same.exit_code, kExitOk) << same.err;
  EXPECT_THAT(same.out, HasSubstr("Nothing is worse."));
  EXPECT_EQ(run({"compare"}).exit_code, kExitFailed);  // previous and latest
  EXPECT_EQ(run({"compare", "1"}).exit_code, kExitFailed);
  EXPECT_EQ(run({"compare", "3", "1"}).exit_code, kExitOk);  // faster
  EXPECT_EQ(run({"compare", "1", "3", "--fail-on", "latency>60%"}).exit_code, kExitOk);
  EXPECT_EQ(run({"compare", "1", "3", "--fail-on", "latency>40%"}).exit_code, kExitFailed);
  EXPECT_EQ(run({"compare", "3", "latest"}).exit_code, kExitUsage);  // itself
  const Outcome wrong = run({"compare", "1", "3", "--fail-on", "latenci>40%"});
  EXPECT_EQ(wrong.exit_code, kExitUsage);
  EXPECT_THAT(wrong.err, HasSubstr("--fail-on: 'latenci>40%': unknown metric 'latenci'"));
}

TEST_F(Compare, LatenciesOfAnotherMachineAreRefusedUnlessAskedFor) {
  add("demo");
  add("demo", 1.5, true, "6502");
  const Outcome refused = run({"compare", "1", "2"});
  EXPECT_EQ(refused.exit_code, kExitOk);
  EXPECT_THAT(refused.out, HasSubstr("Latencies are not compared: measured on another machine"));
  EXPECT_THAT(refused.out, HasSubstr("identical"));
  EXPECT_EQ(run({"compare", "1", "2", "--fail-on", "latency>5%"}).exit_code, kExitUsage);
  EXPECT_EQ(run({"compare", "1", "2", "--any-machine"}).exit_code, kExitFailed);
}

TEST_F(Compare, WritesJsonAndMarkdown) {
  add("demo");
  add("demo");
  const Outcome json = run({"compare", "--json", "--markdown", path("c.md")});
  EXPECT_EQ(nlohmann::json::parse(json.out)["verdict"], "same");
  std::ifstream file(path("c.md"));
  std::string line;
  std::getline(file, line);
  EXPECT_EQ(line, "## qbench: two runs");
}

TEST_F(Compare, ReadsOnly) {
  add("demo");
  add("demo");
  const auto before = fs::last_write_time(path("db.sqlite"));
  run({"compare"});
  EXPECT_EQ(fs::last_write_time(path("db.sqlite")), before);
}

TEST_F(Compare, HistoryTellsOfANewStepOnce) {
  // Sizes need no nights to tell.
  add("demo");
  add("demo");
  EXPECT_EQ(run({"history", "size"}).exit_code, kExitOk);
  const auto add_larger = [&] {
    Store store = Store::open(path("db.sqlite"), Store::Mode::create);
    qbench::Run larger = synthetic_run();
    larger.info.suite = "demo";
    for (CaseRecord& record : larger.cases)
      for (MetricValue& metric : record.metrics) metric.value *= 2;
    const std::int64_t id = store.begin_run(larger.info);
    for (const CaseRecord& record : larger.cases) store.put(id, record);
    store.finish_run(id, "2026-11-24T10:01:00Z");
  };
  add_larger();
  const Outcome found = run({"history", "size"});
  EXPECT_EQ(found.exit_code, kExitFailed);
  EXPECT_THAT(found.out, HasSubstr("since run 3: "));
  add_larger();
  EXPECT_EQ(run({"history", "size"}).exit_code, kExitOk);
  EXPECT_EQ(run({"history", "size", "--last", "2"}).exit_code, kExitFailed);
  const Outcome unknown = run({"history", "size", "--suite", "dem"});
  EXPECT_EQ(unknown.exit_code, kExitUsage);
  EXPECT_THAT(unknown.err, HasSubstr("no finished run of suite 'dem', did you mean 'demo'?"));
  EXPECT_THAT(run({"history", "sizes"}).err, HasSubstr("did you mean 'size'?"));
  EXPECT_THAT(run({"history", "size", "--models", "nobody"}).err, HasSubstr("no cell of those"));
  EXPECT_THAT(run({"history", "--last", "0"}).err, HasSubstr("--last 0, expected 1 or more"));
}

TEST_F(Compare, HistoryIsOfOneMachine) {
  add("demo");
  add("demo", 1, true, "6502");
  EXPECT_THAT(run({"history"}).out, HasSubstr("1 of 2 runs are of another machine"));
  EXPECT_EQ(run({"history", "--any-machine"}).out.find("another machine"), std::string::npos);
}

}  // namespace
}  // namespace qbench
