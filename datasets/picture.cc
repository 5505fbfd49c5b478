// BMP, WebP, TIFF and PNM, by their headers here and by OpenCV as a whole; and the names of what
// cannot be read.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdint>
#include <cstdlib>
#include <optional>

#include "datasets/exif.h"
#include "datasets/image_codecs.h"
#include "datasets/pictures/pictures.h"
#include "datasets/tiff_directory.h"
#include "engine/core/error.h"

namespace qbench {
namespace {

using Bytes = std::span<const std::byte>;

struct Size {
  std::int64_t height;
  std::int64_t width;
};

// Little-endian. Throws Error where the bytes end before.
std::uint32_t number_at(Bytes bytes, std::size_t offset, std::size_t size) {
  if (bytes.size() < offset + size) throw Error("the header is cut short");
  std::uint32_t value = 0;
  for (std::size_t i = size; i-- > 0;)
    value = value << 8U | std::to_integer<std::uint32_t>(bytes[offset + i]);
  return value;
}

bool has_text(Bytes bytes, std::size_t offset, std::string_view text) {
  return bytes.size() >= offset + text.size() &&
         std::ranges::equal(bytes.subspan(offset, text.size()), std::as_bytes(std::span(text)));
}

Size bmp_size(Bytes bytes) {
  if (number_at(bytes, 14, 4) == 12) return {number_at(bytes, 20, 2), number_at(bytes, 18, 2)};
  const auto height = static_cast<std::int32_t>(number_at(bytes, 22, 4));  // negative: top first
  return {std::abs(std::int64_t{height}), static_cast<std::int32_t>(number_at(bytes, 18, 4))};
}

Size webp_size(Bytes bytes) {
  if (has_text(bytes, 12, "VP8X")) {
    if ((number_at(bytes, 20, 1) & 2U) != 0) throw Error("it is animated, expected one picture");
    return {number_at(bytes, 27, 3) + std::int64_t{1}, number_at(bytes, 24, 3) + std::int64_t{1}};
  }
  if (has_text(bytes, 12, "VP8L")) {
    const std::uint32_t sides = number_at(bytes, 21, 4);  // 14 bits each
    return {(sides >> 14U & 0x3FFFU) + 1, (sides & 0x3FFFU) + 1};
  }
  return {number_at(bytes, 28, 2) & 0x3FFFU, number_at(bytes, 26, 2) & 0x3FFFU};
}

Size tiff_size(Bytes bytes) {
  constexpr std::uint16_t kWidth = 256, kHeight = 257, kOrientation = 274, kSampleFormat = 339;
  const std::optional<TiffDirectory> directory = TiffDirectory::first_of(bytes);
  if (!directory) throw Error("the directory is missing");
  const std::optional<std::uint32_t> height = directory->number(kHeight);
  const std::optional<std::uint32_t> width = directory->number(kWidth);
  if (!height || !width) throw Error("height or width is missing");
  if (directory->number(kSampleFormat).value_or(1) != 1) {
    throw Error("its samples are signed or floating-point numbers, expected unsigned ones");
  }
  const std::uint32_t orientation = directory->number(kOrientation).value_or(1);
  const bool swapped = orientation <= 8 && swaps_sides(static_cast<int>(orientation));
  return swapped ? Size{*width, *height} : Size{*height, *width};
}

// A number of the text header, behind blanks and comments; `at` moves behind it.
std::int64_t pnm_number(Bytes bytes, std::size_t& at) {
  const auto next = [&] { return static_cast<char>(number_at(bytes, at, 1)); };
  while (next() == '#' || std::isspace(static_cast<unsigned char>(next())) != 0) {
    if (next() == '#') {
      while (next() != '\n') ++at;
    }
    ++at;
  }
  std::int64_t value = 0;
  for (; std::isdigit(static_cast<unsigned char>(next())) != 0; ++at) {
    value = std::min<std::int64_t>(10 * value + (next() - '0'), INT32_MAX);
  }
  return value;
}

Size pnm_size(Bytes bytes) {
  std::size_t at = 2;
  const std::int64_t width = pnm_number(bytes, at);
  const std::int64_t height = pnm_number(bytes, at);
  const bool bits = has_text(bytes, 1, "1") || has_text(bytes, 1, "4");
  const std::int64_t maximum = bits ? 1 : pnm_number(bytes, at);
  if (!bits && maximum != 255 && maximum != 65535) {  // OpenCV would not scale others
    throw Error(fmt::format("its highest value is {}, expected 255 or 65535", maximum));
  }
  return {height, width};
}

struct Format {
  std::string_view name;
  std::size_t offset;
  std::string_view signature;
  Size (*size)(Bytes bytes) = nullptr;  // null: known by name only
};

using namespace std::string_view_literals;
constexpr std::array kFormats = {
    Format{"BMP", 0, "BM", bmp_size},
    Format{"WebP", 8, "WEBPVP8", webp_size},
    Format{"TIFF", 0, "II*\0"sv, tiff_size},
    Format{"TIFF", 0, "MM\0*"sv, tiff_size},
    Format{"PNM", 0, "P1", pnm_size},
    Format{"PNM", 0, "P2", pnm_size},
    Format{"PNM", 0, "P3", pnm_size},
    Format{"PNM", 0, "P4", pnm_size},
    Format{"PNM", 0, "P5", pnm_size},
    Format{"PNM", 0, "P6", pnm_size},
    Format{"a BigTIFF image", 0, "II+\0"sv},
    Format{"a BigTIFF image", 0, "MM\0+"sv},
    Format{"a GIF image", 0, "GIF8"},
    Format{"an AVIF image", 4, "ftypavi"},
    Format{"a HEIC image", 4, "ftyphe"},
    Format{"a HEIC image", 4, "ftypmif1"},
    Format{"a HEIC image", 4, "ftypmsf1"},
    Format{"a JPEG 2000 image", 0, "\0\0\0\x0CjP  "sv},
    Format{"a JPEG 2000 image", 0, "\xFF\x4F\xFF\x51"},
    Format{"a JPEG XL image", 0, "\xFF\x0A"},
    Format{"a JPEG XL image", 0, "\0\0\0\x0CJXL "sv},
    Format{"an OpenEXR image", 0, "\x76\x2F\x31\x01"},
    Format{"a Radiance image", 0, "#?RADIANCE"},
    Format{"a Photoshop document", 0, "8BPS"},
    Format{"an icon", 0, "\0\0\1\0"sv},
    Format{"a PDF document", 0, "%PDF"},
    Format{"an SVG drawing", 0, "<svg"},
    Format{"an XML or SVG text", 0, "<?xml"},
    Format{"an HTML page", 0, "<!DOCTYPE html"},
    Format{"an HTML page", 0, "<!doctype html"},
    Format{"an HTML page", 0, "<html"},
    Format{"a pointer of Git LFS, not the image", 0, "version https://git-lfs"},
};

const Format& format_of(Bytes encoded) {
  const auto format = std::ranges::find_if(
      kFormats, [&](const Format& f) { return has_text(encoded, f.offset, f.signature); });
  if (format != kFormats.end() && format->size != nullptr) return *format;
  const std::string found = format != kFormats.end()
                                ? std::string(format->name)
                                : fmt::format("{} bytes that are no image", encoded.size());
  throw Error(found + ", expected JPEG, PNG, BMP, WebP, TIFF or PNM: convert it to one of these");
}

}  // namespace

Image upright(Image image, int orientation, std::string_view format) {
  if (orientation == 1) return image;
  try {
    return pictures().turned(image, orientation);
  } catch (const Error& error) {
    throw error.at(fmt::format("{} image with the orientation tag {}", format, orientation));
  }
}

ImageInfo picture_info(Bytes encoded) {
  const Format& format = format_of(encoded);
  try {
    const Size size = format.size(encoded);
    check_image_size(size.height, size.width);
    return {format.name, static_cast<int>(size.height), static_cast<int>(size.width)};
  } catch (const Error& error) {
    throw error.at(fmt::format("{} image", format.name));
  }
}

Image decode_picture(Bytes encoded, int channels, std::string_view& /*doubt*/) {
  const ImageInfo info = picture_info(encoded);
  try {
    Image image = pictures().decode(encoded, channels);
    if (image.height != info.height || image.width != info.width) {
      throw Error(fmt::format("{} x {} pixels, expected {} x {} as its header says", image.width,
                              image.height, info.width, info.height));
    }
    return image;
  } catch (const Error& error) {
    throw error.at(fmt::format("{} image", info.format));
  }
}

}  // namespace qbench
