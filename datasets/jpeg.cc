// JPEG through libjpeg-turbo, with its defaults: accurate integer transform, smooth upsampling.
// libjpeg reports errors by a jump: no function that sets one up, or is jumped over, has locals
// with destructors.
#include <fmt/format.h>
#include <jconfig.h>  // before jerror.h, which says more then
#include <jerror.h>
#include <jpeglib.h>

#include <csetjmp>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "datasets/exif.h"
#include "datasets/image_codecs.h"
#include "datasets/pictures/pictures.h"
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
  unsigned seen;  // colour components in the scans so far, a bit each
  int doubt;      // code of the first warning that left all pixels in place, or 0
};

ErrorState& state_of(j_common_ptr info) { return *reinterpret_cast<ErrorState*>(info->err); }

[[noreturn]] void on_error(j_common_ptr info) {
  ErrorState& state = state_of(info);
  state.manager.format_message(info, state.message);
  std::longjmp(state.jump, 1);
}

// Warnings after which libjpeg makes up pixels are errors here; others are kept as doubts.
void on_message(j_common_ptr info, int level) {
  if (level >= 0) return;
  ErrorState& state = state_of(info);
  switch (info->err->msg_code) {
    case JWRN_ARITH_BAD_CODE:
    case JWRN_BOGUS_PROGRESSION:
    case JWRN_HIT_MARKER:
    case JWRN_HUFF_BAD_CODE:
    case JWRN_MUST_RESYNC:
      if (state.doubt == JWRN_JPEG_EOF) info->err->msg_code = state.doubt;  // this is why
      on_error(info);
    case JWRN_ADOBE_XFORM:
    case JWRN_EXTRANEOUS_DATA:
    case JWRN_JPEG_EOF:  // pixels are lost only when one of the above follows
    case JWRN_NOT_SEQUENTIAL:
      if (state.doubt == 0) state.doubt = info->err->msg_code;
      return;
    default:
      return;
  }
}

std::string_view doubt_text(int code) {
  switch (code) {
    case JWRN_ADOBE_XFORM:
      return "with an unknown Adobe colour transform, taken as YCbCr";
    case JWRN_EXTRANEOUS_DATA:
      return "with extra bytes before a JPEG marker, which may be damaged";
    case JWRN_JPEG_EOF:
      return "without an end marker, of which all pixels are there";
    case JWRN_NOT_SEQUENTIAL:
      return "with scans not allowed in a sequential JPEG";
    default:
      return {};
  }
}

