#include "harness/accuracy/accuracy.h"

#include <gmock/gmock.h>

#include <limits>

#include "datasets/datasets.h"
#include "engine/core/error.h"

namespace qbench {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(Top5, LargestFirstAndTheLowerIndexAmongEquals) {
  EXPECT_THAT(top5(std::vector<float>{1, 3, 2, 3, 0, 5, 4}), ElementsAre(5, 6, 1, 3, 2));
  EXPECT_THAT(top5(std::vector<float>{0, 0, 0}), ElementsAre(0, 1, 2, -1, -1));
  EXPECT_THAT(top5(std::vector<float>{}), ElementsAre(-1, -1, -1, -1, -1));
  const float nan = std::numeric_limits<float>::quiet_NaN();
  EXPECT_THAT(top5(std::vector<float>{nan, 1, nan, 2, nan}), ElementsAre(3, 1, -1, -1, -1));
  EXPECT_THAT(top5(std::vector<float>(7, nan)), ElementsAre(-1, -1, -1, -1, -1));
}

TEST(CountCorrect, CountsTheLabelAmongOneAndAmongFive) {
  const std::vector<Prediction> predictions = {
      {0, 3, {3, 1, 2, 4, 5}}, {1, 5, {3, 1, 2, 4, 5}}, {2, 9, {3, 1, 2, 4, 5}}};
  const Accuracy accuracy = count_correct(predictions);
  EXPECT_EQ(accuracy.images, 3);
  EXPECT_EQ(accuracy.correct_top1, 1);
  EXPECT_EQ(accuracy.correct_top5, 2);
}

TEST(CountSameTop1, ComparesImageByImage) {
  const std::vector<Prediction> a = {{0, 0, {1, 2, 3, 4, 5}}, {1, 0, {2, 1, 3, 4, 5}}};
  std::vector<Prediction> b = {{0, 0, {1, 9, 8, 7, 6}}, {1, 0, {3, 2, 1, 4, 5}}};
  EXPECT_EQ(count_same_top1(a, b), 1);
  const std::vector<Prediction> none = {{0, 0, {-1, -1, -1, -1, -1}}};
  EXPECT_EQ(count_same_top1(none, none), 0);
  b[1].sample = 7;
  EXPECT_THROW(count_same_top1(a, b), Error);
  b.pop_back();
  EXPECT_THROW(count_same_top1(a, b), Error);
}

// Says, for each image, what a function of its pixels says.
class FakeExecutable : public Executable {
 public:
  FakeExecutable(std::size_t classes,
                 std::function<float(std::span<const float>, std::size_t)> output)
      : classes_(classes), output_(std::move(output)) {}

  void run(std::span<const std::span<const float>> inputs,
           std::span<const std::span<float>> outputs) override {
    ++runs;
    const std::size_t images = outputs[0].size() / classes_;
    const std::size_t pixels = inputs[0].size() / images;
    for (std::size_t n = 0; n < images; ++n) {
      for (std::size_t k = 0; k < classes_; ++k) {
        outputs[0][n * classes_ + k] = output_(inputs[0].subspan(n * pixels, pixels), k);
      }
    }
  }
  void run_observed(std::span<const std::span<const float>>, std::span<const std::span<float>>,
                    const ObserveFunction&) override {}
  MemoryUse memory() const override { return {}; }
  std::vector<LayerTime> profile(std::span<const std::span<const float>>,
                                 std::span<const std::span<float>>, int) override {
    return {};
  }

  int runs = 0;

