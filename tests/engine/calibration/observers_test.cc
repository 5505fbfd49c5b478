// The list of modes, and the naive one.
#include "engine/calibration/observers.h"

#include <gmock/gmock.h>

#include "engine/core/error.h"

namespace qbench {
namespace {

using ::testing::HasSubstr;

TEST(CalibrationModes, AreFoundByName) {
  for (const CalibrationMode& mode : calibration_modes()) {
    EXPECT_EQ(find_calibration_mode(mode.name).name, mode.name);
    EXPECT_FALSE(mode.description.empty());
    const std::unique_ptr<Observer> observer = mode.make();
    EXPECT_EQ(observer->range(DType::s8), (Range{0, 0})) << mode.name;
    observer->observe(std::vector<float>{0.25F, 1, -2});
    EXPECT_LE(observer->range(DType::s8).max_abs(), 2) << mode.name;
  }
}

TEST(CalibrationModes, UnknownNameListsTheNames) {
  try {
    find_calibration_mode("kl");
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("'kl'"));
    EXPECT_THAT(error.what(), HasSubstr("naive, entropy"));
  }
}

TEST(MinMaxObserver, KeepsTheLimits) {
  const std::unique_ptr<Observer> a = find_calibration_mode("naive").make();
  const std::unique_ptr<Observer> b = find_calibration_mode("naive").make();
  a->observe(std::vector<float>{1, 5, 2});
  b->observe(std::vector<float>{-3, 4});
  const std::unique_ptr<Observer> copy = a->clone();
  a->merge(*b);
  EXPECT_EQ(a->range(DType::s8), (Range{-3, 5}));
  EXPECT_EQ(a->range(DType::u8), (Range{-3, 5}));
  EXPECT_EQ(copy->range(DType::s8), (Range{1, 5}));
}

}  // namespace
}  // namespace qbench
