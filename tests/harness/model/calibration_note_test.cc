#include "harness/model/calibration_note.h"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

#include "engine/core/error.h"

namespace qbench {
namespace {

using testing::HasSubstr;

TEST(CalibrationNote, IsReadAsItWasWritten) {
  const std::string folder = testing::TempDir() + "calibration_note";
  std::filesystem::create_directories(folder);
  const ModelFiles files{folder + "/net-quantized-symbol.json", ""};
  remove_calibration_note(files);
  EXPECT_EQ(load_calibration_note(files), std::nullopt);
  const ChosenImages images{"abc", 16, 32, true, 7};
  save_calibration_note(files, images);
  EXPECT_TRUE(std::filesystem::exists(folder + "/net-quantized-calibration.json"));
  EXPECT_EQ(load_calibration_note(files), images);
  std::ofstream(folder + "/net-quantized-calibration.json") << "{\"first\": 3}";
  EXPECT_THROW(load_calibration_note(files), Error);
  remove_calibration_note(files);
  EXPECT_EQ(load_calibration_note(files), std::nullopt);
}

TEST(OverlapWarning, CountsTheImagesInBoth) {
  const ChosenImages calibrated{"abc", 10, 20, false, 0};
  const auto warning = [&](std::int64_t first, std::int64_t count) {
    return overlap_warning(calibrated, {"abc", first, count, false, 0});
  };
  EXPECT_EQ(warning(0, 10), "");
  EXPECT_EQ(warning(30, 10), "");
  EXPECT_THAT(warning(0, 11), HasSubstr("1 of 11 images"));
  EXPECT_THAT(warning(29, 5), HasSubstr("1 of 5 images"));
  EXPECT_THAT(warning(0, 100), HasSubstr("20 of 100 images"));
  EXPECT_THAT(warning(12, 3), HasSubstr("3 of 3 images"));
}

TEST(OverlapWarning, OtherDataAndOtherOrders) {
  const ChosenImages calibrated{"abc", 0, 20, false, 0};
  EXPECT_EQ(overlap_warning(calibrated, {"abd", 0, 20, false, 0}), "");
  EXPECT_THAT(overlap_warning(calibrated, {"abc", 50, 20, true, 1}), HasSubstr("may have been"));
  const ChosenImages shuffled{"abc", 0, 20, true, 1};
  EXPECT_THAT(overlap_warning(shuffled, {"abc", 50, 20, true, 2}), HasSubstr("may have been"));
  EXPECT_EQ(overlap_warning(shuffled, {"abc", 50, 20, true, 1}), "");
}

}  // namespace
}  // namespace qbench
