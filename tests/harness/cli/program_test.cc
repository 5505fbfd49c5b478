// The program as a whole, in this process: what is printed where, and the exit codes.
#include <gmock/gmock.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "engine/core/error.h"
#include "harness/cli/command.h"
#include "tests/harness/cli/in_process.h"

namespace qbench {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::ContainsRegex;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

TEST(Program, HelpListsTheCommands) {
  const Outcome outcome = qbench_run({"--help"});
  EXPECT_EQ(outcome.exit_code, kExitOk);
  EXPECT_THAT(outcome.err, IsEmpty());
  for (const Command& command : commands()) {
    if (!command.summary.empty()) {
      EXPECT_THAT(outcome.out, HasSubstr("\n  " + std::string(command.name) + " "));
    }
  }
  EXPECT_EQ(outcome.out.find("worker"), std::string::npos);  // not for people
  EXPECT_EQ(qbench_run({"help"}).out, outcome.out);
  EXPECT_EQ(qbench_run({"-h"}).out, outcome.out);
}

TEST(Program, WithoutACommandItIsAnError) {
  const Outcome outcome = qbench_run({});
  EXPECT_EQ(outcome.exit_code, kExitUsage);
  EXPECT_THAT(outcome.out, IsEmpty());
  EXPECT_THAT(outcome.err, StartsWith("usage: qbench"));
}

TEST(Program, SaysItsVersion) {
  EXPECT_THAT(qbench_run({"--version"}).out, StartsWith("qbench 0."));
}

TEST(Program, EveryCommandHasHelpOfEightyColumns) {
  for (const Command& command : commands()) {
    if (command.summary.empty()) continue;
    const Outcome outcome = qbench_run({std::string(command.name), "--help"});
    EXPECT_EQ(outcome.exit_code, kExitOk) << command.name;
    EXPECT_THAT(outcome.out, StartsWith("usage: qbench " + std::string(command.name)));
    EXPECT_EQ(qbench_run({"help", std::string(command.name)}).out, outcome.out);
    std::istringstream lines(outcome.out);
    for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 80U) << line;
  }
}

TEST(Program, UnknownCommandsNameTheNearest) {
  const Outcome outcome = qbench_run({"siute"});
  EXPECT_EQ(outcome.exit_code, kExitUsage);
  EXPECT_EQ(outcome.err, "qbench: error: unknown command 'siute'; did you mean 'qbench suite'?\n");
  EXPECT_THAT(qbench_run({"xxxxxxxxxx"}).err, HasSubstr("'qbench --help' lists them"));
}

TEST(Program, ErrorsGoToStandardErrorWithExitCodeTwo) {
  const Outcome outcome = qbench_run({"suite", "--nonsense"});
  EXPECT_EQ(outcome.exit_code, kExitUsage);
  EXPECT_THAT(outcome.out, IsEmpty());
  EXPECT_THAT(outcome.err, StartsWith("qbench: error: unknown option --nonsense"));
}

TEST(Program, AGpuThatIsNotThereIsAUsageError) {
  const Outcome listed = qbench_run({"list", "backends"});
  if (listed.out.find("not in this build") == std::string::npos) GTEST_SKIP() << "built with cuDNN";
  EXPECT_THAT(qbench_run({"doctor"}).out, HasSubstr("backend cudnn    not in this build\n"));
  for (const char* option : {"--ctx=gpu", "--ctx=gpu(0)", "--backend=cudnn", "--gpus=0,1"}) {
    const Outcome outcome =
        qbench_run({"infer", "--model=squeezenet1.0", "--width=0.0625", "--benchmark", option});
    EXPECT_EQ(outcome.exit_code, kExitUsage) << option;
    EXPECT_THAT(outcome.err, AllOf(HasSubstr(option),
                                   HasSubstr("'cudnn' is not in this build, expected one of")));
  }
}

TEST(Program, APrecisionTheBackendLacksIsAUsageError) {
  const Outcome outcome =
      qbench_run({"infer", "--model=squeezenet1.0", "--width=0.0625", "--benchmark",
                  "--batch-size=1", "--backend=reference", "--precision=fp16"});
  EXPECT_EQ(outcome.exit_code, kExitUsage);
  EXPECT_THAT(outcome.err, HasSubstr("backend reference has no fp16, it has fp32, int8"));
  const Outcome profile = qbench_run({"inspect", "--model=squeezenet1.0", "--width=0.0625",
                                      "--backend=reference", "--profile", "--precision=tf32"});
  EXPECT_EQ(profile.exit_code, kExitUsage);
  EXPECT_THAT(profile.err, HasSubstr("backend reference has no tf32"));
}

TEST(Program, InferTellsTheTimeToCompile) {
  std::vector<std::string> line{"infer",
                                "--model=squeezenet1.0",
                                "--width=0.0625",
                                "--benchmark",
                                "-b",
                                "1",
                                "-w32",
                                "--num-inference-batches",
                                "1",
                                "--num-threads=1",
                                "--backend=reference"};
  const Outcome text = qbench_run(line);
  EXPECT_EQ(text.exit_code, kExitOk) << text.err;
  EXPECT_THAT(text.out, ContainsRegex("\ncompiling   [0-9]+\\.[0-9]+ s\n"));
  line.emplace_back("--json");
  const nlohmann::json json = nlohmann::json::parse(qbench_run(line).out);
  EXPECT_GT(json.at("compile_seconds").get<double>(), 0);
  EXPECT_EQ(json.at("batch_size"), 1);
}

