// The loader: order, batches, errors and its end, for several numbers of threads.
#include "datasets/loader.h"

#include <gmock/gmock.h>

#include <atomic>
#include <chrono>
#include <numeric>
#include <utility>

#include "datasets/shuffle.h"
#include "tests/datasets/test_util.h"
#include "tests/engine/core/thread_limit.h"

namespace qbench {
namespace {

using ::testing::HasSubstr;

// Sample i is an image filled with the value i; some samples can be spoilt.
class FakeDataset : public Dataset {
 public:
  explicit FakeDataset(std::int64_t size) : size_(size) {}

  std::int64_t size() const override { return size_; }
  std::string name(std::int64_t index) const override { return "sample " + std::to_string(index); }
  std::string description() const override { return "fake"; }
  std::string content_hash() const override { return ""; }

  Sample read(std::int64_t index) const override {
    ++reads;
    Image image(4, 5);
    std::ranges::fill(image.pixels, static_cast<std::uint8_t>(index));
    Sample sample{encode_png(image), {static_cast<float>(index)}, 0};
    if (index >= first_bad && index % 2 == 1) sample.encoded.resize(30);
    if (index >= first_endless) {
      sample.encoded = encode_jpeg(image, 90);
      sample.encoded.resize(sample.encoded.size() - 2);
    }
    if (index == odd_label) sample.label = {0.5F};
    if (index == vector_label) sample.label = {2, 5};
    return sample;
  }

  std::int64_t first_bad = 1'000'000;  // from here on, samples with odd numbers cannot be decoded
  std::int64_t first_endless = 1'000'000;  // from here on, JPEG without their end marker
  std::int64_t odd_label = -1;
  std::int64_t vector_label = -1;
  mutable std::atomic<int> reads = 0;

