// Migrations, on a small schema of their own.
#include "reports/record/database.h"

#include <SQLiteCpp/Column.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <filesystem>

namespace qbench {
namespace {

constexpr const char* kFirst = "CREATE TABLE fruit (name TEXT); INSERT INTO fruit VALUES ('fig')";
constexpr const char* kSecond = "ALTER TABLE fruit ADD COLUMN grams REAL DEFAULT 40";
constexpr const char* kBroken = "UPDATE fruit SET name = 'plum'; CREATE TABLE fruit (x)";
constexpr std::array kOld = {kFirst};
constexpr std::array kNew = {kFirst, kSecond};
constexpr std::array kBad = {kFirst, kBroken};

class DatabaseTest : public testing::Test {
 protected:
  void SetUp() override {
    const auto* test = testing::UnitTest::GetInstance()->current_test_info();
    path_ = testing::TempDir() + "qbench_" + test->name() + std::to_string(getpid()) + ".db";
    TearDown();
  }
  void TearDown() override {
    for (const char* suffix : {"", "-wal", "-shm"}) std::filesystem::remove(path_ + suffix);
  }
  static int version(SQLite::Database& database) {
    return database.execAndGet("PRAGMA user_version").getInt();
  }

  std::string path_;
};

TEST_F(DatabaseTest, WriterBringsAnOldFileUpToDate) {
  open_for_writing(path_, kOld);
  SQLite::Database database = open_for_writing(path_, kNew);
  EXPECT_EQ(version(database), 2);
  EXPECT_EQ(database.execAndGet("SELECT name || grams FROM fruit").getString(), "fig40.0");
}

TEST_F(DatabaseTest, ReaderUpdatesACopyOnly) {
  open_for_writing(path_, kOld);
  {
    SQLite::Database database = open_for_reading(path_, kNew);
    EXPECT_EQ(database.execAndGet("SELECT name || grams FROM fruit").getString(), "fig40.0");
  }
  SQLite::Database untouched = open_for_reading(path_, kOld);
  EXPECT_EQ(version(untouched), 1);
}

TEST_F(DatabaseTest, FailedMigrationChangesNothing) {
  open_for_writing(path_, kOld);
  EXPECT_THROW(open_for_writing(path_, kBad), SQLite::Exception);
  SQLite::Database database = open_for_writing(path_, kOld);
  EXPECT_EQ(version(database), 1);
  EXPECT_EQ(database.execAndGet("SELECT name FROM fruit").getString(), "fig");
}

TEST_F(DatabaseTest, OlderProgramRefusesANewerFile) {
  open_for_writing(path_, kNew);
  EXPECT_THROW(open_for_writing(path_, kOld), Error);
  EXPECT_THROW(open_for_reading(path_, kOld), Error);
}

TEST_F(DatabaseTest, WritingSurvivesACrashOfTheProcessAndThePower) {
  SQLite::Database database = open_for_writing(path_, kOld);
  EXPECT_EQ(database.execAndGet("PRAGMA journal_mode").getString(), "wal");
  EXPECT_EQ(database.execAndGet("PRAGMA synchronous").getInt(), 2);  // FULL
  EXPECT_EQ(database.execAndGet("PRAGMA foreign_keys").getInt(), 1);
}

}  // namespace
}  // namespace qbench
