#include "datasets/transform.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <utility>

#include "datasets/resize.h"
#include "engine/core/error.h"

namespace qbench {
namespace {

// `length` scaled by wanted/actual in float32 and cut to an integer, as ImageRecordIter does: 224
// columns scaled by 227/224 give 226, because 227.0F/224.0F*224.0F is 226.99998.
int scaled(int length, int wanted, int actual) {
  const float result =
      static_cast<float>(wanted) / static_cast<float>(actual) * static_cast<float>(length);
  return static_cast<int>(std::fmin(result, static_cast<float>(kMaxPixels)));
}

Image enlarge(Image image, int height, int width) {
  if (image.height < height) {
    image = resize(image, height, scaled(image.width, height, image.height));
  }
  if (image.width < width) {
    image = resize(image, scaled(image.height, width, image.width), width);
  }
  return image;
}

// An image of at least height x width, of which the middle is wanted.
Image fitted(std::span<const std::byte> encoded, const Preprocess& preprocess,
             std::string_view* doubt = nullptr) {
  check(preprocess);
  Image image = decode_image(encoded, preprocess.channels, doubt);
  if (preprocess.fit == Fit::stretch) return resize(image, preprocess.height, preprocess.width);
  if (preprocess.resize_short > 0) image = resize_short_side(image, preprocess.resize_short);
  return enlarge(std::move(image), preprocess.height, preprocess.width);
}

// First pixel of row y of the middle height x width of the image.
const std::uint8_t* cropped_row(const Image& image, const Preprocess& preprocess, int y) {
  const int top = (image.height - preprocess.height) / 2;
  const int left = (image.width - preprocess.width) / 2;
  return image.row(top + y) + std::ptrdiff_t{preprocess.channels} * left;
}

}  // namespace

std::size_t Preprocess::elements() const {
  return static_cast<std::size_t>(channels) * static_cast<std::size_t>(height) *
         static_cast<std::size_t>(width);
}

void check(const Preprocess& preprocess) {
  if (preprocess.channels != 1 && preprocess.channels != 3) {
    throw Error(fmt::format("a network on images of {} channels, expected 3 (R, G, B) or 1 (grey)",
                            preprocess.channels),
                ErrorKind::unsupported);
  }
  check_image_size(preprocess.height, preprocess.width);
  if (preprocess.resize_short < 0) {
    throw Error(
        fmt::format("shorter side of {} pixels, expected 0 or more", preprocess.resize_short));
  }
  for (std::size_t c = 0; c < 3; ++c) {
    const float mean = preprocess.rgb_mean[c];
    const float std = preprocess.rgb_std[c];
    if (!std::isfinite(mean) || !std::isfinite(std) || std == 0) {
      throw Error(
          fmt::format("mean {} and std {} of channel {}, expected finite numbers and a std "
                      "that is not 0",
                      mean, std, c));
    }
  }
}

Image crop_pixels(std::span<const std::byte> encoded, const Preprocess& preprocess) {
  const Image image = fitted(encoded, preprocess);
  Image crop(preprocess.height, preprocess.width, preprocess.channels);
  for (int y = 0; y < crop.height; ++y) {
    const std::uint8_t* row = cropped_row(image, preprocess, y);
    std::copy(row, row + crop.row_bytes(), crop.row(y));
  }
  return crop;
}

void preprocess_image(std::span<const std::byte> encoded, const Preprocess& preprocess,
                      std::span<float> out, std::string_view* doubt) {
  if (out.size() != preprocess.elements()) {
    throw Error(fmt::format("room for {} values, expected {}", out.size(), preprocess.elements()));
  }
  const Image image = fitted(encoded, preprocess, doubt);
  const auto channels = static_cast<std::size_t>(preprocess.channels);
  const std::size_t plane = preprocess.elements() / channels;
  const auto width = static_cast<std::size_t>(preprocess.width);
  for (std::size_t c = 0; c < channels; ++c) {
    const float mean = preprocess.rgb_mean[c];
    const float inverse_std = 1.0F / preprocess.rgb_std[c];
    float* values = out.data() + c * plane;
    for (int y = 0; y < preprocess.height; ++y, values += width) {
      const std::uint8_t* row = cropped_row(image, preprocess, y) + c;
      for (std::size_t x = 0; x < width; ++x) {
        values[x] = (static_cast<float>(row[channels * x]) - mean) * inverse_std;
      }
    }
  }
}

}  // namespace qbench
