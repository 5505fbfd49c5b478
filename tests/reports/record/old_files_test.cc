// The store: files of older schemas, as the programs of their time wrote them.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <filesystem>

#include "reports/record/blob.h"
#include "reports/record/schema.h"
#include "tests/reports/record/testing.h"

namespace qbench {
namespace {

std::string hex(const std::string& bytes) {
  std::string text;
  for (const unsigned char byte : bytes) text += fmt::format("{:02x}", byte);
  return "x'" + text + "'";
}

class OldFileTest : public StoreTest {
 protected:
  // A file of schema `version` with one run of three cases: "batch 1" and "batch 8" with the
  // same predictions, "skipped" with nothing.
  void write_old(std::size_t version) const {
    open_for_writing(path_, schema_migrations().first(version));
    sql("INSERT INTO runs VALUES (1, 'demo', 'qbench suite demo', '2025-01-01T00:00:00Z', '');"
        "INSERT INTO environment VALUES (1, 0, 'cpu', 'Z80')");
    for (const char* id : {"batch 1", "batch 8", "skipped"}) {
      const CaseRecord record = expected(id, version);
      sql(fmt::format(
          "INSERT INTO cases (run, case_id, model, model_source, dataset, backend, precision, mode,"
          " calib_batches, quantized_dtype, batch_size, threads, status, reason, started, finished,"
          " model_hash, data_hash, options_hash, reproduce, details, latency_ns, predictions)"
          " VALUES (1, '{}', '', '', '', '', '', '', 0, '', 1, 1, '{}', '', '', '', '', '', '', '',"
          " '{{}}', {}, {})",
          id, to_string(record.status), hex(pack_latency(record.latency_ns)),
          hex(pack_predictions(record.predictions))));
      if (version >= 2) {
        sql(fmt::format("UPDATE cases SET detections = {} WHERE case_id = '{}'",
                        hex(pack_detections(record.detections)), id));
      }
      sql(
          fmt::format("INSERT INTO metrics SELECT id, 0, 'top1', 0.5, 'fraction', 1 FROM cases "
                      "WHERE case_id = '{}'",
                      id));
    }
  }

  static CaseRecord expected(const std::string& id, std::size_t version) {
    CaseRecord record = named(id, id == "skipped" ? Status::skipped : Status::ok);
    record.metrics = {make_metric("top1", 0.5)};
    if (id == "skipped") return record;
    record.latency_ns = {1e6, id == "batch 1" ? 2e6 : 3e6};
    record.predictions = full_record(1).predictions;
    if (version >= 2) record.detections = full_record(1).detections;
    return record;
  }
};

TEST_F(OldFileTest, KeepAllTheyHold) {
  for (const std::size_t version : {1U, 2U, 3U}) {
    SCOPED_TRACE(version);
    write_old(version);
    std::vector<CaseRecord> cases;
    for (const char* id : {"batch 1", "batch 8", "skipped"}) cases.push_back(expected(id, version));
    EXPECT_EQ(read().load_run(1).cases, cases);  // in a copy
    EXPECT_EQ(number("PRAGMA user_version"), static_cast<std::int64_t>(version));
    create().put(1, full_record(3));
    cases.push_back(full_record(3));
    EXPECT_EQ(read().load_run(1).cases, cases);
    EXPECT_EQ(read().load_run(1).info.environment.find("cpu"), "Z80");
    std::filesystem::remove(path_);
  }
}

TEST_F(OldFileTest, BlobsMoveAndAreKeptOnce) {
  write_old(3);
  create();
  EXPECT_EQ(number("SELECT count(*) FROM blobs"), 4);  // two times, predictions, detections
  EXPECT_EQ(number("SELECT count(*) FROM pragma_table_info('cases') "
                   "WHERE name IN ('latency_ns', 'predictions', 'detections')"),
            0);
  EXPECT_EQ(number("SELECT count(*) FROM cases WHERE case_id = 'skipped' AND latency_hash IS NULL "
                   "AND predictions_hash IS NULL AND detections_hash IS NULL"),
            1);
}

TEST_F(OldFileTest, ABrokenMigrationLeavesTheFile) {
  write_old(3);
  sql("CREATE TABLE blobs (x)");  // in its way
  EXPECT_THAT(error_of([&] { create(); }), testing::HasSubstr(path_));
  EXPECT_EQ(number("PRAGMA user_version"), 3);
  EXPECT_GT(number("SELECT sum(length(predictions)) FROM cases"), 0);
}

}  // namespace
}  // namespace qbench
