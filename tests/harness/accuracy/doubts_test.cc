#include "harness/accuracy/doubts.h"

#include <gmock/gmock.h>

#include <cmath>
#include <random>

namespace qbench {
namespace {

using testing::HasSubstr;

std::vector<Prediction> guesses(int images, int labels, int (*guess)(int image)) {
  std::vector<Prediction> made;
  for (int i = 0; i < images; ++i) made.push_back({i, i % labels, {guess(i), -1, -1, -1, -1}});
  return made;
}

// Draws guesses that are right with a probability, else one of the other labels.
std::vector<Prediction> drawn(int images, int labels, double right, unsigned seed) {
  std::mt19937 random(seed);
  std::vector<Prediction> made;
  for (int i = 0; i < images; ++i) {
    const int label = i % labels;
    const bool hit = static_cast<double>(random() % 1000000) < right * 1e6;
    const int other =
        (label + 1 + static_cast<int>(random() % static_cast<unsigned>(labels - 1))) % labels;
    made.push_back({i, label, {hit ? label : other, -1, -1, -1, -1}});
  }
  return made;
}

TEST(DoubtGuesses, ChanceIsDoubted) {
  EXPECT_EQ(doubt_guesses(guesses(100, 10, [](int i) { return i / 10; }), 10),
            "10 of 100 right, no better than chance (10 %): mean, std or the order of the classes "
            "may differ from the network's training");
  EXPECT_NE(doubt_guesses(guesses(100, 10, [](int i) { return (i + 1) % 10; }), 10), "");
  // Of a thousand classes none is ever right.
  EXPECT_NE(doubt_guesses(guesses(60, 60, [](int i) { return 100 + i; }), 1000), "");
}

// The limits, from the binomial distribution (R 4.2): P(X >= 18 | 100, 0.1) = 0.0100 is not above
// 0.01, P(X >= 17) = 0.0206 is; P(X <= 17 | 100, 0.28) = 0.0080.
TEST(DoubtGuesses, AsManyAsChanceGivesInOneOfAHundred) {
  const auto right = [](int count) {
    std::vector<Prediction> made = guesses(100, 10, [](int i) { return (i + 1) % 10; });
    for (int i = 0; i < count; ++i) made[static_cast<std::size_t>(i)].top[0] = i % 10;
    return doubt_guesses(made, 10);
  };
  EXPECT_THAT(right(16), HasSubstr("16 of 100 right"));
  EXPECT_EQ(right(19), "");
}

TEST(DoubtGuesses, FewImagesProveNothing) {
  EXPECT_EQ(doubt_guesses({}, 10), "");
  EXPECT_EQ(doubt_guesses(guesses(1, 1, [](int) { return 5; }), 1000), "");
  EXPECT_EQ(doubt_guesses(guesses(8, 8, [](int i) { return (i + 1) % 8; }), 1000), "");
  EXPECT_EQ(doubt_guesses(guesses(10, 10, [](int) { return 9; }), 10), "");
}

// Networks that know something, down to a fifth beyond chance, over many draws.
TEST(DoubtGuesses, AWeakNetworkIsNotDoubted) {
  int doubted = 0;
  for (unsigned seed = 0; seed < 300; ++seed) {
    for (const int images : {5, 12, 24, 60, 100, 300}) {
      for (const int labels : {2, 3, 10, 50}) {
        const double right = 1.0 / labels + 0.25 * (1 - 1.0 / labels);
        doubted += doubt_guesses(drawn(images, labels, right, seed), labels).empty() ? 0 : 1;
      }
    }
  }
  EXPECT_LE(doubted, 300 * 24 / 100);
}

TEST(DoubtGuesses, OneClassForAllIsDoubtedEarlier) {
  EXPECT_THAT(doubt_guesses(guesses(24, 3, [](int) { return 1; }), 7),
              testing::StartsWith("class 1 is said of 24 of 24 images, whose labels are of 3 "
                                  "classes: 8 of 24 right, no better than chance (33.3 %)"));
  EXPECT_THAT(doubt_guesses(guesses(60, 3, [](int i) { return i == 7 ? 0 : 2; }), 7),
              HasSubstr("class 2 is said of 59 of 60 images"));
}

TEST(DoubtGuesses, OneClassIsRightWhereAllImagesAreOfIt) {
  EXPECT_EQ(doubt_guesses(guesses(100, 1, [](int) { return 0; }), 10), "");
  EXPECT_NE(doubt_guesses(guesses(100, 1, [](int) { return 3; }), 10), "");
  // Nine in ten are of one class, which is found, and half of the others are.
  std::vector<Prediction> rare =
      guesses(100, 10, [](int i) { return i % 10 == 0 && i < 50 ? 1 : 0; });
  for (Prediction& p : rare) p.label = p.label == 0 ? 1 : 0;
  EXPECT_EQ(doubt_guesses(rare, 2), "");
  for (Prediction& p : rare) p.top[0] = 0;
  EXPECT_THAT(doubt_guesses(rare, 2), HasSubstr("90 of 100 right, no better than chance (90 %)"));
}

TEST(DoubtDetections, NothingFoundOfManyBoxes) {
  std::vector<DetectedImage> images(10);
  for (DetectedImage& image : images) {
    image.detections = {{0, 0.5F, Detection::Outcome::miss, 0, 0}};
    image.truth = {{0, 1, 1}};
  }
  EXPECT_THAT(doubt_detections(images), HasSubstr("none of 10 boxes was found, though 10 were"));
  EXPECT_EQ(doubt_detections(std::span(images).first(9)), "");
  images[4].detections[0].voc = Detection::Outcome::hit;
  EXPECT_EQ(doubt_detections(images), "");
  images[4].detections[0] = {0, 0.5F, Detection::Outcome::miss, 1, 0};
  EXPECT_EQ(doubt_detections(images), "");
}

TEST(DoubtUnits, OfPixelsFromZeroToOne) {
  const auto doubt = [](std::array<float, 3> mean, std::array<float, 3> deviation) {
    return doubt_units({.rgb_mean = mean, .rgb_std = deviation});
  };
  EXPECT_EQ(
      doubt({0.485F, 0.456F, 0.406F}, {0.229F, 0.224F, 0.225F}),
      "rgb mean 0.485,0.456,0.406 and std 0.229,0.224,0.225 look like those of pixels from 0 to "
      "1; pixels are 0 to 255 here: expected mean 123.675,116.28,103.53 and std "
      "58.395,57.12,57.375");
  EXPECT_THAT(doubt({0.5F, 0.5F, 0.5F}, {1, 1, 1}), HasSubstr("expected mean 127.5,127.5,127.5"));
  EXPECT_THAT(doubt({0, 0, 0}, {0.5F, 0.5F, 0.5F}), HasSubstr("and std 127.5,127.5,127.5"));
  EXPECT_THAT(doubt({123.68F, 116.779F, 103.939F}, {0.017F, 0.017F, 0.017F}),
              HasSubstr("a divisor"));
  EXPECT_EQ(doubt({0, 0, 0}, {1, 1, 1}), "");
  EXPECT_EQ(doubt({0, 0, 0}, {255, 255, 255}), "");
  EXPECT_EQ(doubt({123.68F, 116.779F, 103.939F}, {1, 1, 1}), "");
  EXPECT_EQ(doubt({128, 128, 128}, {64, 64, 64}), "");
}

}  // namespace
}  // namespace qbench
