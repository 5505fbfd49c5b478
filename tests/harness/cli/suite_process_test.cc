// The real program on a small real network: from a suite file to a database, through kills.
#include <gmock/gmock.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "engine/core/error.h"
#include "engine/formats/formats.h"
#include "engine/graph/text.h"
#include "harness/run/launch.h"
#include "reports/record/store.h"

namespace qbench {
namespace {

namespace fs = std::filesystem;
using testing::Contains;
using testing::HasSubstr;
using testing::StartsWith;

constexpr const char* kNetwork = R"(
data = Input(shape=[1,3,48,48]) : f32[1,3,48,48]
conv0_weight = Constant() : f32[4,3,3,3] values=random(1)
conv0 = Convolution(data, conv0_weight; stride=[4,4], activation=relu) : f32[1,4,12,12]
flat = Flatten(conv0) : f32[1,576]
fc_weight = Constant() : f32[10,576] values=random(3)
fc = FullyConnected(flat, fc_weight) : f32[1,10]
return fc
)";

constexpr const char* kSuite = R"(
name: small
dataset: {name: figures, records: "shapes:val,count=24", evaluation: {skip: 4}}
models: [{name: net, image_shape: [3, 48, 48], rgb_mean: [128, 128, 128], rgb_std: [64, 64, 64]},
         {name: gone, image_shape: [3, 48, 48]}]
axes: {modes: [none, naive], calib_batches: [1], batch_sizes: [1, 2, 3], threads: [1],
       backends: [reference]}
measure: {warmup_seconds: 0, max_seconds: 0.1, target_interval: 0, rounds: 1,
          on_noise: warn}
gates: [{metric: images, model: net, equals: 20}]
)";

class SuiteProcess : public testing::Test {
 protected:
  SuiteProcess() {
    fs::create_directories(folder_ / "model");
    std::ofstream(folder_ / "small.yaml") << kSuite;
    export_model(parse_graph(kNetwork),
                 {path("model/net-symbol.json"), path("model/net-0000.params")});
  }
  ~SuiteProcess() override { fs::remove_all(folder_); }

  std::string path(const char* name) const { return (folder_ / name).string(); }

  // Runs the program with standard error among its lines; `see` gets each line and its process id.
  LaunchResult run(const std::string& more,
                   const std::function<void(pid_t, std::string_view)>& see = {}) {
    return run_command("suite ./small.yaml --database db.sqlite " + more, see);
  }
  LaunchResult run_command(const std::string& command,
                           const std::function<void(pid_t, std::string_view)>& see = {}) {
    lines_.clear();
    pid_t pid = 0;
    LaunchOptions options;
    options.command = {
        "/bin/sh", "-c",
        "echo $$; cd " + folder_.string() + "; exec " QBENCH_PROGRAM " " + command + " 2>&1"};
    options.timeout_seconds = 60;
    options.on_line = [&](std::string_view line) {
      if (pid == 0) {
        pid = std::stoi(std::string(line));
        return;
      }
      lines_.emplace_back(line);
      if (see) see(pid, line);
    };
    return launch(options);
  }

  qbench::Run stored_run() const {
    const Store store = Store::open(path("db.sqlite"), Store::Mode::read_only);
    return store.load_run(store.latest_run().value());
  }
  std::vector<CaseRecord> records() const { return stored_run().cases; }

  std::size_t count_lines(const std::string& part) const {
    return static_cast<std::size_t>(std::ranges::count_if(
        lines_, [&part](const std::string& line) { return line.find(part) != std::string::npos; }));
  }

  const fs::path folder_ =
      fs::path(testing::TempDir()) / ("qbench_process_" + std::to_string(getpid()));
  std::vector<std::string> lines_;
};

TEST_F(SuiteProcess, MeasuresWhatIsThereAndNamesWhatIsMissing) {
  const LaunchResult result = run("--markdown r.md --html r.html --report-dir out");
  EXPECT_EQ(result.status, Status::ok) << result.reason;
  EXPECT_THAT(lines_, Contains("missing files: gone-symbol.json, gone-0000.params"));
  EXPECT_THAT(lines_, Contains(StartsWith("gate passed: images of net: 20")));
  const std::vector<CaseRecord> all = records();
  ASSERT_EQ(all.size(), 18U);
  for (const CaseRecord& record : all) {
    if (record.model == "gone") {
      EXPECT_EQ(record.status, Status::skipped);
      continue;
    }
    EXPECT_EQ(record.status, Status::ok) << record.reason;
    EXPECT_EQ(record.predictions.size(), 20U);
    EXPECT_GE(record.latency_ns.size(), 11U);
    EXPECT_TRUE(record.metric("peak_rss").has_value());
    EXPECT_EQ(record.metric("agreement").has_value(), record.precision == "int8");
  }
  for (const char* file :
       {"r.md", "r.html", "out/report.md", "out/report.csv", "out/report.json"}) {
    EXPECT_GT(fs::file_size(folder_ / file), 100U) << file;
  }
}

