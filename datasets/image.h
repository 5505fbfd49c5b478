// 8-bit images in memory, colour or grey, and as files.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace qbench {

struct Image {
  Image() = default;
  Image(int h, int w, int c = 3)
      : height(h),
        width(w),
        channels(c),
        pixels(static_cast<std::size_t>(c) * static_cast<std::size_t>(h) *
               static_cast<std::size_t>(w)) {}

  std::size_t row_bytes() const {
    return static_cast<std::size_t>(channels) * static_cast<std::size_t>(width);
  }
  std::uint8_t* row(int y) { return pixels.data() + static_cast<std::size_t>(y) * row_bytes(); }
  const std::uint8_t* row(int y) const {
    return pixels.data() + static_cast<std::size_t>(y) * row_bytes();
  }

  int height = 0;
  int width = 0;
  int channels = 3;                  // 3: R, G, B; 1: luminance
  std::vector<std::uint8_t> pixels;  // [height, width, channels]

  bool operator==(const Image&) const = default;
};

// No image may have more pixels, so that a few hostile bytes cannot ask for all the memory. The
// largest image of ImageNet has 61 million.
inline constexpr std::int64_t kMaxPixels = std::int64_t{1} << 26;

// Throws Error when an image of this size would be empty or too large.
void check_image_size(std::int64_t height, std::int64_t width);

struct ImageInfo {
  std::string_view format;  // "JPEG", "PNG", "BMP", "WebP", "TIFF" or "PNM"
  int height = 0;           // of the upright image, as decode_image gives it
  int width = 0;
};

// Reads the header only. Throws Error when it is no such image, damaged, or too large.
ImageInfo image_info(std::span<const std::byte> encoded);

// With `channels` 3, grey images get three equal planes. With 1, a JPEG gives its luminance as it
// is stored and others 0.299 R + 0.587 G + 0.114 B, as OpenCV's IMREAD_GRAYSCALE does. Transparency
// is dropped; an orientation tag is obeyed where OpenCV obeys it. Throws Error when the file is
// damaged or cut short, even if some of it could be decoded. When all pixels are there though
// something is wrong with the file, `doubt` becomes what that is: "without an end marker".
Image decode_image(std::span<const std::byte> encoded, int channels = 3,
                   std::string_view* doubt = nullptr);

// Both write colour images. Quality 1..100.
std::vector<std::byte> encode_jpeg(const Image& image, int quality);
std::vector<std::byte> encode_png(const Image& image);

}  // namespace qbench
