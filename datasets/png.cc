// PNG through libpng. Colours are taken as they are stored, without gamma correction.
// libpng reports errors by a jump: no function that sets one up, or is jumped over, has locals with
// destructors.
#include <fmt/format.h>
#include <png.h>

#include <algorithm>
#include <array>
#include <csetjmp>
#include <cstdio>
#include <cstring>
#include <span>
#include <utility>
#include <vector>

#include "datasets/exif.h"
#include "datasets/image_codecs.h"
#include "engine/core/error.h"

namespace qbench {
namespace {

// What libpng's callbacks work on.
struct PngState {
  std::span<const std::byte> unread;
  std::vector<std::byte> written;
  std::array<char, 200> message{};
};

void on_error(png_structp png, png_const_charp message) {
  auto& state = *static_cast<PngState*>(png_get_error_ptr(png));
  std::snprintf(state.message.data(), state.message.size(), "%s", message);
  png_longjmp(png, 1);
}

void on_warning(png_structp, png_const_charp) {}

void on_read(png_structp png, png_bytep out, std::size_t size) {
  auto& state = *static_cast<PngState*>(png_get_io_ptr(png));
  if (size > state.unread.size()) png_error(png, "the file ends early");
  std::memcpy(out, state.unread.data(), size);
  state.unread = state.unread.subspan(size);
}

void on_write(png_structp png, png_bytep bytes, std::size_t size) {
  auto& state = *static_cast<PngState*>(png_get_io_ptr(png));
  const auto* begin = reinterpret_cast<const std::byte*>(bytes);
  state.written.insert(state.written.end(), begin, begin + size);
}

void on_flush(png_structp) {}

class PngReader {
 public:
  explicit PngReader(std::span<const std::byte> encoded) {
    state_.unread = encoded;
    png_ = png_create_read_struct(PNG_LIBPNG_VER_STRING, &state_, on_error, on_warning);
    info_ = png_ != nullptr ? png_create_info_struct(png_) : nullptr;
  }
  PngReader(const PngReader&) = delete;
  PngReader& operator=(const PngReader&) = delete;
  ~PngReader() { png_destroy_read_struct(&png_, &info_, nullptr); }

  // Pixels as they are stored.
  Image read(int channels) {
    if (info_ == nullptr || !read_header()) fail();
    const auto height = static_cast<std::int64_t>(png_get_image_height(png_, info_));
    const auto width = static_cast<std::int64_t>(png_get_image_width(png_, info_));
    check_image_size(height, width);
    Image image(static_cast<int>(height), static_cast<int>(width), channels);
    for (int y = 0; y < image.height; ++y) rows_.push_back(image.row(y));
    if (!read_rows(image)) fail();
    return image;
  }

  // After read().
  int orientation() {
    png_uint_32 size = 0;
    png_bytep exif = nullptr;
    if (png_get_eXIf_1(png_, info_, &size, &exif) == 0) return 1;
    return exif_orientation(std::as_bytes(std::span(exif, size)));
  }

 private:
  [[noreturn]] void fail() const {
    throw Error(fmt::format("PNG image: {}", state_.message.data()));
  }

  bool read_header() {
    if (setjmp(png_jmpbuf(png_)) != 0) return false;
    png_set_read_fn(png_, &state_, on_read);
    png_read_info(png_, info_);
    return true;
  }

  bool read_rows(const Image& image) {
    if (setjmp(png_jmpbuf(png_)) != 0) return false;
    png_set_expand(png_);
    png_set_strip_16(png_);
    png_set_strip_alpha(png_);
    if (image.channels == 3) {
      png_set_gray_to_rgb(png_);
    } else {
      png_set_rgb_to_gray(png_, PNG_ERROR_ACTION_NONE, 0.299, 0.587);
    }
    png_set_interlace_handling(png_);
    png_read_update_info(png_, info_);
    if (png_get_rowbytes(png_, info_) != image.row_bytes())
      png_error(png_, "not convertible to 8-bit pixels");
    png_read_image(png_, rows_.data());
    png_read_end(png_, info_);
    return true;
  }

  PngState state_;
  png_structp png_ = nullptr;
  png_infop info_ = nullptr;
  std::vector<png_bytep> rows_;
};

class PngWriter {
 public:
  PngWriter() {
    png_ = png_create_write_struct(PNG_LIBPNG_VER_STRING, &state_, on_error, on_warning);
    info_ = png_ != nullptr ? png_create_info_struct(png_) : nullptr;
  }
  PngWriter(const PngWriter&) = delete;
  PngWriter& operator=(const PngWriter&) = delete;
  ~PngWriter() { png_destroy_write_struct(&png_, &info_); }

  std::vector<std::byte> write(const Image& image) {
    state_.written.reserve(image.pixels.size() + image.pixels.size() / 8 + 1024);
    if (info_ == nullptr || !write_rows(image)) {
      throw Error(fmt::format("PNG image: {}", state_.message.data()));
    }
    return std::move(state_.written);
  }

 private:
  bool write_rows(const Image& image) {
    if (setjmp(png_jmpbuf(png_)) != 0) return false;
    png_set_write_fn(png_, &state_, on_write, on_flush);
    png_set_IHDR(png_, info_, static_cast<png_uint_32>(image.width),
                 static_cast<png_uint_32>(image.height), 8, PNG_COLOR_TYPE_RGB, PNG_INTERLACE_NONE,
                 PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    png_set_compression_level(png_, 1);  // noisy images hardly compress: fast is better than small
    png_set_filter(png_, PNG_FILTER_TYPE_BASE, PNG_FILTER_SUB);
    png_write_info(png_, info_);
    for (int y = 0; y < image.height; ++y) png_write_row(png_, image.row(y));
    png_write_end(png_, nullptr);
    return true;
  }

  PngState state_;
  png_structp png_ = nullptr;
  png_infop info_ = nullptr;
};

}  // namespace

ImageInfo png_info(std::span<const std::byte> encoded) {
  // Signature (8 bytes), then the header chunk: length, "IHDR", width, height, ...
  if (encoded.size() < 24 || std::memcmp(encoded.data() + 12, "IHDR", 4) != 0) {
    throw Error("PNG image: the header is missing");
  }
  const auto number_at = [&](std::size_t offset) {
    return std::min<png_uint_32>(
        png_get_uint_32(reinterpret_cast<png_const_bytep>(encoded.data() + offset)),
        PNG_UINT_31_MAX);
  };
  const auto width = static_cast<int>(number_at(16));
  const auto height = static_cast<int>(number_at(20));
  constexpr std::size_t kAround = 12;  // a chunk's length, name and check sum
  for (std::size_t at = 8; at + kAround <= encoded.size();) {
    const std::size_t length = number_at(at);
    if (length > encoded.size() - at - kAround) break;
    if (std::memcmp(encoded.data() + at + 4, "eXIf", 4) == 0) {
      if (swaps_sides(exif_orientation(encoded.subspan(at + 8, length)))) {
        return {"PNG", width, height};
      }
      break;
    }
    at += kAround + length;
  }
  return {"PNG", height, width};
}

Image decode_png(std::span<const std::byte> encoded, int channels, std::string_view& /*doubt*/) {
  PngReader reader(encoded);
  Image image = reader.read(channels);
  return upright(std::move(image), reader.orientation(), "PNG");
}

std::vector<std::byte> encode_png(const Image& image) {
  check_image_size(image.height, image.width);
  if (image.channels != 3)
    throw Error(fmt::format("images of {} channels, expected 3", image.channels));
  return PngWriter().write(image);
}

}  // namespace qbench