class SuiteCommand : public testing::Test {
 protected:
  SuiteCommand() {
    fs::create_directories(folder_);
    write("s.yaml", R"(
dataset: {name: figures, records: "shapes:val,count=8"}
models: [{name: net, image_shape: [3, 48, 48]}, {name: other}]
axes: {modes: [none, naive], calib_batches: [1], threads: [1], backends: [reference]}
)");
    for (const char* file : {"net-symbol.json", "net-0000.params"}) write(file, "x");
  }
  ~SuiteCommand() override { fs::remove_all(folder_); }

  void write(const char* name, const std::string& text) const {
    std::ofstream(folder_ / name) << text;
  }

  Outcome run(std::vector<std::string> more) const {
    std::vector<std::string> arguments{"suite",      (folder_ / "s.yaml").string(),
                                       "--database", (folder_ / "db.sqlite").string(),
                                       "--data-dir", (folder_ / "nowhere").string()};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return qbench_run(arguments);
  }

  const fs::path folder_ =
      fs::path(testing::TempDir()) / ("qbench_cli_" + std::to_string(getpid()));
};

TEST_F(SuiteCommand, DryRunListsTheCasesAndWritesNothing) {
  const Outcome outcome = run({"--dry-run"});
  EXPECT_EQ(outcome.exit_code, kExitOk) << outcome.err;
  EXPECT_THAT(
      outcome.out,
      StartsWith(
          "net/fp32/b1/t1/reference\n"
          "net/int8/none/b1/t1/reference\n"
          "net/int8/naive/1batches/b1/t1/reference\n"
          "other/fp32/b1/t1/reference  (skipped: missing other-symbol.json, other-0000.params)\n"));
  EXPECT_THAT(outcome.err, HasSubstr("missing files: other-symbol.json, other-0000.params\n"));
  EXPECT_FALSE(fs::exists(folder_ / "db.sqlite"));
}

TEST_F(SuiteCommand, DryRunInJsonHasIdsAndCommands) {
  const auto cases =
      nlohmann::json::parse(run({"--dry-run", "--json", "--filter", "net.*naive"}).out);
  ASSERT_EQ(cases.size(), 1U);
  EXPECT_EQ(cases[0]["name"], "net/int8/naive/1batches/b1/t1/reference");
  EXPECT_EQ(cases[0]["status"], "planned");
  EXPECT_EQ(cases[0]["id"].get<std::string>().size(), 32U);
  EXPECT_THAT(cases[0]["reproduce"].get<std::string>(),
              AllOf(StartsWith("qbench suite "), HasSubstr(" --data-dir "),
                    HasSubstr(" --modes naive --batches 1 ")));
}

TEST_F(SuiteCommand, OptionsReplaceAxes) {
  EXPECT_EQ(
      run({"--dry-run", "--models=net", "--modes=none", "--precisions=int8", "--batch-sizes=2,4"})
          .out,
      "net/int8/none/b2/t1/reference\nnet/int8/none/b4/t1/reference\n");
}

TEST_F(SuiteCommand, DryRunSaysWhatTheBackendLacks) {
  EXPECT_EQ(run({"--dry-run", "--models=net", "--precisions=fp32,fp16"}).out,
            "net/fp32/b1/t1/reference\n"
            "net/fp16/b1/t1/reference  (unsupported: backend reference has no fp16, it has fp32, "
            "int8)\n");
}

TEST_F(SuiteCommand, WhenNothingCanRunItIsAnError) {
  const Outcome outcome = run({"--models", "other"});
  EXPECT_EQ(outcome.exit_code, kExitUsage);
  EXPECT_THAT(outcome.err, StartsWith("missing files: other-symbol.json"));
  EXPECT_THAT(outcome.out, HasSubstr("skipped"));
  EXPECT_FALSE(fs::exists(folder_ / "db.sqlite"));
}

TEST_F(SuiteCommand, BadInputIsNamedBeforeAnythingRuns) {
  EXPECT_THAT(run({"--modes", "median"}).err, HasSubstr("no calibration mode 'median'"));
  EXPECT_THAT(run({"--backends", "tpu"}).err, HasSubstr("no backend 'tpu'"));
  EXPECT_THAT(run({"--html", (folder_ / "no/such/x.html").string()}).err,
              HasSubstr("there is no folder"));
  EXPECT_THAT(run({"second"}).err, HasSubstr("expected one suite, found 2; there are: "));
  EXPECT_THAT(qbench_run({"suite", "demmo"}).err, HasSubstr("did you mean 'demo'?"));
  write("s.yaml", "models: [{name: a, dataset: {records: r}, colour: red}]");
  EXPECT_THAT(run({}).err, HasSubstr("s.yaml:1:43: unknown key 'colour'"));
}

TEST_F(SuiteCommand, ADatabaseOfSomebodyElseIsLeftAlone) {
  write("db.sqlite", "not a database, but long enough to be looked at");
  const Outcome outcome = run({});
  EXPECT_EQ(outcome.exit_code, kExitUsage);
  EXPECT_THAT(outcome.err, HasSubstr("db.sqlite"));
}

}  // namespace
}  // namespace qbench