TEST_F(SuiteProcess, JsonIsAllThereIsOnStandardOutput) {
  EXPECT_EQ(run("--models net --precisions fp32 --json --quiet 2>/dev/null >out.json; true").status,
            Status::ok);
  std::ifstream file(path("out.json"));
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  EXPECT_EQ(nlohmann::json::parse(text)["verdicts"].size(), 3U);  // a gate, three batch sizes
}

TEST_F(SuiteProcess, AFailedGateIsExitStatusOne) {
  std::string text = kSuite;
  text.replace(text.find("equals: 20"), 10, "equals: 21");
  std::ofstream(folder_ / "small.yaml") << text;
  EXPECT_THAT(run("--models net").reason, StartsWith("exit status 1"));
  EXPECT_THAT(lines_, Contains(StartsWith("gate FAILED: images of net: 21 (9 of 9 cases)")));
  EXPECT_THAT(lines_, Contains(StartsWith("  net, FP32, reference, batch 1, 1 thread: worse: ")));
  const std::vector<Verdict> verdicts = stored_run().verdicts;
  ASSERT_EQ(verdicts.size(), 9U);
  EXPECT_EQ(verdicts[0].word, Verdict::Word::worse);
  EXPECT_EQ(verdicts[0].case_id, records()[0].case_id);
}

TEST_F(SuiteProcess, AStoredRunIsJudgedAgain) {
  EXPECT_EQ(run("--models net --precisions fp32 --batch-sizes 1,2 --filter b1").status, Status::ok);
  const std::vector<Verdict> first = stored_run().verdicts;
  ASSERT_EQ(first.size(), 1U);
  EXPECT_EQ(run_command("gate --database db.sqlite").status, Status::ok);
  EXPECT_EQ(stored_run().verdicts, first);

  // The suite's file as it is now; what the run's command line left out is not missed.
  std::string text = kSuite;
  text.replace(text.find("gates: ["), 8,
               "gates: [{metric: top1, precision: int8, max_drop: 0}, {metric: images, model: "
               "gone, min: 1}, {metric: images, batch_size: 2, min: 1}, ");
  std::ofstream(folder_ / "small.yaml") << text;
  EXPECT_EQ(run_command("gate latest --database db.sqlite").status, Status::ok);
  EXPECT_EQ(count_lines("gate not judged: "), 3U);
  EXPECT_EQ(count_lines("(left out by --models, --precisions, --batch-sizes, --filter)"), 3U);

  text.replace(text.find("equals: 20"), 10, "equals: 21");
  std::ofstream(folder_ / "other.yaml") << text;
  EXPECT_THAT(run_command("gate 1 --suite ./other.yaml --database db.sqlite").reason,
              StartsWith("exit status 1"));
  EXPECT_THAT(lines_, Contains("gate FAILED: images of net: 21 (1 of 1 case)"));
  EXPECT_EQ(stored_run().verdicts.back().word, Verdict::Word::worse);
  EXPECT_THAT(stored_run().verdicts.back().place, StartsWith("./other.yaml:"));
}

TEST_F(SuiteProcess, JudgingAgainNeedsARunAndGates) {
  const auto fails = [this](const std::string& command, const char* message) {
    EXPECT_THAT(run_command(command).reason, StartsWith("exit status 2")) << command;
    EXPECT_EQ(count_lines(message), 1U) << command << ": " << message;
  };
  fails("gate --database none.sqlite", "none.sqlite");
  EXPECT_FALSE(fs::exists(folder_ / "none.sqlite"));
  run("--models net --precisions fp32 --batch-sizes 1");
  fails("gate 7 --database db.sqlite", "no run 7");
  fails("gate soon --database db.sqlite", "no run is called 'soon'");
  fails("gate 1 1 --database db.sqlite", "expected one run, found 2");
  fails("gate --suite nosuch --database db.sqlite", "no suite 'nosuch'");
  std::string text = kSuite;
  std::ofstream(folder_ / "none.yaml") << text.substr(0, text.find("gates:"));
  fails("gate --suite ./none.yaml --database db.sqlite", "./none.yaml: has no gates");
  fs::remove(folder_ / "small.yaml");
  fails("gate --database db.sqlite", "--suite names another");
  // No gate is about what there is.
  std::ofstream(folder_ / "small.yaml")
      << text.substr(0, text.find("gates:")) << "gates: [{metric: images, model: gone, min: 1}]\n";
  fails("gate --database db.sqlite", "no gate could be judged");
}

