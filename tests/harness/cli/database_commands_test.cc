// qbench merge, prune and report on databases made by hand.
#include <gmock/gmock.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "harness/cli/command.h"
#include "reports/record/metrics.h"
#include "reports/record/store.h"

namespace qbench {
namespace {

using testing::AllOf;
using testing::HasSubstr;

class DatabaseCommands : public testing::Test {
 protected:
  void SetUp() override {
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string file(const std::string& name) const { return (folder_ / name).string(); }

  void write(const std::string& name, const std::string& started) const {
    Store store = Store::open(file(name), Store::Mode::create);
    CaseRecord record;
    record.case_id = "a";
    record.model = "net";
    record.precision = "fp32";
    record.metrics = {make_metric("top1", 0.5)};
    record.predictions.push_back({});
    RunInfo info;
    info.suite = "demo";
    info.started = started;
    store.put(store.begin_run(info), record);
  }

  // Prints into out_ and err_.
  int run(const std::vector<std::string>& arguments) {
    char* texts[2] = {};
    std::size_t sizes[2] = {};
    const Streams streams{open_memstream(&texts[0], &sizes[0]),
                          open_memstream(&texts[1], &sizes[1])};
    const int code = run_program(arguments, streams);
    std::fclose(streams.out);
    std::fclose(streams.err);
    out_.assign(texts[0], sizes[0]);
    err_.assign(texts[1], sizes[1]);
    std::free(texts[0]);
    std::free(texts[1]);
    return code;
  }

  const std::filesystem::path folder_ =
      std::filesystem::path(testing::TempDir()) / ("qbench_databases_" + std::to_string(getpid()));
  std::string out_;
  std::string err_;
};

TEST_F(DatabaseCommands, MergeSaysWhatItAdded) {
  write("a", "2026-01-02T00:00:00Z");
  write("b", "2026-01-01T00:00:00Z");
  EXPECT_EQ(run({"merge", file("a"), file("b"), "--database", file("all")}), kExitOk) << err_;
  EXPECT_EQ(out_, file("a") + ": 1 run added\n" + file("b") + ": 1 run added\n");
  EXPECT_EQ(run({"merge", file("a"), "--database", file("all")}), kExitOk) << err_;
  EXPECT_EQ(out_, file("a") + ": 0 runs added, 1 there already\n");
  EXPECT_EQ(run({"report", "--database", file("all"), "--list"}), kExitOk) << err_;
  EXPECT_LT(out_.find("2026-01-01"), out_.find("2026-01-02"));
  EXPECT_EQ(run({"report", "--database", file("all")}), kExitOk) << err_;
}

TEST_F(DatabaseCommands, MergeNeedsFilesAndAPlace) {
  EXPECT_EQ(run({"merge", "--database", file("all")}), kExitUsage);
  EXPECT_THAT(err_, HasSubstr("no database to merge"));
  EXPECT_EQ(run({"merge", file("a")}), kExitUsage);
  EXPECT_THAT(err_, HasSubstr("--database is missing"));
  EXPECT_EQ(run({"merge", file("a"), "--database", file("all")}), kExitUsage);
  EXPECT_THAT(err_, HasSubstr(file("a")));
}

TEST_F(DatabaseCommands, PruneSaysWhatItFreed) {
  write("db", "2026-01-01T00:00:00Z");
  write("db", "2026-01-02T00:00:00Z");
  EXPECT_EQ(run({"prune", "--database", file("db"), "--keep-last", "1", "--dry-run"}), kExitOk);
  EXPECT_THAT(out_, AllOf(HasSubstr("would remove run 1: demo, 2026-01-01T00:00:00Z"),
                          HasSubstr("1 run would be removed, 1 kept")));
  EXPECT_EQ(run({"prune", "--database", file("db"), "--keep-last", "1"}), kExitOk) << err_;
  EXPECT_THAT(out_, AllOf(HasSubstr("removed run 1"), HasSubstr("file "), HasSubstr("was ")));
  EXPECT_EQ(run({"prune", "--database", file("db"), "--before", "2027-01-01"}), kExitUsage);
  EXPECT_THAT(err_, HasSubstr("--all"));
  EXPECT_EQ(run({"prune", "--database", file("db"), "--keep-last", "0", "--all"}), kExitOk);
  EXPECT_THAT(out_, HasSubstr("1 run removed, 0 kept"));
}

TEST_F(DatabaseCommands, PruneIsToldOnceWhatGoes) {
  write("db", "2026-01-01T00:00:00Z");
  for (const std::vector<std::string>& wrong :
       std::vector<std::vector<std::string>>{{},
                                             {"--keep-last", "1", "--before", "2026-01-01"},
                                             {"--keep-last", "-2"},
                                             {"--before", "last week"}}) {
    std::vector<std::string> arguments = {"prune", "--database", file("db")};
    arguments.insert(arguments.end(), wrong.begin(), wrong.end());
    EXPECT_EQ(run(arguments), kExitUsage);
    EXPECT_THAT(err_, HasSubstr("expected"));
  }
}

}  // namespace
}  // namespace qbench
