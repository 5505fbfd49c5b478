// The list of modes, and the naive one.
#include "engine/calibration/observers.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <numeric>
#include <random>

#include "engine/core/error.h"
#include "tests/engine/calibration/distributions.h"

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

// As bits: -0 is not 0 here.
std::vector<std::uint32_t> bits_of(const Observer& observer) {
  std::vector<std::uint32_t> bits;
  for (const DType dtype : {DType::s8, DType::u8}) {
    const Range range = observer.range(dtype);
    bits.push_back(std::bit_cast<std::uint32_t>(range.min));
    bits.push_back(std::bit_cast<std::uint32_t>(range.max));
  }
  return bits;
}

using Images = std::vector<std::vector<float>>;

// Each image goes to one of `workers` observers, which are then merged in `order` too.
std::vector<std::uint32_t> seen_by(const CalibrationMode& mode, const Images& images,
                                   const std::vector<std::size_t>& order, std::size_t workers) {
  std::vector<std::unique_ptr<Observer>> observers;
  for (std::size_t w = 0; w < workers; ++w) observers.push_back(mode.make());
  for (std::size_t i = 0; i < order.size(); ++i)
    observers[(i + order[0]) % workers]->observe(images[order[i]]);
  const std::unique_ptr<Observer> all = observers[order[0] % workers]->clone();
  for (std::size_t w = 0; w < workers; ++w) {
    if (w != order[0] % workers) all->merge(*observers[w]);
  }
  return bits_of(*all);
}

// Images of one tensor whose largest magnitudes are the ones given; 0 stands for a dark one.
Images images_of(const std::vector<float>& magnitudes, float lowest) {
  Images images;
  for (std::size_t n = 0; n < magnitudes.size(); ++n) {
    std::vector<float>& image = images.emplace_back();
    for (std::size_t i = 0; i < 3000; ++i)
      image.push_back(magnitudes[n] * (lowest + (1 - lowest) * uniform(n, i)));
  }
  return images;
}

TEST(EveryCalibrationMode, SeesTheSameInAnyOrderWithAnyNumberOfWorkers) {
  const std::vector<std::pair<std::string, Images>> sets = {
      {"after dark images", images_of({0, 0, 0.01F, 0.003F, 0.02F}, 0)},
      {"signed", images_of({0, 0.01F, 0, 3, 0.5F}, -1)},
      {"growing", images_of({1e-3F, 1e-2F, 1e-1F, 1, 10}, -0.2F)},
      {"all zero", images_of({0, 0, 0, 0, 0}, 0)},
      {"zeros of both signs", images_of({-0.0F, 0, -0.0F, 0, 0}, 0)},
      {"denormal", images_of({1e-40F, 0, 3e-41F, 1e-39F, 1e-44F}, -1)},
      {"denormal and not", images_of({1e-40F, 0, 1e-37F, 1e-3F, 1e-44F}, 0)},
      {"huge", images_of({3e38F, 1, 0, 3.4e38F, 1e30F}, -1)},
      {"one image", images_of({0.02F}, 0)},
  };
  std::mt19937 random(1);
  for (const CalibrationMode& mode : calibration_modes()) {
    for (const auto& [name, images] : sets) {
      std::vector<std::size_t> order(images.size());
      std::iota(order.begin(), order.end(), std::size_t{0});
      const std::vector<std::uint32_t> expected = seen_by(mode, images, order, 1);
      for (int permutation = 0; permutation < 6; ++permutation) {
        for (const std::size_t workers : {1, 2, 3})
          ASSERT_EQ(seen_by(mode, images, order, workers), expected) << mode.name << ", " << name;
        std::ranges::shuffle(order, random);
      }
    }
  }
}

TEST(EveryCalibrationMode, RefusesWhatIsNotFinite) {
  for (const CalibrationMode& mode : calibration_modes()) {
    for (const float bad : {std::numeric_limits<float>::infinity(), std::nanf("")}) {
      for (const std::size_t place : {0, 999, 1999}) {
        std::vector<float> values(2000, 0.0F);
        values[place] = bad;
        EXPECT_THROW(mode.make()->observe(values), Error) << mode.name << " " << bad;
      }
    }
  }
}

}  // namespace
}  // namespace qbench
