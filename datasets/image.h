// 8-bit colour images in memory, and as JPEG and PNG files.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace qbench {

struct Image {
  Image() = default;
  Image(int h, int w)
      : height(h),
        width(w),
        pixels(3 * static_cast<std::size_t>(h) * static_cast<std::size_t>(w)) {}

  std::size_t row_bytes() const { return 3 * static_cast<std::size_t>(width); }
  std::uint8_t* row(int y) { return pixels.data() + static_cast<std::size_t>(y) * row_bytes(); }
  const std::uint8_t* row(int y) const {
    return pixels.data() + static_cast<std::size_t>(y) * row_bytes();
  }

  int height = 0;
  int width = 0;
  std::vector<std::uint8_t> pixels;  // [height, width, 3], order R, G, B

  bool operator==(const Image&) const = default;
};

// No image may have more pixels, so that a few hostile bytes cannot ask for all the memory. The
// largest image of ImageNet has 61 million.
inline constexpr std::int64_t kMaxPixels = std::int64_t{1} << 26;

// Throws Error when an image of this size would be empty or too large.
void check_image_size(std::int64_t height, std::int64_t width);

struct ImageInfo {
  std::string_view format;  // "JPEG" or "PNG"
  int height = 0;
  int width = 0;
};

// Reads the header only. Throws Error when it is neither JPEG nor PNG, damaged, or too large.
ImageInfo image_info(std::span<const std::byte> encoded);

// Grey images get three equal planes, transparency is dropped, an orientation tag is ignored.
// Throws Error when the file is damaged or cut short, even if some of it could be decoded.
Image decode_image(std::span<const std::byte> encoded);

std::vector<std::byte> encode_jpeg(const Image& image, int quality);  // quality 1..100
std::vector<std::byte> encode_png(const Image& image);

}  // namespace qbench
