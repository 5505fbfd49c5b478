// Statistics in the database: found, and never a reason to fail.
#include "reports/record/statistics_cache.h"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

#include "tests/reports/record/testing.h"

namespace qbench {
namespace {

using testing::ElementsAre;
using testing::Optional;

const StatisticKey kKey{"map_drop 1", "seed 1", {"aa", "bb"}};

StatisticKey changed(void (*change)(StatisticKey&)) {
  StatisticKey key = kKey;
  change(key);
  return key;
}

TEST_F(StoreTest, StatisticsAreFoundByTheWholeKey) {
  create();
  open_statistics(path_)->put(kKey, {0.5, -1, 1e300});
  const auto statistics = open_statistics(path_);
  EXPECT_THAT(statistics->find(kKey), Optional(ElementsAre(0.5, -1, 1e300)));
  for (const auto change : {+[](StatisticKey& k) { k.name = "map_drop 2"; },
                            +[](StatisticKey& k) { k.parameters = "seed 2"; },
                            +[](StatisticKey& k) { std::swap(k.inputs[0], k.inputs[1]); },
                            +[](StatisticKey& k) { k.inputs.pop_back(); }})
    EXPECT_EQ(statistics->find(changed(change)), std::nullopt);
}

TEST_F(StoreTest, DamagedStatisticsAreComputedAgain) {
  create();
  for (const char* damage : {"numbers = x'0000000000000000'", "checksum = ''"}) {
    open_statistics(path_)->put(kKey, {0.5});
    EXPECT_THAT(open_statistics(path_)->find(kKey), Optional(ElementsAre(0.5)));
    sql(std::string("UPDATE statistics SET ") + damage);
    EXPECT_EQ(open_statistics(path_)->find(kKey), std::nullopt);
  }
}

TEST_F(StoreTest, StatisticsAreKeptWhileARunIsWritten) {
  Store store = create();
  const std::int64_t run = store.begin_run(some_run());
  open_statistics(path_)->put(kKey, {0.5});
  store.put(run, named("a"));
  EXPECT_TRUE(open_statistics(path_)->find(kKey));
}

TEST_F(StoreTest, KeepingStatisticsLeavesOnePlainFile) {
  create();
  open_statistics(path_)->put(kKey, {0.5});
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder_), {}), 1);
}

// Whatever is wrong with the file, what was put is found as long as the object lives.
TEST_F(StoreTest, WhereStatisticsCannotBeKeptTheyAreInMemory) {
  const auto check = [this](const char* why) {
    SCOPED_TRACE(why);
    const auto statistics = open_statistics(path_);
    EXPECT_EQ(statistics->find(kKey), std::nullopt);
    statistics->put(kKey, {0.5});
    EXPECT_TRUE(statistics->find(kKey));
    EXPECT_FALSE(open_statistics(path_)->find(kKey));
  };
  check("no file");
  EXPECT_FALSE(std::filesystem::exists(path_));
  std::ofstream(path_) << std::string(5000, '#');
  check("no database");
  std::filesystem::remove(path_);
  create();
  sql("PRAGMA user_version = 3");
  check("older schema");
  sql("PRAGMA user_version = 4; DROP TABLE statistics");
  check("no table");
  path_ = ":memory:";
  check("no place");
}

TEST_F(StoreTest, StatisticsOfAFileThatMayOnlyBeReadAreRead) {
  create();
  open_statistics(path_)->put(kKey, {0.5});
  const auto before = std::filesystem::last_write_time(path_);
  std::filesystem::permissions(path_, std::filesystem::perms::owner_read);
  std::filesystem::permissions(
      folder_, std::filesystem::perms::owner_read | std::filesystem::perms::owner_exec);
  {
    const auto statistics = open_statistics(path_);
    EXPECT_TRUE(statistics->find(kKey));
  }
  EXPECT_EQ(std::filesystem::last_write_time(path_), before);
  std::filesystem::permissions(folder_, std::filesystem::perms::owner_all);
}

}  // namespace
}  // namespace qbench