TEST_F(SuiteProcess, ARunThatWasCutOffIsNotJudged) {
  run("--models net", [](pid_t, std::string_view line) {
    if (line.starts_with("[3/9]")) throw Error("enough");  // kills it
  });
  EXPECT_THAT(run_command("gate --database db.sqlite").reason, StartsWith("exit status 2"));
  EXPECT_EQ(count_lines("holds no finished run"), 1U);
  EXPECT_THAT(run_command("gate 1 --database db.sqlite").reason, StartsWith("exit status 2"));
  EXPECT_EQ(count_lines("is not finished: 'qbench suite --resume' goes on with it"), 1U);
}

TEST_F(SuiteProcess, VerdictsAreJsonForPrograms) {
  run("--models net --precisions fp32 --batch-sizes 1");
  EXPECT_EQ(run_command("gate --json --database db.sqlite 2>/dev/null >out.json; true").status,
            Status::ok);
  std::ifstream file(path("out.json"));
  const nlohmann::json json = nlohmann::json::parse(file);
  EXPECT_EQ(json["run"], 1);
  EXPECT_EQ(json["verdicts"][0]["verdict"], "ok");
}

TEST_F(SuiteProcess, KilledItLosesOnlyTheCaseAtHandAndResumeGoesOn) {
  run("--models net", [](pid_t, std::string_view line) {
    if (line.starts_with("[3/9]")) throw Error("enough");  // kills it
  });
  EXPECT_EQ(records().size(), 3U);
  const LaunchResult result = run("--models net --resume");
  EXPECT_EQ(result.status, Status::ok) << result.reason;
  EXPECT_EQ(count_lines(": measure"), 6U);
  EXPECT_EQ(count_lines(": score"), 0U);  // known from the first attempt
  const Store store = Store::open(path("db.sqlite"), Store::Mode::read_only);
  EXPECT_EQ(store.list_runs().size(), 1U);  // the same run, completed
  EXPECT_FALSE(store.list_runs().front().finished.empty());
  EXPECT_EQ(records().size(), 9U);
}

TEST_F(SuiteProcess, InterruptedItEndsInOrder) {
  const LaunchResult result = run("--models net", [](pid_t pid, std::string_view line) {
    if (line.starts_with("[2/9]")) kill(pid, SIGINT);
  });
  EXPECT_THAT(result.reason, StartsWith("exit status 130"));
  EXPECT_THAT(lines_.back(), HasSubstr("--resume goes on"));
  EXPECT_GE(records().size(), 2U);
  EXPECT_LT(records().size(), 9U);
}

TEST_F(SuiteProcess, AnAccidentOfOneCaseIsExitStatusOneAndTheOthersGoOn) {
  fs::resize_file(folder_ / "model/net-0000.params", 300);
  EXPECT_THAT(run("--models net --precisions fp32").reason, StartsWith("exit status 1"));
  for (const CaseRecord& record : records()) {
    EXPECT_EQ(record.status, Status::failed);
    EXPECT_THAT(record.reason, HasSubstr("net-0000.params"));
  }
}

TEST_F(SuiteProcess, ACaseAboveItsMemoryLimitFails) {
  std::ofstream(folder_ / "small.yaml", std::ios::app) << "memory_limit_mb: 1\n";
  run("--models net --precisions fp32 --batch-sizes 1");
  EXPECT_EQ(records().at(0).status, Status::failed);
  EXPECT_THAT(records()[0].reason, HasSubstr("more than the limit of 1 MB"));
}

TEST_F(SuiteProcess, AnythingPrintedByLibrariesDoesNotDisturbTheWorker) {
  setenv("ONEDNN_VERBOSE", "2", 1);  // prints on standard output
  setenv("DNNL_VERBOSE", "2", 1);
  const LaunchResult result =
      run("--models net --precisions fp32 --backends onednn --batch-sizes 1");
  unsetenv("ONEDNN_VERBOSE");
  unsetenv("DNNL_VERBOSE");
  if (result.reason.find("no backend") != std::string::npos) GTEST_SKIP() << "built without oneDNN";
  EXPECT_EQ(result.status, Status::ok) << result.reason;
}

}  // namespace
}  // namespace qbench
