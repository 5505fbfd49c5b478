// A database of its own for each test, and records that differ in every field.
#pragma once

#include <gtest/gtest.h>
#include <sqlite3.h>
#include <unistd.h>

#include <filesystem>
#include <functional>
#include <limits>
#include <string>

#include "engine/core/error.h"
#include "reports/record/metrics.h"
#include "reports/record/store.h"

namespace qbench {

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

  // The first value that a query gives.
  std::int64_t number(const std::string& query) const {
    sqlite3* database = nullptr;
    sqlite3_stmt* statement = nullptr;
    EXPECT_EQ(sqlite3_open(path_.c_str(), &database), SQLITE_OK);
    EXPECT_EQ(sqlite3_prepare_v2(database, query.c_str(), -1, &statement, nullptr), SQLITE_OK)
        << sqlite3_errmsg(database);
    EXPECT_EQ(sqlite3_step(statement), SQLITE_ROW) << query;
    const std::int64_t value = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    sqlite3_close(database);
    return value;
  }

  std::filesystem::path folder_;
  std::string path_;
};

// Different from a default record, and from every other `number`, in each field.
inline CaseRecord full_record(int number) {
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
  record.mistrusted = "some of it " + n;
  record.metrics = {make_metric("top1", 0.1 * number),
                    make_metric("peak_rss", 1e9 + number),
                    {"of the future " + n, -1.5, "furlongs", true}};
  record.latency_ns = {1.25, 0, 1e18, 3.0 + number};
  record.latency_counts = {1, 0, 3};
  record.decided_margin = 0.25 * number;
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

// Different from a default verdict, and from every other `number`, in each field.
inline Verdict full_verdict(int number) {
  const std::string n = std::to_string(number);
  return {.rule = "top1 of 'net': at least " + n,
          .kind = "min" + n,
          .place = "s.yaml:3:" + n,
          .case_id = "case-" + n,
          .word = Verdict::Word::inconclusive,
          .failed = true,
          .value = 0.1 * number,
          .bound = 0.2 * number,
          .interval = Interval{-0.1 * number, 0.3 * number},
          .images_needed = (std::int64_t{1} << 40) + number,
          .reason = "needs more\n" + n};
}

inline RunInfo some_run(const std::string& suite = "demo") {
  RunInfo info;
  info.suite = suite;
  info.command_line = "qbench suite " + suite;
  info.started = "2026-11-24T10:00:00Z";
  info.environment.add("cpu", "Z80");
  info.environment.add("b second", "1");
  info.environment.add("a third", "2");
  return info;
}

inline CaseRecord named(const std::string& id, Status status = Status::ok) {
  CaseRecord record;
  record.case_id = id;
  record.status = status;
  return record;
}

// What() of the Error that `action` throws.
inline std::string error_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

}  // namespace qbench
