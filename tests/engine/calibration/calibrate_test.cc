// Calibration of a small network: one pass for everything, whatever batch size and threads.
#include "engine/calibration/calibrate.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>

#include "engine/backends/backends.h"
#include "engine/backends/reference/reference_backend.h"
#include "engine/core/error.h"
#include "engine/graph/text.h"
#include "tests/engine/calibration/distributions.h"
#include "tests/engine/core/thread_limit.h"

namespace qbench {
namespace {

using ::testing::HasSubstr;

constexpr int kImages = 12;
constexpr std::size_t kImageSize = 3 * 9 * 9;

Graph small_network(std::int64_t batch) {
  return with_batch(parse_graph(R"(
    data = Input(shape=[1,3,9,9])
    w0 = Constant() : f32[8,3,3,3] values=random(1)
    conv0 = Convolution(data, w0; padding=[1,1,1,1], activation=relu)
    pool = Pool(conv0; kernel=[3,3], stride=[2,2])
    w1 = Constant() : f32[6,8,1,1] values=random(2)
    conv1 = Convolution(pool, w1)
    flat = Flatten(conv1)
    return flat
  )"),
                    batch);
}

std::vector<float> some_images() {
  std::vector<float> images;
  for (std::size_t i = 0; i < kImages * kImageSize; ++i)
    images.push_back(static_cast<float>(1 + i / kImageSize) * (uniform(7, i) - 0.4F));
  return images;
}

// Hands out the images in batches; the last one may be short.
class Feed {
 public:
  Feed(std::vector<float> images, std::int64_t batch)
      : images_(std::move(images)), batch_(static_cast<std::size_t>(batch) * kImageSize) {}
  NextBatch next() {
    return [this] {
      const std::size_t size = std::min(batch_, images_.size() - given_);
      const std::span<const float> batch = std::span(images_).subspan(given_, size);
      given_ += size;
      return batch;
    };
  }

