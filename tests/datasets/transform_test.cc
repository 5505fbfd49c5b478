// Preprocessing: crops, the enlarging branch and the arithmetic, each against plain loops.
#include "datasets/transform.h"

#include <gmock/gmock.h>

#include "datasets/resize.h"
#include "tests/datasets/test_util.h"

namespace qbench {
namespace {

using ::testing::HasSubstr;

Image middle(const Image& image, int top, int left, int height, int width) {
  Image result(height, width);
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < 3 * width; ++x) result.row(y)[x] = image.row(top + y)[3 * left + x];
  }
  return result;
}

TEST(Transform, CropsTheMiddleRoundingDown) {
  struct Case {
    int height, width, crop_height, crop_width, top, left;
  };
  for (const Case& c :
       {Case{10, 12, 10, 12, 0, 0}, Case{10, 12, 4, 5, 3, 3}, Case{11, 9, 8, 8, 1, 0}}) {
    const Image image = pattern_image(c.height, c.width);
    const Preprocess preprocess{.height = c.crop_height, .width = c.crop_width};
    EXPECT_EQ(crop_pixels(encode_png(image), preprocess),
              middle(image, c.top, c.left, c.crop_height, c.crop_width));
  }
}

// 227.0F / 224.0F * 224.0F is 226.99998, which is cut to 226: a second resize gives 228 rows.
TEST(Transform, EnlargesWithTheTruncationOfTheReference) {
  const Image image = pattern_image(224, 224);
  const Image enlarged = resize(resize(image, 227, 226), 228, 227);
  EXPECT_EQ(crop_pixels(encode_png(image), {.height = 227, .width = 227}),
            middle(enlarged, 0, 0, 227, 227));
}

TEST(Transform, EnlargesByTheShorterSide) {
  const Image low = pattern_image(20, 90);
  EXPECT_EQ(crop_pixels(encode_png(low), {.height = 40, .width = 50}),
            middle(resize(low, 40, 180), 0, 65, 40, 50));
  const Image narrow = pattern_image(90, 20);
  EXPECT_EQ(crop_pixels(encode_png(narrow), {.height = 50, .width = 40}),
            middle(resize(narrow, 180, 40), 65, 0, 50, 40));
}

TEST(Transform, ResizesTheShorterSideFirst) {
  const Image image = pattern_image(60, 45);
  EXPECT_EQ(crop_pixels(encode_png(image), {.height = 20, .width = 20, .resize_short = 30}),
            middle(resize(image, 40, 30), 10, 5, 20, 20));
}

TEST(Transform, StretchIgnoresTheRatio) {
  const Image image = pattern_image(60, 45);
  EXPECT_EQ(crop_pixels(encode_png(image), {.height = 30, .width = 30, .fit = Fit::stretch}),
            resize(image, 30, 30));
}

TEST(Transform, SubtractsTheMeanThenMultipliesByTheInverseStd) {
  const Image image = pattern_image(5, 7);
  const Preprocess preprocess{.height = 5,
                              .width = 7,
                              .rgb_mean = {123.675F, 116.28F, 103.53F},
                              .rgb_std = {58.395F, 57.12F, 57.375F}};
  std::vector<float> out(preprocess.elements());
  preprocess_image(encode_png(image), preprocess, out);
  std::size_t i = 0;
  for (std::size_t c = 0; c < 3; ++c) {
    const float inverse = 1.0F / preprocess.rgb_std[c];
    for (std::size_t pixel = 0; pixel < 35; ++pixel, ++i) {
      const float difference =
          static_cast<float>(image.pixels[3 * pixel + c]) - preprocess.rgb_mean[c];
      EXPECT_EQ(out[i], difference * inverse) << c << " " << pixel;
    }
  }
}

TEST(Transform, GreyNetworksReadOnePlaneWithTheFirstMeanAndStd) {
  const Image image = pattern_image(9, 12);
  const Preprocess preprocess{
      .channels = 1, .height = 5, .width = 8, .rgb_mean = {100, 1, 2}, .rgb_std = {50, 3, 4}};
  std::vector<float> out(preprocess.elements());
  ASSERT_EQ(out.size(), 40U);
  preprocess_image(encode_png(image), preprocess, out);
  const Image grey = decode_image(encode_png(image), 1);
  EXPECT_EQ(crop_pixels(encode_png(image), preprocess).pixels.size(), 40U);
  for (int y = 0; y < 5; ++y) {
    for (int x = 0; x < 8; ++x) {
      const auto pixel = static_cast<float>(grey.row(y + 2)[x + 2]);
      EXPECT_EQ(out[static_cast<std::size_t>(8 * y + x)], (pixel - 100) * (1.0F / 50)) << y << x;
    }
  }
}

TEST(Transform, RefusesWhatMakesNoSense) {
  struct Case {
    Preprocess preprocess;
    const char* message;
  };
  for (const Case& c : std::vector<Case>{
           {{.channels = 2}, "images of 2 channels, expected 3 (R, G, B) or 1 (grey)"},
           {{.channels = 4}, "images of 4 channels"},
           {{.height = 0}, "image of 224 x 0 pixels"},
           {{.height = 1 << 20, .width = 1 << 20}, "expected 1 to 67108864 pixels"},
           {{.rgb_std = {1, 0, 1}}, "mean 0 and std 0 of channel 1"},
           {{.rgb_mean = {0, 0, 1 / 0.0F}}, "of channel 2"},
           {{.resize_short = -1}, "shorter side of -1"},
       }) {
    EXPECT_THAT(error_of([&] { check(c.preprocess); }), HasSubstr(c.message));
  }
  std::vector<float> out(11);
  EXPECT_THAT(error_of([&] { preprocess_image({}, {.height = 2, .width = 2}, out); }),
              HasSubstr("room for 11 values, expected 12"));
}

// One pixel wide and very high: enlarging it to 224 columns would need billions of rows.
TEST(Transform, EnlargingCannotBurstTheMemory) {
  const std::vector<std::byte> encoded = encode_png(Image(1'000'000, 1));
  EXPECT_THAT(error_of([&] { crop_pixels(encoded, {}); }),
              HasSubstr("expected 1 to 67108864 pixels"));
}

}  // namespace
}  // namespace qbench
