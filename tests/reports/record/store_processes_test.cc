// The store: nothing half-written stays, several processes go on beside each other.
#include <gmock/gmock.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <csignal>
#include <cstdio>
#include <filesystem>
#include <thread>

#include "reports/record/store.h"
#include "tests/reports/record/testing.h"

namespace qbench {
namespace {

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
    CaseRecord record = full_record(1);  // the same blobs for both
    for (int i = 0; i < kRecords; ++i) {
      record.case_id = name + std::to_string(i);
      store.put(run, record);
    }
  };
  std::thread here([&] { write("a"); });
  std::thread there([&] { write("b"); });
  here.join();
  there.join();
  Store store = read();
  EXPECT_EQ(store.load_run(*store.latest_run("a")).cases.size(), kRecords);
  EXPECT_EQ(store.load_run(*store.latest_run("b")).cases.size(), kRecords);
  EXPECT_EQ(number("SELECT count(*) FROM blobs"), 3);
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

}  // namespace
}  // namespace qbench