 private:
  std::size_t classes_;
  std::function<float(std::span<const float>, std::size_t)> output_;
};

constexpr OutputForm kTenClasses{Task::classification, 10};

std::vector<Score> score_shapes(std::span<const Contestant> contestants, std::int64_t images,
                                const ScoreProgress& progress = {}) {
  const std::unique_ptr<Dataset> dataset = open_dataset("shapes:val");
  const Preprocess preprocess{.height = 32, .width = 32};
  Loader loader(*dataset, preprocess, {.batch_size = 4, .count = images, .threads = 1});
  return score(loader, {4, 3, 32, 32}, contestants, {}, progress);
}

TEST(ScoreContestants, EachImageOnceAlsoInAShortLastBatch) {
  FakeExecutable by_pixel(10,
                          [](std::span<const float> x, std::size_t k) { return x[k * 7] - x[k]; });
  FakeExecutable by_class(
      10, [](std::span<const float> x, std::size_t k) { return x[0] + static_cast<float>(k); });
  const Contestant contestants[] = {{&by_pixel, kTenClasses}, {&by_class, kTenClasses}};
  const std::vector<Score> scores = score_shapes(contestants, 10);
  ASSERT_EQ(scores.size(), 2U);
  for (const Score& s : scores) {
    ASSERT_EQ(s.predictions.size(), 10U);
    for (std::int64_t i = 0; i < 10; ++i)
      EXPECT_EQ(s.predictions[static_cast<std::size_t>(i)].sample, i);
    EXPECT_EQ(s.run_ns.size(), 3U);
    EXPECT_EQ(s.mistrust, "");
  }
  EXPECT_EQ(by_pixel.runs, 3);
  for (const Prediction& p : scores[1].predictions) EXPECT_THAT(p.top, ElementsAre(9, 8, 7, 6, 5));
}

TEST(ScoreContestants, MistrustsOutputsThatProveNothing) {
  FakeExecutable dead(10, [](std::span<const float>, std::size_t) { return 0.0F; });
  const Contestant contestant{&dead, kTenClasses};
  const Score score = score_shapes({&contestant, 1}, 8).front();
  EXPECT_EQ(score.mistrust, "the same outputs for all 8 images");
  EXPECT_EQ(score.failure, "");
}

// Every class by turns, whatever is seen.
TEST(ScoreContestants, MistrustsGuessesAtRandom) {
  int calls = 0;
  FakeExecutable blind(10, [&calls](std::span<const float>, std::size_t k) {
    return (static_cast<std::size_t>(calls++) / 130) % 10 == k ? 1.0F : 0.0F;
  });
  const Contestant trained{&blind, kTenClasses};
  EXPECT_THAT(score_shapes({&trained, 1}, 100).front().mistrust,
              HasSubstr("no better than chance"));
  const Contestant drawn{&blind, kTenClasses, false};
  const Score score = score_shapes({&drawn, 1}, 100).front();
  EXPECT_EQ(score.mistrust, "");
  EXPECT_THAT(score.warnings, ElementsAre("weights are drawn at random: accuracy says nothing"));
}

TEST(ScoreContestants, EqualImagesHaveEqualOutputs) {
  FakeExecutable net(10, [](std::span<const float> x, std::size_t k) { return x[k]; });
  const Contestant contestant{&net, kTenClasses};
  const std::unique_ptr<Dataset> dataset = open_dataset("shapes:val,count=1");
  Loader loader(*dataset, {.height = 32, .width = 32}, {.batch_size = 1, .threads = 0});
  EXPECT_EQ(score(loader, {1, 3, 32, 32}, {&contestant, 1}).front().mistrust, "");
}

TEST(ScoreContestants, MistrustsMeansOfPixelsFromZeroToOne) {
  FakeExecutable net(10, [](std::span<const float> x, std::size_t k) { return x[k]; });
  const Contestant contestant{&net, kTenClasses};
  const std::unique_ptr<Dataset> dataset = open_dataset("shapes:val,count=4");
  const Preprocess preprocess{.height = 32,
                              .width = 32,
                              .rgb_mean = {0.485F, 0.456F, 0.406F},
                              .rgb_std = {0.229F, 0.224F, 0.225F}};
  Loader loader(*dataset, preprocess, {.batch_size = 4, .threads = 0});
  EXPECT_THAT(score(loader, {4, 3, 32, 32}, {&contestant, 1}).front().mistrust,
              HasSubstr("expected mean 123.675"));
}

// What is no number is no guess, of the image that has it alone.
TEST(ScoreContestants, OutputsThatAreNotFiniteFail) {
  for (const float bad :
       {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(),
        -std::numeric_limits<float>::infinity()}) {
    FakeExecutable broken(10, [bad](std::span<const float>, std::size_t) { return bad; });
    int calls = 0;
    FakeExecutable partly(10, [bad, &calls](std::span<const float>, std::size_t k) {
      const int image = calls++ / 10;
      return (image == 3 || image == 5) && k == 7
                 ? bad
                 : static_cast<float>(k % 4) + static_cast<float>(image);
    });
    const Contestant contestants[] = {{&broken, kTenClasses}, {&partly, kTenClasses}};
    const std::vector<Score> scores = score_shapes(contestants, 8);
    EXPECT_EQ(scores[0].failure,
              "outputs are not finite in 8 of 8 images, the first of them image 0");
    EXPECT_EQ(scores[0].mistrust, "");
    EXPECT_EQ(count_correct(scores[0].predictions).correct_top1, 0);
    EXPECT_EQ(count_correct(scores[0].predictions).correct_top5, 0);
    EXPECT_EQ(scores[1].failure,
              "outputs are not finite in 2 of 8 images, the first of them image 3");
    for (const Prediction& p : scores[1].predictions) {
      const bool lost = p.sample == 3 || p.sample == 5;
      EXPECT_EQ(p.top[0], lost ? Prediction::kNone : 3);
    }
  }
}

TEST(ScoreContestants, ProgressCanStopIt) {
  FakeExecutable net(10, [](std::span<const float> x, std::size_t k) { return x[k]; });
  const Contestant contestant{&net, kTenClasses};
  std::vector<std::int64_t> seen;
  const auto look = [&](std::int64_t images, std::span<const Score* const> so_far) {
    seen.push_back(images);
    EXPECT_EQ(std::ssize(so_far[0]->predictions), images);
    return images < 8;
  };
  const std::vector<Score> scores = score_shapes({&contestant, 1}, 12, look);
  EXPECT_THAT(seen, ElementsAre(4, 8));
  EXPECT_EQ(scores[0].predictions.size(), 8U);
}

}  // namespace
}  // namespace qbench
