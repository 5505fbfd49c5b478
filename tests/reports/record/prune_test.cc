// Pruning: what goes, what stays, and what room it frees.
#include "reports/record/prune.h"

#include <gmock/gmock.h>

#include <filesystem>

#include "reports/record/blob.h"
#include "reports/record/statistics_cache.h"
#include "tests/reports/record/testing.h"

namespace qbench {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class PruneTest : public StoreTest {
 protected:
  // Runs 1 to 4 of "demo" in January to April, and 5 of "other" in January. Each has predictions of
  // its own; all have the same detections.
  void SetUp() override {
    StoreTest::SetUp();
    Store store = create();
    for (const int month : {1, 2, 3, 4}) add(store, "demo", month);
    add(store, "other", 1);
  }

  static void add(Store& store, const std::string& suite, int month) {
    RunInfo info = some_run(suite);
    info.started = "2026-0" + std::to_string(month) + "-01T00:00:00Z";
    CaseRecord record = full_record(1);
    record.latency_ns.clear();
    record.latency_counts.clear();
    record.predictions.clear();
    for (int i = 0; i < 2000; ++i)
      record.predictions.push_back({.sample = i, .label = month, .top = {}});
    if (suite == "other") record.predictions.edit().front().label = 77;
    store.put(store.begin_run(info), record);
  }

  std::vector<std::int64_t> left() const {
    std::vector<std::int64_t> ids;
    for (const RunInfo& run : read().list_runs()) ids.push_back(run.id);
    std::ranges::sort(ids);
    return ids;
  }
};

TEST_F(PruneTest, KeepsTheLastOfEachSuite) {
  const PruneResult result = prune(path_, {.keep_last = 1});
  EXPECT_THAT(left(), ElementsAre(4, 5));
  EXPECT_EQ(result.removed.size(), 3U);
  EXPECT_EQ(result.removed.front().id, 1);
  EXPECT_EQ(result.kept, 2);
}

TEST_F(PruneTest, FreesWhatNothingElseUses) {
  const std::string seen = content_hash(full_record(1).detections);
  open_statistics(path_)->put({"s", "", {seen}}, {1});
  const std::int64_t blob = number("SELECT max(length(bytes)) FROM blobs");
  const PruneResult result = prune(path_, {.keep_last = 2});
  EXPECT_THAT(left(), ElementsAre(3, 4, 5));
  EXPECT_EQ(result.blobs, 2);  // predictions of two runs; the detections are still in use
  EXPECT_EQ(result.blob_bytes, 2 * blob);
  EXPECT_LT(result.bytes_after, result.bytes_before - 2 * blob + 8192);
  EXPECT_EQ(result.bytes_after, static_cast<std::int64_t>(std::filesystem::file_size(path_)));
  EXPECT_EQ(read().load_run(3).cases.front().detections, full_record(1).detections);
  EXPECT_TRUE(open_statistics(path_)->find({"s", "", {seen}}));
  EXPECT_EQ(number("SELECT count(*) FROM cases"), 3);
  EXPECT_EQ(number("SELECT count(*) FROM environment"), 9);
  EXPECT_EQ(number("SELECT count(*) FROM metrics"), 9);
  prune(path_, {.keep_last = 0, .may_empty = true});
  EXPECT_EQ(number("SELECT (SELECT count(*) FROM blobs) + (SELECT count(*) FROM statistics) + "
                   "(SELECT count(*) FROM cases) + (SELECT count(*) FROM metrics)"),
            0);
}

TEST_F(PruneTest, BeforeADateAndOfASuite) {
  prune(path_, {.before = "2026-03-01", .suite = "demo"});
  EXPECT_THAT(left(), ElementsAre(3, 4, 5));
  prune(path_, {.before = "2026-03-01T00:00:01Z"});
  EXPECT_THAT(left(), ElementsAre(4));
}

TEST_F(PruneTest, RemovesAllOnlyWhenTold) {
  EXPECT_THAT(error_of([&] { prune(path_, {.before = "2027-01-01"}); }),
              testing::AllOf(HasSubstr(path_), HasSubstr("all 5 runs"), HasSubstr("--all")));
  EXPECT_EQ(left().size(), 5U);
  prune(path_, {.before = "2027-01-01", .may_empty = true});
  EXPECT_THAT(left(), IsEmpty());
}

TEST_F(PruneTest, ADryRunChangesNothing) {
  const auto before = std::filesystem::last_write_time(path_);
  std::filesystem::permissions(path_, std::filesystem::perms::owner_read);
  const PruneResult result = prune(path_, {.keep_last = 1, .dry_run = true});
  EXPECT_EQ(result.removed.size(), 3U);
  EXPECT_EQ(result.blobs, 3);
  EXPECT_EQ(result.bytes_after, result.bytes_before);
  EXPECT_EQ(left().size(), 5U);
  EXPECT_EQ(std::filesystem::last_write_time(path_), before);
}

TEST_F(PruneTest, TaggedRunsMayStay) {
  sql("CREATE TABLE IF NOT EXISTS tags (name TEXT PRIMARY KEY, run INTEGER NOT NULL REFERENCES "
      "runs "
      "ON DELETE CASCADE); INSERT INTO tags VALUES ('baseline', 2), ('old', 1)");
  prune(path_, {.before = "2026-02-01", .suite = "demo", .keep_tagged = true});
  EXPECT_THAT(left(), ElementsAre(1, 2, 3, 4, 5));
  prune(path_, {.before = "2026-02-01", .suite = "demo"});
  EXPECT_THAT(left(), ElementsAre(2, 3, 4, 5));
  EXPECT_EQ(number("SELECT count(*) FROM tags"), 1);
}

TEST_F(PruneTest, NothingThereIsAnError) {
  path_ += ".not";
  EXPECT_THAT(error_of([&] { prune(path_, {.keep_last = 1}); }), HasSubstr(path_));
  EXPECT_FALSE(std::filesystem::exists(path_));
}

TEST(CheckDate, TakesDatesThatThereAre) {
  for (const char* good : {"2026-03-01", "2024-02-29", "2026-03-01T23:59:59Z"}) check_date(good);
  for (const char* bad : {"", "2026", "2026-3-1", "2026-02-30", "2026-13-01", "01.03.2026",
                          "2026-03-01 ", "2026-03-01T24:00:00Z", "2026-03-01T12:00Z", "yesterday"})
    EXPECT_THAT(error_of([&] { check_date(bad); }), HasSubstr("expected one like")) << bad;
}

}  // namespace
}  // namespace qbench
