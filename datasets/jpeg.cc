// JPEG through libjpeg-turbo, with its defaults: accurate integer transform, smooth upsampling.
// libjpeg reports errors by a jump: no function that sets one up, or is jumped over, has locals
// with destructors.
#include <fmt/format.h>
#include <jerror.h>
#include <jpeglib.h>

#include <csetjmp>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>

#include "datasets/image_codecs.h"
#include "engine/core/error.h"

namespace qbench {
namespace {

// More scans than any encoder writes: each is a pass over the image, so that without a limit a
// small file could cost hours.
constexpr int kMaxScans = 64;

struct ErrorState {
  jpeg_error_mgr manager;  // first: libjpeg hands back a pointer to it
  std::jmp_buf jump;
  char message[JMSG_LENGTH_MAX];
};

ErrorState& state_of(j_common_ptr info) { return *reinterpret_cast<ErrorState*>(info->err); }

[[noreturn]] void on_error(j_common_ptr info) {
  ErrorState& state = state_of(info);
  state.manager.format_message(info, state.message);
  std::longjmp(state.jump, 1);
}

// Warnings after which libjpeg makes up pixels are errors here; others (extra bytes) are not.
void on_message(j_common_ptr info, int level) {
  if (level >= 0) return;
  switch (info->err->msg_code) {
    case JWRN_BOGUS_PROGRESSION:
    case JWRN_HIT_MARKER:
    case JWRN_HUFF_BAD_CODE:
    case JWRN_JPEG_EOF:
    case JWRN_MUST_RESYNC:
      on_error(info);
    default:
      return;
  }
}

void on_progress(j_common_ptr info) {
  if (reinterpret_cast<j_decompress_ptr>(info)->input_scan_number <= kMaxScans) return;
  ErrorState& state = state_of(info);
  std::snprintf(state.message, sizeof state.message, "more than %d scans", kMaxScans);
  std::longjmp(state.jump, 1);
}

void install(ErrorState& state) {
  jpeg_std_error(&state.manager);
  state.manager.error_exit = on_error;
  state.manager.emit_message = on_message;
}

class JpegReader {
 public:
  explicit JpegReader(std::span<const std::byte> encoded) {
    install(errors_);
    info_.err = &errors_.manager;
    progress_.progress_monitor = on_progress;
    if (!read_header(encoded)) {
      jpeg_destroy_decompress(&info_);
      fail();
    }
  }
  JpegReader(const JpegReader&) = delete;
  JpegReader& operator=(const JpegReader&) = delete;
  ~JpegReader() { jpeg_destroy_decompress(&info_); }

  std::int64_t height() const { return info_.image_height; }
  std::int64_t width() const { return info_.image_width; }

  void read_into(Image& image) {
    if (!read_rows(image)) fail();
  }

 private:
  [[noreturn]] void fail() const { throw Error(fmt::format("JPEG image: {}", errors_.message)); }

  bool read_header(std::span<const std::byte> encoded) {
    if (setjmp(errors_.jump) != 0) return false;
    jpeg_create_decompress(&info_);
    info_.progress = &progress_;
    jpeg_mem_src(&info_, reinterpret_cast<const unsigned char*>(encoded.data()), encoded.size());
    jpeg_read_header(&info_, TRUE);
    return true;
  }

  bool read_rows(Image& image) {
    if (setjmp(errors_.jump) != 0) return false;
    info_.out_color_space = image.channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
    jpeg_start_decompress(&info_);
    while (info_.output_scanline < info_.output_height) {
      JSAMPROW row = image.row(static_cast<int>(info_.output_scanline));
      jpeg_read_scanlines(&info_, &row, 1);
    }
    jpeg_finish_decompress(&info_);
    return true;
  }

  jpeg_decompress_struct info_{};
  jpeg_progress_mgr progress_{};
  ErrorState errors_{};
};

class JpegWriter {
 public:
  JpegWriter() {
    install(errors_);
    info_.err = &errors_.manager;
  }
  JpegWriter(const JpegWriter&) = delete;
  JpegWriter& operator=(const JpegWriter&) = delete;
  ~JpegWriter() {
    jpeg_destroy_compress(&info_);
    std::free(bytes_);
  }

  std::span<const std::byte> write(const Image& image, int quality) {
    if (!write_rows(image, quality)) throw Error(fmt::format("JPEG image: {}", errors_.message));
    return std::as_bytes(std::span(bytes_, size_));
  }

 private:
  bool write_rows(const Image& image, int quality) {
    if (setjmp(errors_.jump) != 0) return false;
    jpeg_create_compress(&info_);
    jpeg_mem_dest(&info_, &bytes_, &size_);
    info_.image_height = static_cast<JDIMENSION>(image.height);
    info_.image_width = static_cast<JDIMENSION>(image.width);
    info_.input_components = 3;
    info_.in_color_space = JCS_RGB;
    jpeg_set_defaults(&info_);
    jpeg_set_quality(&info_, quality, TRUE);
    jpeg_start_compress(&info_, TRUE);
    while (info_.next_scanline < info_.image_height) {
      JSAMPROW row = const_cast<JSAMPROW>(image.row(static_cast<int>(info_.next_scanline)));
      jpeg_write_scanlines(&info_, &row, 1);
    }
    jpeg_finish_compress(&info_);
    return true;
  }

  jpeg_compress_struct info_{};
  ErrorState errors_{};
  unsigned char* bytes_ = nullptr;
  unsigned long size_ = 0;
};

}  // namespace

ImageInfo jpeg_info(std::span<const std::byte> encoded) {
  const JpegReader reader(encoded);
  return {"JPEG", static_cast<int>(reader.height()), static_cast<int>(reader.width())};
}

Image decode_jpeg(std::span<const std::byte> encoded, int channels) {
  JpegReader reader(encoded);
  check_image_size(reader.height(), reader.width());
  Image image(static_cast<int>(reader.height()), static_cast<int>(reader.width()), channels);
  reader.read_into(image);
  return image;
}

std::vector<std::byte> encode_jpeg(const Image& image, int quality) {
  check_image_size(image.height, image.width);
  if (image.channels != 3)
    throw Error(fmt::format("images of {} channels, expected 3", image.channels));
  if (quality < 1 || quality > 100) {
    throw Error(fmt::format("JPEG quality {}, expected 1 to 100", quality));
  }
  JpegWriter writer;
  const std::span<const std::byte> bytes = writer.write(image, quality);
  return {bytes.begin(), bytes.end()};
}

}  // namespace qbench