 private:
  std::int64_t size_;
};

constexpr Preprocess kSmall{.height = 4, .width = 5};

// All samples that the loader delivers, in order; checks each batch on the way.
std::vector<std::int64_t> delivered(const Dataset& dataset, const LoaderOptions& options,
                                    bool recycle = true) {
  Loader loader(dataset, kSmall, options);
  std::vector<std::int64_t> indices;
  while (std::optional<Batch> batch = loader.next()) {
    const std::int64_t expected = std::min(options.batch_size, loader.size() - std::ssize(indices));
    EXPECT_EQ(batch->size, expected);
    EXPECT_EQ(batch->data.shape(), (Shape{expected, 3, 4, 5}));
    const std::span<const float> values = std::as_const(batch->data).data<float>();
    for (std::size_t i = 0; i < batch->indices.size(); ++i) {
      const auto value = static_cast<float>(batch->indices[i]);
      EXPECT_EQ(batch->labels[i], batch->indices[i]);
      EXPECT_EQ(values[60 * i], value);
      EXPECT_EQ(values[60 * i + 59], value);
    }
    indices.insert(indices.end(), batch->indices.begin(), batch->indices.end());
    if (recycle) loader.recycle(std::move(*batch));
  }
  EXPECT_EQ(std::ssize(indices), loader.size());
  EXPECT_FALSE(loader.next().has_value());
  return indices;
}

class LoaderThreads : public ::testing::TestWithParam<int> {};
INSTANTIATE_TEST_SUITE_P(, LoaderThreads, ::testing::Values(0, 1, 2, 4, 16));

TEST_P(LoaderThreads, EverySampleOnceAndInOrder) {
  const FakeDataset dataset(37);
  std::vector<std::int64_t> all(37);
  std::iota(all.begin(), all.end(), 0);
  for (const std::int64_t batch_size : {1, 4, 37, 100}) {
    EXPECT_EQ(delivered(dataset, {.batch_size = batch_size, .threads = GetParam()}), all);
    EXPECT_EQ(delivered(dataset, {.batch_size = batch_size, .threads = GetParam()}, false), all);
  }
}

TEST_P(LoaderThreads, SkipsAndCounts) {
  struct Case {
    std::int64_t first, count, begin, end;
  };
  const FakeDataset dataset(37);
  for (const Case& c : {Case{0, -1, 0, 37}, Case{10, -1, 10, 37}, Case{10, 9, 10, 19},
                        Case{30, 100, 30, 37}, Case{37, -1, 37, 37}, Case{5, 0, 5, 5}}) {
    std::vector<std::int64_t> expected(static_cast<std::size_t>(c.end - c.begin));
    std::iota(expected.begin(), expected.end(), c.begin);
    EXPECT_EQ(
        delivered(dataset,
                  {.batch_size = 4, .first = c.first, .count = c.count, .threads = GetParam()}),
        expected);
  }
}

TEST_P(LoaderThreads, ShufflesBeforeItSkips) {
  const FakeDataset dataset(37);
  const std::vector<std::int64_t> windows = {37};
  std::vector<std::int64_t> expected = shuffled_order(windows, 3);
  expected.erase(expected.begin(), expected.begin() + 5);
  EXPECT_EQ(
      delivered(
          dataset,
          {.batch_size = 4, .first = 5, .threads = GetParam(), .shuffle = true, .shuffle_seed = 3}),
      expected);
}

TEST_P(LoaderThreads, GoodBatchesComeBeforeTheFirstBadSample) {
  FakeDataset dataset(37);
  dataset.first_bad = 10;
  Loader loader(dataset, kSmall, {.batch_size = 4, .threads = GetParam()});
  EXPECT_TRUE(loader.next().has_value());
  EXPECT_TRUE(loader.next().has_value());
  for (int again = 0; again < 2;
       ++again) {  // 11 is the first in its batch, whichever was met first
    EXPECT_THAT(error_of([&] { loader.next(); }), HasSubstr("fake: sample 11: PNG image: "));
  }
}

TEST_P(LoaderThreads, EndsEarlyWithoutReadingOn) {
  const FakeDataset dataset(1'000'000);
  { Loader loader(dataset, kSmall, {.batch_size = 8, .threads = GetParam()}); }
  {
    Loader loader(dataset, kSmall, {.batch_size = 8, .threads = GetParam()});
    EXPECT_TRUE(loader.next().has_value());
  }
  EXPECT_LT(dataset.reads, 500);
}

TEST_P(LoaderThreads, WorksAheadOnlySoFar) {
  const FakeDataset dataset(10'000);
  Loader loader(dataset, kSmall, {.batch_size = 8, .threads = GetParam()});
  EXPECT_TRUE(loader.next().has_value());
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  EXPECT_LE(dataset.reads, 8 + 8 * (2 + 2 * GetParam() / 8));
}

TEST(Loader, LabelsThatAreNoClasses) {
  FakeDataset dataset(4);
  dataset.vector_label = 1;
  Loader loader(dataset, kSmall, {.batch_size = 4});
  EXPECT_THAT(loader.next()->labels, ::testing::ElementsAre(0, -1, 2, 3));
  dataset.odd_label = 2;
  Loader other(dataset, kSmall, {.batch_size = 4});
  EXPECT_THAT(error_of([&] { other.next(); }),
              HasSubstr("fake: sample 2: label 0.5 is no class number"));
}

TEST(Loader, RecyclesMemory) {
  const FakeDataset dataset(16);
  Loader loader(dataset, kSmall, {.batch_size = 4, .threads = 0});
  Batch first = *loader.next();
  const std::byte* memory = first.data.bytes().data();
  loader.recycle(std::move(first));
  EXPECT_EQ(loader.next()->data.bytes().data(), memory);
}

TEST(Loader, RefusesOptionsThatMakeNoSense) {
  const FakeDataset dataset(16);
  struct Case {
    LoaderOptions options;
    const char* message;
  };
  for (const Case& c : std::vector<Case>{{{.batch_size = 0}, "batch size 0, expected 1 or more"},
                                         {{.first = 17}, "17 samples skipped of a data set of 16"},
                                         {{.first = -1}, "-1 samples skipped"},
                                         {{.threads = -1}, "-1 decoding threads"}}) {
    EXPECT_THAT(error_of([&] { Loader loader(dataset, kSmall, c.options); }), HasSubstr(c.message));
  }
}

class LoaderWithoutThreads : public ThreadLimit {};

TEST_F(LoaderWithoutThreads, DeliversTheSame) {
  const auto complete = [] {
    std::vector<std::int64_t> all(37);
    std::iota(all.begin(), all.end(), 0);
    return delivered(FakeDataset(37), {.batch_size = 4, .threads = 8}) == all &&
           !::testing::Test::HasFailure();
  };
  EXPECT_EXIT(run_with_threads(0, complete), ::testing::ExitedWithCode(0), "");
  if (!can_count_threads()) GTEST_SKIP() << "needs root";
  EXPECT_EXIT(run_with_threads(2, complete), ::testing::ExitedWithCode(0), "");
}

TEST(Loader, CountsDoubtfulImagesAmongThoseDelivered) {
  FakeDataset dataset(20);
  dataset.first_endless = 7;
  for (const int threads : {0, 1, 4}) {
    Loader loader(dataset, kSmall, {.batch_size = 5, .threads = threads});
    loader.next();
    EXPECT_THAT(loader.notices(), ::testing::IsEmpty());
    loader.next();
    loader.next();
    EXPECT_THAT(loader.notices(), ::testing::ElementsAre(::testing::AllOf(
                                      ::testing::StartsWith("8 images without an end marker"),
                                      ::testing::EndsWith(": first sample 7"))));
  }
}

}  // namespace
}  // namespace qbench
