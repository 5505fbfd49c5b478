#include "engine/backends/cudnn/tuning_cache.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace qbench::cudnn {
namespace {

namespace fs = std::filesystem;

class TuningCacheFile : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::temp_directory_path() / ("qbench_tuning_" + std::to_string(::getpid()));
    fs::remove_all(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }
  std::string path() const { return folder_ / "deeper" / "tuning.txt"; }

  fs::path folder_;
};

const Way kFused{WayKind::fused, {42, {{2, 17}, {13, 4}}}};
const Way kSums{WayKind::sums, {7, {}}};

TEST(WayText, ReadsBack) {
  for (const Way& way : {kFused, kSums, Way{}}) EXPECT_EQ(way_from_text(to_text(way)), way);
  EXPECT_EQ(to_text(kFused), "fused 42 2=17 13=4");
}

TEST(WayText, NonsenseIsNothing) {
  for (const char* text : {"", "fused", "fused x", "fused 1 2", "fused 1 2=", "fused 1 =2", "own 3",
                           "sums 99999999999999999999", "other 1", "fused 1  2=3"})
    EXPECT_EQ(way_from_text(text), std::nullopt) << text;
}

TEST_F(TuningCacheFile, OneProcessFindsWhatAnotherStored) {
  TuningCache first(path());
  TuningCache second(path());
  EXPECT_EQ(first.find("a"), std::nullopt);
  first.store("a", kFused);
  EXPECT_EQ(second.find("a"), std::nullopt);  // read at the start
  second.store("b", kSums);                   // and before writing
  EXPECT_EQ(second.find("a"), kFused);
  const TuningCache third(path());
  EXPECT_EQ(third.find("a"), kFused);
  EXPECT_EQ(third.find("b"), kSums);
}

TEST_F(TuningCacheFile, OwnFindingsWinOverTheFile) {
  TuningCache first(path());
  TuningCache second(path());
  first.store("a", kFused);
  second.store("a", kSums);
  second.store("b", kSums);
  EXPECT_EQ(TuningCache(path()).find("a"), kSums);
}

TEST_F(TuningCacheFile, DamagedLinesAreSkipped) {
  TuningCache(path()).store("a", kFused);
  std::ofstream(path(), std::ios::app) << "no tab\nb\tfused one\n\tsums 1\nc\tsums 7\nd\tfus";
  const TuningCache cache(path());
  EXPECT_EQ(cache.find("a"), kFused);
  EXPECT_EQ(cache.find("b"), std::nullopt);
  EXPECT_EQ(cache.find("c"), kSums);
  EXPECT_EQ(cache.find("d"), std::nullopt);
}

TEST_F(TuningCacheFile, AnotherFormatIsIgnoredAndReplaced) {
  fs::create_directories(fs::path(path()).parent_path());
  std::ofstream(path()) << "something else\na\tsums 7\n";
  TuningCache cache(path());
  EXPECT_EQ(cache.find("a"), std::nullopt);
  cache.store("b", kFused);
  EXPECT_EQ(TuningCache(path()).find("b"), kFused);
  EXPECT_EQ(TuningCache(path()).find("a"), std::nullopt);
}

TEST_F(TuningCacheFile, LeavesNothingBesideTheFile) {
  TuningCache(path()).store("a", kFused);
  const auto entries = fs::directory_iterator(fs::path(path()).parent_path());
  EXPECT_EQ(std::distance(begin(entries), end(entries)), 1);
}

TEST_F(TuningCacheFile, WorksInMemoryWhereNothingCanBeWritten) {
  fs::create_directories(folder_);
  std::ofstream(folder_ / "file") << "x";
  TuningCache cache(folder_ / "file" / "tuning.txt");  // a file is no folder
  cache.store("a", kSums);
  EXPECT_EQ(cache.find("a"), kSums);
}

TEST(TuningPath, FollowsTheEnvironment) {
  const char* home = std::getenv("HOME");
  const std::string kept = home == nullptr ? "" : home;
  ::setenv("XDG_CACHE_HOME", "/elsewhere", 1);
  EXPECT_EQ(default_tuning_path(), "/elsewhere/qbench/cudnn-tuning.txt");
  ::unsetenv("XDG_CACHE_HOME");
  ::setenv("HOME", "/home/someone", 1);
  EXPECT_EQ(default_tuning_path(), "/home/someone/.cache/qbench/cudnn-tuning.txt");
  ::unsetenv("HOME");
  EXPECT_EQ(default_tuning_path(), "");
  if (home != nullptr) ::setenv("HOME", kept.c_str(), 1);
}

}  // namespace
}  // namespace qbench::cudnn
