// The store: every field comes back, nothing half-written stays, foreign files are refused.
#include "reports/record/store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <limits>
#include <string>
#include <thread>

#include "engine/core/error.h"
#include "reports/record/metrics.h"

namespace qbench {
namespace {

using testing::AllOf;
using testing::HasSubstr;

// A path of its own for each test, free of what an earlier run left.
class StoreTest : public testing::Test {
 protected:
  void SetUp() override {
    const auto* test = testing::UnitTest::GetInstance()->current_test_info();
    folder_ = std::filesystem::path(testing::TempDir()) /
              ("qbench_store_" + std::string(test->name()) + "_" + std::to_string(getpid()));
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
    path_ = folder_ / "runs.db";
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  Store create() const { return Store::open(path_, Store::Mode::create); }
  Store read() const { return Store::open(path_, Store::Mode::read_only); }

  // Executes SQL behind the store's back.
  void sql(const std::string& statements) const {
    sqlite3* database = nullptr;
    ASSERT_EQ(sqlite3_open(path_.c_str(), &database), SQLITE_OK);
    char* message = nullptr;
    EXPECT_EQ(sqlite3_exec(database, statements.c_str(), nullptr, nullptr, &message), SQLITE_OK)
        << (message == nullptr ? "" : message);
    sqlite3_free(message);
    sqlite3_close(database);
  }

  std::filesystem::path folder_;
  std::string path_;
};

// Different from a default record, and from every other `number`, in each field.
CaseRecord full_record(int number) {
  const std::string n = std::to_string(number);
  CaseRecord record;
  record.case_id = "case-" + n;
  record.model = "model 'quoted' \"" + n;
  record.model_source = "Gluon-CV " + n;
  record.dataset = "データ " + n;
  record.backend = "onednn" + n;
  record.precision = "int8" + n;
  record.mode = "entropy" + n;
  record.calib_batches = 5 + number;
  record.quantized_dtype = "uint8" + n;
  record.batch_size = 32 + number;
  record.threads = 2 + number;
  record.reproduce = "qbench infer | " + n;
  record.status = Status::mistrusted;
  record.reason = "all outputs equal\n" + n;
  record.metrics = {make_metric("top1", 0.1 * number),
                    make_metric("peak_rss", 1e9 + number),
                    {"of the future " + n, -1.5, "furlongs", true}};
  record.latency_ns = {1.25, 0, 1e18, 3.0 + number};
  record.predictions = {{.sample = number, .label = 999, .top = {1, 2, 3, 4, 5}},
                        {.sample = std::numeric_limits<std::int64_t>::max(),
                         .label = std::numeric_limits<int>::min(),
                         .top = {0, -1, -1, -1, std::numeric_limits<int>::max()}}};
  record.detections = {
      {.sample = number,
       .detections = {{.label = number,
                       .score = 0.5F,
                       .voc = Detection::Outcome::hit,
                       .coco_hits = 0b1111111111,
                       .coco_ignored = 0},
                      {.label = 79,
                       .score = -1,
                       .voc = Detection::Outcome::miss,
                       .coco_hits = 1,
                       .coco_ignored = 0b1000000000}},
       .truth = {{.label = 3, .voc = 2, .coco = number}}},
      {.sample = std::numeric_limits<std::int64_t>::max(), .detections = {}, .truth = {}}};
  record.documented = {.top1 = 0.7587, .top5 = std::nullopt, .map = 0.83};
  record.model_hash = "m" + n;
  record.data_hash = "d" + n;
  record.options_hash = "o" + n;
  record.details = R"({"warnings": ["hot"]})" + n;
  record.started = "2026-11-24T10:00:0" + n + "Z";
  record.finished = "2026-11-24T11:00:0" + n + "Z";
  return record;
}

RunInfo some_run(const std::string& suite = "demo") {
  RunInfo info;
  info.suite = suite;
  info.command_line = "qbench suite " + suite;
  info.started = "2026-11-24T10:00:00Z";
  info.environment.add("cpu", "Z80");
  info.environment.add("b second", "1");
  info.environment.add("a third", "2");
  return info;
}

CaseRecord named(const std::string& id, Status status = Status::ok) {
  CaseRecord record;
  record.case_id = id;
  record.status = status;
  return record;
}

// What() of the Error that `action` throws.
std::string error_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

TEST_F(StoreTest, EveryFieldComesBack) {
  qbench::Run expected{.info = some_run(), .cases = {full_record(1), full_record(2), CaseRecord{}}};
  {
    Store store = create();
    expected.info.id = store.begin_run(expected.info);
    for (const CaseRecord& record : expected.cases) store.put(expected.info.id, record);
    EXPECT_EQ(store.load_run(expected.info.id), expected);
    expected.info.finished = "2026-11-24T12:00:00Z";
    store.finish_run(expected.info.id, expected.info.finished);
  }
  EXPECT_EQ(read().load_run(expected.info.id), expected);
  EXPECT_EQ(read().list_runs(), std::vector{expected.info});
}

TEST_F(StoreTest, NotANumberStaysNotANumber) {
  Store store = create();
  const std::int64_t run = store.begin_run(some_run());
  CaseRecord record = named("a");
  record.metrics = {make_metric("top1", std::numeric_limits<double>::quiet_NaN())};
  store.put(run, record);
  EXPECT_TRUE(std::isnan(*store.load_run(run).cases.at(0).metric("top1")));
}

TEST_F(StoreTest, PutReplacesInPlace) {
  Store store = create();
  const std::int64_t run = store.begin_run(some_run());
  CaseRecord first = full_record(1);
  store.put(run, first);
  store.put(run, full_record(2));
  first.metrics.pop_back();
  first.latency_ns.clear();
  store.put(run, first);
  EXPECT_EQ(store.load_run(run).cases, (std::vector{first, full_record(2)}));
}

TEST_F(StoreTest, LatestRunMayBeOfOneSuite) {
  Store store = create();
  EXPECT_EQ(store.latest_run(), std::nullopt);
  const std::int64_t demo = store.begin_run(some_run("demo"));
  const std::int64_t imagenet = store.begin_run(some_run("imagenet"));
  EXPECT_EQ(store.latest_run(), imagenet);
  EXPECT_EQ(store.latest_run("demo"), demo);
  EXPECT_EQ(store.latest_run("' OR 1 --"), std::nullopt);
}

TEST_F(StoreTest, OnlyTheNewestOkRecordIsReused) {
  Store store = create();
  const std::int64_t first = store.begin_run(some_run());
  const std::int64_t second = store.begin_run(some_run());
  EXPECT_EQ(store.find_reusable("a"), std::nullopt);
  CaseRecord old_ok = named("a");
  CaseRecord new_ok = old_ok;
  new_ok.finished = "later";
  store.put(second, new_ok);
  store.put(first, old_ok);
  store.put(store.begin_run(some_run()), named("a", Status::crashed));
  EXPECT_EQ(store.find_reusable("a"), new_ok);
  EXPECT_EQ(store.find_reusable("b"), std::nullopt);
}

TEST_F(StoreTest, UnknownRunIsNamed) {
  Store store = create();
  const auto expected = AllOf(HasSubstr(path_), HasSubstr("no run 7"));
  EXPECT_THAT(error_of([&] { store.load_run(7); }), expected);
  EXPECT_THAT(error_of([&] { store.put(7, named("a")); }), expected);
  EXPECT_THAT(error_of([&] { store.finish_run(7, "now"); }), expected);
}

TEST_F(StoreTest, LargeRunsAreQuick) {
  CaseRecord record = named("a");
  record.predictions.resize(50'000);
  for (std::size_t i = 0; i < record.predictions.size(); ++i) {
    record.predictions[i].sample = static_cast<std::int64_t>(i);
  }
  Store store = create();
  const std::int64_t run = store.begin_run(some_run());
  for (int i = 0; i < 20; ++i) {
    record.case_id = std::to_string(i);
    store.put(run, record);
  }
  EXPECT_EQ(store.load_run(run).cases.at(19).predictions, record.predictions);
  EXPECT_LT(std::filesystem::file_size(path_), 50U << 20U);
}

// --- processes -----------------------------------------------------------------------------------

// Exit status of a child that runs `body`.
int in_child(const std::function<void()>& body) {
  const pid_t child = fork();
  if (child == 0) {
    try {
      body();
    } catch (const std::exception& error) {
      static_cast<void>(std::fputs(error.what(), stderr));
      _exit(1);
    }
    _exit(0);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return status;
}

TEST_F(StoreTest, KilledWriterLosesOnlyTheRecordInFlight) {
  const int status = in_child([&] {
    Store store = create();
    const std::int64_t run = store.begin_run(some_run());
    store.put(run, full_record(1));
    store.put(run, full_record(2));
    // The same statements as put, cut off before the commit.
    sqlite3* database = nullptr;
    sqlite3_open(path_.c_str(), &database);
    sqlite3_exec(database, "BEGIN IMMEDIATE; DELETE FROM cases; UPDATE runs SET finished = 'never'",
                 nullptr, nullptr, nullptr);
    sqlite3_db_cacheflush(database);  // half of it is in the file already
    raise(SIGKILL);
  });
  ASSERT_TRUE(WIFSIGNALED(status));
  const qbench::Run run = read().load_run(1);
  EXPECT_EQ(run.cases, (std::vector{full_record(1), full_record(2)}));
  EXPECT_EQ(run.info.finished, "");
  create().put(1, full_record(3));
  EXPECT_EQ(read().load_run(1).cases.size(), 3U);
}

TEST_F(StoreTest, TwoWritersWaitForEachOther) {
  constexpr int kRecords = 50;
  const auto write = [&](const std::string& name) {
    Store store = create();
    const std::int64_t run = store.begin_run(some_run(name));
    for (int i = 0; i < kRecords; ++i) store.put(run, named(name + std::to_string(i)));
  };
  std::thread here([&] { write("a"); });
  std::thread there([&] { write("b"); });
  here.join();
  there.join();
  Store store = read();
  EXPECT_EQ(store.load_run(*store.latest_run("a")).cases.size(), kRecords);
  EXPECT_EQ(store.load_run(*store.latest_run("b")).cases.size(), kRecords);
}

TEST_F(StoreTest, ReaderSeesARunThatIsBeingWritten) {
  Store writer = create();
  const std::int64_t run = writer.begin_run(some_run());
  writer.put(run, named("a"));
  EXPECT_EQ(read().load_run(run).cases.size(), 1U);
  writer.put(run, named("b"));
  EXPECT_EQ(read().load_run(run).cases.size(), 2U);
}

TEST_F(StoreTest, FullDiskKeepsWhatWasThere) {
  const int status = in_child([&] {
    Store store = create();
    const std::int64_t run = store.begin_run(some_run());
    store.put(run, named("small"));
    // The file may not grow beyond 1 MB: what a full disk looks like to a process.
    std::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{1U << 20U, 1U << 20U};
    setrlimit(RLIMIT_FSIZE, &limit);
    CaseRecord large = named("large");
    large.predictions.resize(100'000);
    const std::string message = error_of([&] { store.put(run, large); });
    if (message.find(path_) == std::string::npos) throw Error(message);
    store.put(run, named("small again"));
  });
  EXPECT_EQ(status, 0);
  const qbench::Run run = read().load_run(1);
  ASSERT_EQ(run.cases.size(), 2U);
  EXPECT_EQ(run.cases[0].case_id, "small");
  EXPECT_EQ(run.cases[1].case_id, "small again");
}

TEST_F(StoreTest, FullDiskFromTheStart) {
  const int status = in_child([&] {
    std::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{0, 0};
    setrlimit(RLIMIT_FSIZE, &limit);
    const std::string message = error_of([&] { create(); });
    if (message.find(path_) == std::string::npos) throw Error(message);
  });
  EXPECT_EQ(status, 0);
  EXPECT_EQ(create().begin_run(some_run()), 1);  // what was left behind is no obstacle
}

// --- files that are not ours ---------------------------------------------------------------------

TEST_F(StoreTest, ReadOnlyNeedsAFile) {
  EXPECT_THAT(error_of([&] { read(); }), AllOf(HasSubstr(path_), HasSubstr("cannot be opened")));
  EXPECT_FALSE(std::filesystem::exists(path_));
}

TEST_F(StoreTest, FolderMustExist) {
  path_ = folder_ / "no" / "such" / "runs.db";
  EXPECT_THAT(error_of([&] { create(); }), AllOf(HasSubstr(path_), HasSubstr("existing folder")));
}

TEST_F(StoreTest, AnotherKindOfFileIsLeftAlone) {
  const std::string text = "model: squeezenet1.0\n" + std::string(5000, '#');
  std::ofstream(path_) << text;
  for (const auto& open : {std::function<void()>([&] { create(); }), {[&] { read(); }}}) {
    EXPECT_THAT(error_of(open), AllOf(HasSubstr(path_), HasSubstr("not a database")));
  }
  std::ifstream file(path_);
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(file), {}), text);
}

TEST_F(StoreTest, AnotherProgramsDatabaseIsLeftAlone) {
  sql("CREATE TABLE bookmarks (url TEXT)");
  for (const auto& open : {std::function<void()>([&] { create(); }), {[&] { read(); }}}) {
    EXPECT_THAT(error_of(open), AllOf(HasSubstr(path_), HasSubstr("another program")));
  }
  sql("SELECT url FROM bookmarks");
}

TEST_F(StoreTest, NewerSchemaIsRefused) {
  create().begin_run(some_run());
  sql("PRAGMA user_version = 99");
  for (const auto& open : {std::function<void()>([&] { create(); }), {[&] { read(); }}}) {
    EXPECT_THAT(error_of(open), AllOf(HasSubstr(path_), HasSubstr("version 99, expected at most"),
                                      HasSubstr("newer qbench")));
  }
}

TEST_F(StoreTest, EmptyFileBecomesADatabaseOnlyForAWriter) {
  std::ofstream(path_).close();
  EXPECT_THAT(error_of([&] { read(); }), AllOf(HasSubstr(path_), HasSubstr("empty database")));
  EXPECT_EQ(create().begin_run(some_run()), 1);
}

TEST_F(StoreTest, TruncatedAtAnyPageIsAnErrorOrTheTruth) {
  qbench::Run whole{.info = some_run(), .cases = {full_record(1), full_record(2)}};
  {
    Store store = create();
    whole.info.id = store.begin_run(whole.info);
    for (const CaseRecord& record : whole.cases) store.put(1, record);
  }
  const auto size = std::filesystem::file_size(path_);
  int errors = 0;
  for (std::uintmax_t keep = size - 512; keep >= 512; keep -= 512) {
    std::filesystem::resize_file(path_, keep);
    const std::string message = error_of([&] {
      if (read().load_run(1) != whole) throw Error(path_ + ": another run than was written");
    });
    if (message == "no error") continue;
    EXPECT_THAT(message, HasSubstr(path_));
    EXPECT_THAT(message, testing::Not(HasSubstr("another run"))) << keep << " bytes";
    ++errors;
  }
  EXPECT_GT(errors, 10);
}

TEST_F(StoreTest, TamperedRowsAreErrorsWithTheFile) {
  create().begin_run(some_run());
  create().put(1, full_record(1));
  struct Case {
    const char* statement;
    const char* message;
  };
  for (const Case& c : {Case{"UPDATE cases SET predictions = x'0102'", "2 bytes of samples"},
                        Case{"UPDATE cases SET detections = x'01020304'", "end early"},
                        Case{"UPDATE cases SET detections = x'00000000000000000100000000000000"
                             "000000000000c07f00000000'",
                             "a detection of score nan"},
                        Case{"UPDATE cases SET status = 'fine'", "status 'fine'"},
                        Case{"UPDATE cases SET latency_ns = x'000000000000f07f'", "latency sample"},
                        Case{"DROP TABLE metrics", "no such table"}}) {
    create().put(1, full_record(1));
    sql(c.statement);
    EXPECT_THAT(error_of([&] { read().load_run(1); }),
                AllOf(HasSubstr(path_), HasSubstr(c.message)));
  }
}

TEST_F(StoreTest, ReadOnlyNeverWrites) {
  create().begin_run(some_run());
  const auto before = std::filesystem::last_write_time(path_);
  Store store = read();
  EXPECT_THAT(error_of([&] { store.begin_run(some_run()); }),
              AllOf(HasSubstr(path_), HasSubstr("cannot be written")));
  EXPECT_EQ(std::filesystem::last_write_time(path_), before);
  EXPECT_EQ(store.list_runs().size(), 1U);
}

TEST_F(StoreTest, LeavesOnePlainFile) {
  create().put(create().begin_run(some_run()), full_record(1));
  EXPECT_EQ(read().load_run(1).cases.size(), 1U);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder_), {}), 1);
}

TEST_F(StoreTest, ClosingOneOfTwoWritersKeepsTheOtherGoing) {
  Store first = create();
  const std::int64_t run = first.begin_run(some_run());
  create().put(run, named("a"));  // closes here
  first.put(run, named("b"));
  EXPECT_EQ(read().load_run(run).cases.size(), 2U);
}

}  // namespace
}  // namespace qbench