// Called before each row of blocks.
void on_progress(j_common_ptr common) {
  auto* info = reinterpret_cast<j_decompress_ptr>(common);
  ErrorState& state = state_of(common);
  for (int i = 0; i < info->comps_in_scan; ++i) {
    state.seen |= 1U << static_cast<unsigned>(info->cur_comp_info[i]->component_index);
  }
  if (info->input_scan_number <= kMaxScans) return;
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
    orientation_ = stored_orientation();
  }
  JpegReader(const JpegReader&) = delete;
  JpegReader& operator=(const JpegReader&) = delete;
  ~JpegReader() { jpeg_destroy_decompress(&info_); }

  std::int64_t height() const { return info_.image_height; }
  std::int64_t width() const { return info_.image_width; }

  int components() const { return info_.num_components; }
  std::string_view doubt() const { return doubt_text(errors_.doubt); }

  int orientation() const { return orientation_; }

  // Rows of `colours`, the first one to `rows`, each other `stride` bytes behind the one before.
  void read(J_COLOR_SPACE colours, std::uint8_t* rows, std::size_t stride) {
    if (!read_rows(colours, rows, stride)) fail();
  }

 private:
  [[noreturn]] void fail() const { throw Error(fmt::format("JPEG image: {}", errors_.message)); }

  // As OpenCV does, looks for EXIF data only in the first segment that may hold them.
  int stored_orientation() const {
    constexpr std::size_t kName = 6;  // "Exif" and two zeros
    const jpeg_saved_marker_ptr marker = info_.marker_list;
    if (marker == nullptr || marker->data_length <= kName) return 1;
    return exif_orientation(
        std::as_bytes(std::span(marker->data, marker->data_length)).subspan(kName));
  }

  bool read_header(std::span<const std::byte> encoded) {
    if (setjmp(errors_.jump) != 0) return false;
    jpeg_create_decompress(&info_);
    info_.progress = &progress_;
    jpeg_mem_src(&info_, reinterpret_cast<const unsigned char*>(encoded.data()), encoded.size());
    jpeg_save_markers(&info_, JPEG_APP0 + 1, 0xFFFF);
    jpeg_read_header(&info_, TRUE);
    return true;
  }

  bool read_rows(J_COLOR_SPACE colours, std::uint8_t* row, std::size_t stride) {
    if (setjmp(errors_.jump) != 0) return false;
    info_.out_color_space = colours;
    jpeg_start_decompress(&info_);
    while (info_.output_scanline < info_.output_height) {
      jpeg_read_scanlines(&info_, &row, 1);
      row += stride;
    }
    if (lacks_scans() || lacks_arithmetic_code()) {
      std::snprintf(errors_.message, sizeof errors_.message, "it is cut short");
      return false;
    }
    jpeg_finish_decompress(&info_);
    return true;
  }

  // Of what it reads of arithmetic coding behind the end, libjpeg says nothing.
  bool lacks_arithmetic_code() const {
    return errors_.doubt == JWRN_JPEG_EOF && info_.arith_code != FALSE;
  }

  // Whether a file of several scans ends between two of them: libjpeg takes what there is.
  bool lacks_scans() {
    if (jpeg_has_multiple_scans(&info_) == FALSE) return false;
    for (int c = 0; c < info_.num_components; ++c) {
      if ((errors_.seen >> static_cast<unsigned>(c) & 1U) == 0) return true;
      if (errors_.doubt != JWRN_JPEG_EOF || info_.progressive_mode == FALSE) continue;
      for (const int missing_bits : std::span(info_.coef_bits[c])) {
        if (missing_bits != 0) return true;
      }
    }
    return false;
  }

  jpeg_decompress_struct info_{};
  jpeg_progress_mgr progress_{};
  ErrorState errors_{};
  int orientation_ = 1;
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

// Of four components: read once to see that it is whole, of which OpenCV says nothing, then as
// OpenCV turns its inks into colours.
Image decode_cmyk(JpegReader& reader, std::span<const std::byte> encoded, int channels) {
  std::vector<std::uint8_t> row(4 * static_cast<std::size_t>(reader.width()));
  reader.read(JCS_CMYK, row.data(), 0);
  std::vector<std::byte> whole(encoded.begin(), encoded.end());
  whole.insert(whole.end(), {std::byte{0xFF}, std::byte{0xD9}});  // if it lacks its end marker
  try {
    return pictures().decode(whole, channels);
  } catch (const Error& error) {
    throw error.at("CMYK JPEG image");
  }
}

}  // namespace

ImageInfo jpeg_info(std::span<const std::byte> encoded) {
  const JpegReader reader(encoded);
  const auto height = static_cast<int>(reader.height());
  const auto width = static_cast<int>(reader.width());
  if (swaps_sides(reader.orientation())) return {"JPEG", width, height};
  return {"JPEG", height, width};
}

Image decode_jpeg(std::span<const std::byte> encoded, int channels, std::string_view& doubt) {
  JpegReader reader(encoded);
  check_image_size(reader.height(), reader.width());
  if (reader.components() == 4) {
    Image image = decode_cmyk(reader, encoded, channels);
    doubt = reader.doubt();
    return image;
  }
  Image image(static_cast<int>(reader.height()), static_cast<int>(reader.width()), channels);
  reader.read(channels == 1 ? JCS_GRAYSCALE : JCS_RGB, image.pixels.data(), image.row_bytes());
  doubt = reader.doubt();
  return upright(std::move(image), reader.orientation(), "JPEG");
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
