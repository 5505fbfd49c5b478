// Resizing against checksums computed with OpenCV 4.6 (cv::resize, INTER_LINEAR).
#include "datasets/resize.h"

#include <gmock/gmock.h>

#include "tests/datasets/test_util.h"

namespace qbench {
namespace {

// Sum of value i times (i mod 251 + 1).
std::int64_t checksum(const Image& image) {
  std::int64_t sum = 0;
  for (std::size_t i = 0; i < image.pixels.size(); ++i) {
    sum += static_cast<std::int64_t>(image.pixels[i] * (i % 251 + 1));
  }
  return sum;
}

TEST(Resize, EqualsOpenCv) {
  struct Case {
    int height, width, new_height, new_width;
    std::int64_t checksum;
  };
  for (const Case& c : {
           Case{224, 224, 227, 226, 2468041982},
           Case{227, 226, 228, 227, 2489432589},
           Case{256, 341, 224, 224, 2414065345},
           Case{300, 200, 150, 100, 724412592},  // halved: the average of four pixels
           Case{300, 200, 150, 101, 730156552},
           Case{37, 53, 111, 20, 105831377},
           Case{1, 1, 5, 7, 862925},
           Case{480, 640, 300, 300, 4330081021},
           Case{9, 1, 3, 4, 72534},
       }) {
    const Image result = resize(pattern_image(c.height, c.width), c.new_height, c.new_width);
    EXPECT_EQ(result.height, c.new_height);
    EXPECT_EQ(result.width, c.new_width);
    EXPECT_EQ(checksum(result), c.checksum)
        << c.height << "x" << c.width << " to " << c.new_height << "x" << c.new_width;
  }
}

TEST(Resize, SameSizeIsTheSameImage) {
  const Image image = pattern_image(13, 17);
  EXPECT_EQ(resize(image, 13, 17), image);
}

TEST(Resize, ShortSide) {
  struct Case {
    int height, width, length, new_height, new_width;
  };
  for (const Case& c : {Case{480, 640, 256, 256, 341}, Case{640, 480, 256, 341, 256},
                        Case{7, 7, 5, 5, 5}, Case{100, 333, 30, 30, 99}}) {
    const Image result = resize_short_side(pattern_image(c.height, c.width), c.length);
    EXPECT_EQ(result.height, c.new_height);
    EXPECT_EQ(result.width, c.new_width);
  }
}

TEST(Resize, RefusesEmptyAndHugeImages) {
  using ::testing::HasSubstr;
  const Image image = pattern_image(2, 3);
  EXPECT_THAT(error_of([&] { resize(image, 0, 5); }), HasSubstr("image of 5 x 0 pixels"));
  EXPECT_THAT(error_of([&] { resize(image, 1 << 14, 1 << 14); }),
              HasSubstr("expected 1 to 67108864 pixels"));
  EXPECT_THAT(error_of([&] { resize(Image(), 5, 5); }), HasSubstr("image of 0 x 0 pixels"));
}

// One plane of a colour image is resized as the same plane alone.
TEST(Resize, GreyImagesAsOnePlaneOfColour) {
  const Image image = pattern_image(24, 36);
  Image plane(24, 36, 1);
  for (std::size_t i = 0; i < plane.pixels.size(); ++i) plane.pixels[i] = image.pixels[3 * i + 1];
  for (const auto& [height, width] : {std::pair{12, 18}, {17, 50}, {60, 9}}) {
    const Image colour = resize(image, height, width);
    const Image grey = resize(plane, height, width);
    ASSERT_EQ(grey.channels, 1);
    for (std::size_t i = 0; i < grey.pixels.size(); ++i)
      ASSERT_EQ(grey.pixels[i], colour.pixels[3 * i + 1]) << height << " x " << width << ": " << i;
  }
}

}  // namespace
}  // namespace qbench
