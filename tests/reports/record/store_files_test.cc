// The store: foreign, damaged and newer files are refused and left as they are.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <array>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "reports/record/blob.h"
#include "reports/record/store.h"
#include "tests/reports/record/testing.h"

namespace qbench {
namespace {

using testing::AllOf;
using testing::HasSubstr;

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
  create().put_verdicts(1, std::vector{full_verdict(1)});
  struct Case {
    const char* statement;
    const char* message;
  };
  for (const Case& c :
       {Case{"UPDATE cases SET status = 'fine'", "table cases, row 1: status 'fine'"},
        Case{"UPDATE cases SET latency_counts = '1,x'", "table cases, row 1: '1,x'"},
        Case{"UPDATE verdicts SET word = 'fine'", "verdict 'fine'"},
        Case{"DROP TABLE metrics", "no such table"}}) {
    create().put(1, full_record(1));
    create().put_verdicts(1, std::vector{full_verdict(1)});
    sql(c.statement);
    EXPECT_THAT(error_of([&] { read().load_run(1); }),
                AllOf(HasSubstr(path_), HasSubstr(c.message)));
  }
}

TEST_F(StoreTest, DamagedBlobsAreNamed) {
  create().put(create().begin_run(some_run()), full_record(1));
  const std::string hash = content_hash(full_record(1).detections);
  const std::string row = " WHERE hash = '" + hash + "'";
  sql("UPDATE blobs SET bytes = zeroblob(length(bytes))" + row);
  EXPECT_THAT(error_of([&] { read().load_run(1); }),
              AllOf(HasSubstr(path_ + ": table cases, row 1: table blobs, row '" + hash + "'"),
                    HasSubstr("damaged: ")));
  sql("DELETE FROM blobs" + row);
  EXPECT_THAT(error_of([&] { read().load_run(1); }),
              AllOf(HasSubstr("table cases, row 1"), HasSubstr("no row '" + hash + "'")));
}

// Whole, but not what the column holds.
TEST_F(StoreTest, BlobsOfAnotherKindAreNamed) {
  struct Case {
    const char* column;
    std::string bytes;
    const char* message;
  };
  const auto image = [](std::uint32_t score, std::uint32_t verdicts) {
    std::string bytes(28, '\0');
    bytes[8] = 1;  // detection
    std::memcpy(&bytes[20], &score, 4);
    std::memcpy(&bytes[24], &verdicts, 4);
    return bytes;
  };
  for (const Case& c : {Case{"predictions", std::string(2, '\1'), "2 bytes of samples"},
                        Case{"detections", std::string(4, '\1'), "end early"},
                        Case{"detections", image(0x7fc00000, 0), "a detection of score nan"},
                        Case{"detections", image(0, 3), "verdicts 3"},
                        Case{"latency", pack_numbers(std::array{-1.0}), "latency sample 0"}}) {
    create().put(create().begin_run(some_run()), full_record(1));
    std::string hex;
    for (const unsigned char byte : c.bytes) hex += fmt::format("{:02x}", byte);
    sql(
        fmt::format("INSERT OR IGNORE INTO blobs VALUES ('{0}', x'{1}');"
                    "UPDATE cases SET {2}_hash = '{0}'",
                    content_hash(c.bytes), hex, c.column));
    EXPECT_THAT(error_of([&] { read().load_run(*read().latest_run()); }),
                AllOf(HasSubstr(path_), HasSubstr("table blobs, row '"), HasSubstr(c.message)));
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
