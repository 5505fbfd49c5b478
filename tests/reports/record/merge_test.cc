// Merging: runs of several files in one, each once, all or nothing.
#include "reports/record/merge.h"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

#include "reports/record/blob.h"
#include "reports/record/statistics_cache.h"
#include "tests/reports/record/testing.h"

namespace qbench {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class MergeTest : public StoreTest {
 protected:
  std::string file(const std::string& name) const { return (folder_ / name).string(); }

  // A run of two cases in a file; `number` decides start and content.
  static RunInfo write_run(const std::string& path, int number, bool whole = true) {
    RunInfo info = some_run();
    info.started = "2026-11-2" + std::to_string(number) + "T10:00:00Z";
    Store store = Store::open(path, Store::Mode::create);
    info.id = store.begin_run(info);
    store.put(info.id, full_record(number), 1);
    if (!whole) return info;
    store.put(info.id, full_record(number + 1), 0);
    info.finished = "2026-11-2" + std::to_string(number) + "T11:00:00Z";
    store.finish_run(info.id, info.finished);
    return info;
  }

  MergeResult merge(const std::vector<std::string>& sources) const {
    return merge_runs(sources, path_);
  }
};

TEST_F(MergeTest, RunsOfSeveralFilesAreInOne) {
  RunInfo later = write_run(file("a"), 3);
  RunInfo earlier = write_run(file("b"), 1);
  const MergeResult result = merge({file("a"), file("b")});
  EXPECT_EQ(result.sources.at(0).added, 1);
  EXPECT_EQ(result.sources.at(1).added, 1);
  EXPECT_THAT(result.notices, IsEmpty());
  later.id = 1;
  earlier.id = 2;
  EXPECT_EQ(read().list_runs(), (std::vector{earlier, later}));
  EXPECT_EQ(read().latest_run(), 1);  // by when it began, not by its number
  EXPECT_EQ(read().load_run(1).cases, (std::vector{full_record(4), full_record(3)}));
  EXPECT_EQ(read().load_run(2).cases, (std::vector{full_record(2), full_record(1)}));
}

TEST_F(MergeTest, AgainAddsNothing) {
  write_run(file("a"), 1);
  write_run(file("b"), 3);
  merge({file("a")});
  const std::int64_t blobs = number("SELECT count(*) FROM blobs");
  for (int i = 0; i < 2; ++i) {
    const MergeResult again = merge({file("a"), file("b"), file("a")});
    EXPECT_EQ(again.sources.at(0).known, 1);
    EXPECT_EQ(again.sources.at(1).added, i == 0 ? 1 : 0);
    EXPECT_EQ(again.sources.at(2).known, 1);
  }
  EXPECT_EQ(read().list_runs().size(), 2U);
  EXPECT_GT(number("SELECT count(*) FROM blobs"), blobs);
  EXPECT_EQ(number("SELECT count(*) FROM metrics"), 12);
}

TEST_F(MergeTest, ContentIsKeptOnce) {
  write_run(file("a"), 1);
  write_run(path_, 1);
  sql("UPDATE runs SET started = '2020-01-01T00:00:00Z'");
  const std::int64_t blobs = number("SELECT count(*) FROM blobs");
  merge({file("a")});
  EXPECT_EQ(read().list_runs().size(), 2U);
  EXPECT_EQ(number("SELECT count(*) FROM blobs"), blobs);
}

TEST_F(MergeTest, ARunThatWentOnIsCompleted) {
  write_run(file("a"), 1, false);
  merge({file("a")});
  EXPECT_EQ(read().load_run(1).cases.size(), 1U);
  std::filesystem::remove(file("a"));
  RunInfo whole = write_run(file("a"), 1);
  const MergeResult result = merge({file("a")});
  EXPECT_EQ(result.sources.at(0).completed, 1);
  EXPECT_EQ(read().list_runs(), std::vector{whole});
  EXPECT_EQ(read().load_run(1).cases, (std::vector{full_record(2), full_record(1)}));
  // The beginning of a run that is there is no news.
  std::filesystem::remove(file("a"));
  write_run(file("a"), 1, false);
  EXPECT_EQ(merge({file("a")}).sources.at(0).known, 1);
  EXPECT_EQ(read().load_run(1).cases.size(), 2U);
}

// Whatever table refers to a run, this program knowing it or not.
TEST_F(MergeTest, AllThatRefersToARunComesAlong) {
  write_run(path_, 5);
  write_run(file("a"), 1);
  const std::string target = path_;
  for (const std::string& each : {target, file("a")}) {
    path_ = each;
    sql("CREATE TABLE names (name TEXT PRIMARY KEY, run INTEGER NOT NULL REFERENCES runs) "
        "WITHOUT ROWID;"
        "CREATE TABLE marks (id INTEGER PRIMARY KEY, run INTEGER NOT NULL REFERENCES runs,"
        "  of_case INTEGER REFERENCES cases, value REAL);"
        "CREATE TABLE remarks (mark INTEGER REFERENCES marks, text TEXT);"
        "INSERT INTO names VALUES ('night', 1);"
        "INSERT INTO marks VALUES (7, 1, (SELECT max(id) FROM cases), 0.5), (8, 1, NULL, NULL);"
        "INSERT INTO remarks VALUES (7, 'of case'), (8, 'of none')");
  }
  sql("INSERT INTO names VALUES ('other', 1)");  // in the source
  path_ = target;
  const MergeResult result = merge({file("a")});
  EXPECT_THAT(result.notices,
              ElementsAre(AllOf(HasSubstr(file("a")), HasSubstr("a row of table names left out"))));
  EXPECT_EQ(number("SELECT run FROM names WHERE name = 'other'"), 2);
  EXPECT_EQ(number("SELECT run FROM names WHERE name = 'night'"), 1);
  EXPECT_EQ(number("SELECT count(*) FROM marks"), 4);
  EXPECT_EQ(number("SELECT c.run FROM remarks r JOIN marks m ON m.id = r.mark JOIN cases c "
                   "ON c.id = m.of_case WHERE m.run = 2 AND r.text = 'of case'"),
            2);
  EXPECT_EQ(number("SELECT count(*) FROM remarks r JOIN marks m ON m.id = r.mark WHERE "
                   "m.of_case IS NULL AND m.value IS NULL AND m.run = 2 AND r.text = 'of none'"),
            1);
}

TEST_F(MergeTest, StatisticsComeAlong) {
  write_run(file("a"), 1);
  const StatisticKey key{"s", "p", {content_hash(full_record(1).detections)}};
  open_statistics(file("a"))->put(key, {0.25});
  merge({file("a")});
  EXPECT_THAT(open_statistics(path_)->find(key), testing::Optional(ElementsAre(0.25)));
}

TEST_F(MergeTest, AnErrorLeavesTheTargetAsItWas) {
  write_run(path_, 5);
  write_run(file("a"), 1);
  write_run(file("b"), 2);
  const std::string target = path_;
  path_ = file("b");
  sql("UPDATE blobs SET bytes = x'00'");
  path_ = target;
  EXPECT_THAT(error_of([&] {
                merge({file("a"), file("b")});
              }),
              AllOf(HasSubstr(file("b")), HasSubstr(path_), HasSubstr("table blobs, row '"),
                    HasSubstr("damaged")));
  EXPECT_EQ(read().list_runs().size(), 1U);
  EXPECT_EQ(number("SELECT count(*) FROM cases"), 2);
}

TEST_F(MergeTest, SourcesThatAreNoneAreNamed) {
  write_run(file("a"), 1);
  std::ofstream(file("text")) << std::string(5000, '#');
  EXPECT_THAT(error_of([&] {
                merge({file("a"), file("text")});
              }),
              AllOf(HasSubstr(file("text")), HasSubstr("not a database")));
  EXPECT_THAT(error_of([&] { merge({file("absent")}); }), HasSubstr(file("absent")));
  EXPECT_FALSE(std::filesystem::exists(path_));
  write_run(path_, 5);
  EXPECT_THAT(error_of([&] { merge({path_}); }),
              AllOf(HasSubstr(path_), HasSubstr("the database to merge into")));
}

}  // namespace
}  // namespace qbench
