// Calibration tables on disk: exact round trip, and what is wrong with bad files.
#include "engine/calibration/calibration_table.h"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "engine/core/error.h"

namespace qbench {
namespace {

using ::testing::HasSubstr;

CalibrationTable some_table() {
  CalibrationTable table{"entropy", 5, 160, "model", "data", {}};
  table.ranges["data"] = {{-123.68F, 151.061F}, {-0.1F, 1.0F / 3}, {-0.1F, 1.0F / 3}};
  table.ranges["odd \"name\"/1"] = {{0, 1e-40F}, {0, 3.4e38F}, {0, 0.30000001F}};
  return table;
}

class TableFile : public ::testing::Test {
 protected:
  void SetUp() override { std::filesystem::create_directories(directory_); }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  void write(const std::string& text) { std::ofstream(path_) << text; }
  std::string read() {
    std::ifstream file(path_);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  std::string load_error() {
    try {
      load_table(path_);
    } catch (const Error& error) {
      return error.what();
    }
    return "no error";
  }

  std::string directory_ = ::testing::TempDir() + "table_" +
                           ::testing::UnitTest::GetInstance()->current_test_info()->name();
  std::string path_ = directory_ + "/table.json";
};

TEST_F(TableFile, RoundTripIsExact) {
  save_table(some_table(), path_);
  EXPECT_EQ(load_table(path_), some_table());
  save_table(some_table(), path_);  // over the old one
  EXPECT_EQ(load_table(path_), some_table());
  const auto files = std::filesystem::directory_iterator(directory_);
  EXPECT_EQ(std::distance(begin(files), end(files)), 1) << "temporary files are left behind";
}

TEST_F(TableFile, EveryPrefixOfAFileIsRejected) {
  save_table(some_table(), path_);
  const std::string text = read();
  for (std::size_t size = 0; size + 2 < text.size(); size += 7) {
    write(text.substr(0, size));
    EXPECT_THAT(load_error(), HasSubstr(path_)) << size;
  }
}

TEST_F(TableFile, SaysWhatIsWrong) {
  save_table(some_table(), path_);
  const std::string good = read();
  struct Case {
    std::string from, to, message;
  };
  const std::string deep = std::string(500'000, '[') + std::string(500'000, ']');
  const std::vector<Case> cases = {
      {"qbench calibration table", "table", "expected \"format\""},
      {"\"version\": 2", "\"version\": 1", "version 1, expected 2"},
      {"\"batches\": 5", "\"batches\": 6", "does not belong to the contents"},
      {"\"batches\": 5", "\"batches\": \"5\"", "\"batches\" is string, expected a whole"},
      {"\"batches\": 5", "\"batches\": 5.5", "\"batches\" is 5.5, expected a whole number"},
      {"\"batches\": 5", "\"batches\": 4294967301", "\"batches\" is 4294967301"},
      {"\"batches\": 5", "\"batches\": true", "\"batches\" is boolean"},
      {"\"mode\": \"entropy\",", "", "mode"},
      {"0.3333333432674408", "-7", "range of 'data'"},
      {"0.3333333432674408", "1e300", "a limit is 1e+300, expected a finite number"},
      {"0.3333333432674408", "null", "a limit is null, expected a finite number"},
      {"0.3333333432674408", "true", "a limit is boolean"},
      {"\"s8\": [", "\"s8\": [1,", "pair of numbers"},
      {"\"s8\": [", "\"s8\": [" + deep + ",", "pair of numbers, found array"},
      {"\"ranges\"", "\"r\"", "ranges"},
      {"{", "[", "expected a table"},
  };
  for (const Case& c : cases) {
    std::string text = good;
    const std::size_t place = text.find(c.from);
    ASSERT_NE(place, std::string::npos) << c.from;
    write(text.replace(place, c.from.size(), c.to));
    EXPECT_THAT(load_error(), HasSubstr(c.message)) << c.from;
    EXPECT_THAT(load_error(), HasSubstr(path_)) << c.from;
  }
}

TEST_F(TableFile, MissingPlaces) {
  EXPECT_THAT(load_error(), HasSubstr("cannot be opened"));
  EXPECT_THROW(save_table(some_table(), directory_ + "/none/table.json"), Error);
  EXPECT_THROW(save_table(some_table(), directory_), Error);
  EXPECT_THROW(load_table(directory_), Error);
  EXPECT_TRUE(std::filesystem::is_empty(directory_)) << "something half-written";
}

TEST(CalibrationTable, KeyTellsContentsApart) {
  const CalibrationTable table = some_table();
  EXPECT_EQ(table.key(), some_table().key());
  const auto changed = [&](auto change) {
    CalibrationTable other = some_table();
    change(other);
    return other.key();
  };
  EXPECT_NE(table.key(), changed([](CalibrationTable& t) { t.mode = "naive"; }));
  EXPECT_NE(table.key(), changed([](CalibrationTable& t) { t.batches = 6; }));
  EXPECT_NE(table.key(), changed([](CalibrationTable& t) { t.images = 161; }));
  EXPECT_NE(table.key(), changed([](CalibrationTable& t) { t.model_hash = "other"; }));
  EXPECT_NE(table.key(), changed([](CalibrationTable& t) { t.data_hash = "other"; }));
  EXPECT_EQ(table.key(), changed([](CalibrationTable& t) { t.ranges.clear(); }));
}

}  // namespace
}  // namespace qbench
