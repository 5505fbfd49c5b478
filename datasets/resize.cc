#include "datasets/resize.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

namespace qbench {
namespace {

// Weights are 11-bit fixed point; the two rounding steps below are OpenCV's.
constexpr int kOne = 1 << 11;

// What one output coordinate reads: source[first] * weight0 + source[second] * weight1.
struct Tap {
  int first = 0;
  int second = 0;
  int weight0 = kOne;
  int weight1 = 0;
};

// Both clamp coordinates: at the borders OpenCV's columns drop the fraction, its rows keep it.
std::vector<Tap> taps(int source, int target, bool keep_fraction) {
  const double scale = 1.0 / (static_cast<double>(target) / source);
  std::vector<Tap> result(static_cast<std::size_t>(target));
  for (int i = 0; i < target; ++i) {
    auto fraction = static_cast<float>((i + 0.5) * scale - 0.5);
    int first = static_cast<int>(std::floor(fraction));
    fraction -= static_cast<float>(first);
    if (!keep_fraction && (first < 0 || first >= source - 1)) fraction = 0;
    Tap& tap = result[static_cast<std::size_t>(i)];
    tap.first = std::clamp(first, 0, source - 1);
    tap.second = std::clamp(first + 1, 0, source - 1);
    tap.weight0 = static_cast<int>(std::nearbyintf((1.0F - fraction) * kOne));
    tap.weight1 = static_cast<int>(std::nearbyintf(fraction * kOne));
  }
  return result;
}

template <int kChannels>
void resize_row(const std::uint8_t* source, const std::vector<Tap>& columns,
                std::vector<int>& out) {
  int* o = out.data();
  for (const Tap& tap : columns) {
    const std::uint8_t* a = source + std::ptrdiff_t{kChannels} * tap.first;
    const std::uint8_t* b = source + std::ptrdiff_t{kChannels} * tap.second;
    for (int c = 0; c < kChannels; ++c) *o++ = a[c] * tap.weight0 + b[c] * tap.weight1;
  }
}

// Exactly half the size in both directions: OpenCV averages the four pixels instead.
Image halve(const Image& image) {
  const int channels = image.channels;
  Image result(image.height / 2, image.width / 2, channels);
  for (int y = 0; y < result.height; ++y) {
    const std::uint8_t* a = image.row(2 * y);
    const std::uint8_t* b = image.row(2 * y + 1);
    std::uint8_t* out = result.row(y);
    for (int x = 0; x < result.width;
         ++x, a += std::ptrdiff_t{2} * channels, b += std::ptrdiff_t{2} * channels) {
      for (int c = 0; c < channels; ++c) {
        const int next = c + channels;
        *out++ = static_cast<std::uint8_t>((a[c] + a[next] + b[c] + b[next] + 2) >> 2);
      }
    }
  }
  return result;
}

}  // namespace

Image resize(const Image& image, int height, int width) {
  check_image_size(height, width);
  check_image_size(image.height, image.width);
  if (height == image.height && width == image.width) return image;
  if (image.height == 2 * height && image.width == 2 * width) return halve(image);

  const std::vector<Tap> columns = taps(image.width, width, false);
  const std::vector<Tap> rows = taps(image.height, height, true);
  const auto resize_one = image.channels == 1 ? resize_row<1> : resize_row<3>;
  Image result(height, width, image.channels);
  std::vector<int> upper(result.row_bytes());
  std::vector<int> lower(result.row_bytes());
  int upper_row = -1;  // which source rows the two buffers hold
  int lower_row = -1;
  for (int y = 0; y < height; ++y) {
    const Tap& tap = rows[static_cast<std::size_t>(y)];
    if (tap.first == lower_row) {
      std::swap(upper, lower);
      std::swap(upper_row, lower_row);
    }
    if (tap.first != upper_row) resize_one(image.row(tap.first), columns, upper);
    if (tap.second != lower_row) resize_one(image.row(tap.second), columns, lower);
    upper_row = tap.first;
    lower_row = tap.second;
    std::uint8_t* out = result.row(y);
    for (std::size_t i = 0; i < upper.size(); ++i) {
      const int sum =
          ((tap.weight0 * (upper[i] >> 4)) >> 16) + ((tap.weight1 * (lower[i] >> 4)) >> 16);
      out[i] = static_cast<std::uint8_t>((sum + 2) >> 2);
    }
  }
  return result;
}

Image resize_short_side(const Image& image, int length) {
  const bool tall = image.height > image.width;
  const std::int64_t short_side = tall ? image.width : image.height;
  const std::int64_t long_side = tall ? image.height : image.width;
  const std::int64_t other = length * long_side / short_side;
  check_image_size(length, other);
  return tall ? resize(image, static_cast<int>(other), length)
              : resize(image, length, static_cast<int>(other));
}

}  // namespace qbench
