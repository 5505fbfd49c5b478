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
    lines_.clear();
    pid_t pid = 0;
    LaunchOptions options;
    options.command = {"/bin/sh", "-c",
                       "echo $$; cd " + folder_.string() +
                           "; exec " QBENCH_PROGRAM " suite ./small.yaml --database db.sqlite " +
                           more + " 2>&1"};
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

  std::vector<CaseRecord> records() const {
    const Store store = Store::open(path("db.sqlite"), Store::Mode::read_only);
    return store.load_run(store.latest_run().value()).cases;
  }

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
  EXPECT_FALSE(nlohmann::json::parse(text).empty());
}

TEST_F(SuiteProcess, AFailedGateIsExitStatusOne) {
  std::string text = kSuite;
  text.replace(text.find("equals: 20"), 10, "equals: 21");
  std::ofstream(folder_ / "small.yaml") << text;
  EXPECT_THAT(run("--models net").reason, StartsWith("exit status 1"));
  EXPECT_THAT(lines_, Contains(StartsWith("gate FAILED: images of net: 21 (net fp32, batch 1")));
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