 private:
  std::vector<float> images_;
  std::size_t batch_;
  std::size_t given_ = 0;
};

CalibrationOptions options_for(std::vector<int> batches, int threads = 1) {
  return {.modes = {"naive", "entropy"},
          .batches = std::move(batches),
          .tensors = {"data", "conv0", "conv1"},
          .threads = threads,
          .model_hash = "m",
          .data_hash = "d"};
}

CalibrationResult run(std::int64_t batch, const CalibrationOptions& options) {
  Feed feed(some_images(), batch);
  return calibrate(small_network(batch), reference_backend(), feed.next(), options);
}

TEST(Calibrate, NaiveIsTheRangeOfTheData) {
  const CalibrationTable table = run(4, options_for({3})).tables.front();
  const std::vector<float> images = some_images();
  const auto [low, high] = std::ranges::minmax(images);
  EXPECT_EQ(table.ranges.at("data").observed, (Range{low, high}));
  EXPECT_EQ(table.ranges.at("data").s8, (Range{low, high}));
  EXPECT_EQ(table.ranges.at("conv0").observed.min, 0);
  EXPECT_LT(table.ranges.at("conv1").observed.min, 0);
  EXPECT_EQ(table.images, kImages);
  EXPECT_EQ(table.ranges.size(), 3U);
}

TEST(Calibrate, TablesComeByAmountThenMode) {
  const std::vector<CalibrationTable> tables = run(2, options_for({5, 1})).tables;
  ASSERT_EQ(tables.size(), 4U);
  const auto described = [](const CalibrationTable& t) {
    return t.mode + " " + std::to_string(t.batches) + " " + std::to_string(t.images);
  };
  EXPECT_EQ(described(tables[0]), "naive 1 2");
  EXPECT_EQ(described(tables[1]), "entropy 1 2");
  EXPECT_EQ(described(tables[2]), "naive 5 10");
  EXPECT_EQ(described(tables[3]), "entropy 5 10");
  // A snapshot is what a calibration of that amount alone gives.
  EXPECT_EQ(tables[0], run(2, options_for({1})).tables[0]);
  EXPECT_EQ(tables[1], run(2, options_for({1})).tables[1]);
  EXPECT_EQ(tables[3], run(2, options_for({5})).tables[1]);
  EXPECT_NE(tables[1].ranges, tables[3].ranges);
}

class CalibrateWithBackend : public ::testing::TestWithParam<const Backend*> {
 protected:
  static std::vector<CalibrationTable> tables(std::int64_t batch,
                                              const CalibrationOptions& options) {
    Feed feed(some_images(), batch);
    return calibrate(small_network(batch), *GetParam(), feed.next(), options).tables;
  }
};

TEST_P(CalibrateWithBackend, BatchSizeAndThreadsMakeNoDifference) {
  const std::vector<CalibrationTable> expected = tables(1, options_for({kImages}));
  for (const int threads : {1, 2, 3}) {
    for (const int batch : {2, 3, 5, 12}) {  // 5: the last batch has two images
      const int batches = (kImages + batch - 1) / batch;
      const std::vector<CalibrationTable> found = tables(batch, options_for({batches}, threads));
      ASSERT_EQ(found.size(), 2U);
      for (std::size_t mode = 0; mode < 2; ++mode) {
        EXPECT_EQ(found[mode].images, kImages);
        EXPECT_EQ(found[mode].ranges, expected[mode].ranges) << batch << " " << threads;
      }
    }
  }
}

// Dark images, which the padding and the ReLU of this network keep zero, before and between others.
TEST_P(CalibrateWithBackend, OrderOfImagesMakesNoDifference) {
  std::vector<float> images = some_images();
  for (float& value : images) value *= 0x1p-8F;
  for (const std::size_t dark : {0, 1, 7})
    std::fill_n(images.begin() + static_cast<std::ptrdiff_t>(dark * kImageSize), kImageSize, 0.0F);
  const auto tables_of = [&](const std::vector<float>& ordered, std::int64_t batch, int threads) {
    Feed feed(ordered, batch);
    const int batches = static_cast<int>((kImages + batch - 1) / batch);
    return calibrate(small_network(batch), *GetParam(), feed.next(),
                     options_for({batches}, threads))
        .tables;
  };
  const std::vector<CalibrationTable> expected = tables_of(images, 1, 1);
  std::vector<std::size_t> order(kImages);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::mt19937 random(3);
  for (int permutation = 0; permutation < 12; ++permutation) {
    std::ranges::shuffle(order, random);
    std::vector<float> ordered;
    for (const std::size_t image : order) {
      const auto from = images.begin() + static_cast<std::ptrdiff_t>(image * kImageSize);
      ordered.insert(ordered.end(), from, from + kImageSize);
    }
    const std::vector<CalibrationTable> found =
        tables_of(ordered, 1 + permutation % 5, 1 + permutation % 3);
    for (std::size_t mode = 0; mode < 2; ++mode)
      EXPECT_EQ(found[mode].ranges, expected[mode].ranges) << permutation;
  }
}

INSTANTIATE_TEST_SUITE_P(Backends, CalibrateWithBackend, ::testing::ValuesIn(usable_backends()),
                         [](const auto& backend) { return backend.param->name(); });

std::string error_of(std::int64_t batch, const CalibrationOptions& options,
                     std::vector<float> images = some_images()) {
  try {
    Feed feed(std::move(images), batch);
    calibrate(small_network(batch), reference_backend(), feed.next(), options);
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

TEST(Calibrate, Errors) {
  EXPECT_THAT(error_of(4, options_for({2, 9})), HasSubstr("after 3 batches, expected 9"));
  EXPECT_THAT(error_of(4, options_for({})), HasSubstr("at least one batch"));
  EXPECT_THAT(error_of(4, options_for({0})), HasSubstr("at least one batch"));
  EXPECT_THAT(error_of(4, options_for({1}, 0)), HasSubstr("at least one thread"));
  CalibrationOptions options = options_for({1});
  options.modes = {"kl"};
  EXPECT_THAT(error_of(4, options), HasSubstr("'kl'"));
  EXPECT_THAT(error_of(4, options_for({1}), std::vector<float>(kImageSize + 1)),
              HasSubstr("at most 4 images of 243"));
}

TEST(Calibrate, NamesTheTensorThatIsNotFinite) {
  for (const int threads : {1, 3}) {
    std::vector<float> images = some_images();
    images[kImageSize * 2] = std::nanf("");
    EXPECT_THAT(error_of(4, options_for({2}, threads), images), HasSubstr("calibrating 'data'"));
  }
}

class CalibrateWithoutThreads : public ThreadLimit {};

TEST_F(CalibrateWithoutThreads, GivesTheSame) {
  const std::vector<CalibrationTable> expected = run(4, options_for({3})).tables;
  EXPECT_EXIT(run_with_threads(0, [&] { return run(4, options_for({3}, 4)).tables == expected; }),
              ::testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace qbench
