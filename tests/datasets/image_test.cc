// JPEG and PNG files, and what is read of damaged ones.
#include "datasets/image.h"

#include <gmock/gmock.h>
#include <jpeglib.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>

#include "tests/datasets/test_util.h"

namespace qbench {
namespace {

using ::testing::HasSubstr;

template <std::size_t N>
std::vector<std::byte> raw(const unsigned char (&values)[N]) {
  const auto bytes = std::as_bytes(std::span(values));
  return {bytes.begin(), bytes.end()};
}

std::vector<std::byte> progressive_jpeg() {
  jpeg_compress_struct info{};
  jpeg_error_mgr errors{};
  info.err = jpeg_std_error(&errors);
  jpeg_create_compress(&info);
  unsigned char* bytes = nullptr;
  unsigned long size = 0;
  jpeg_mem_dest(&info, &bytes, &size);
  info.image_height = info.image_width = 16;
  info.input_components = 3;
  info.in_color_space = JCS_RGB;
  jpeg_set_defaults(&info);
  jpeg_simple_progression(&info);
  jpeg_start_compress(&info, TRUE);
  Image image = pattern_image(16, 16);
  for (int y = 0; y < 16; ++y) {
    JSAMPROW row = image.row(y);
    jpeg_write_scanlines(&info, &row, 1);
  }
  jpeg_finish_compress(&info);
  const auto view = std::as_bytes(std::span(bytes, size));
  std::vector<std::byte> result(view.begin(), view.end());
  jpeg_destroy_compress(&info);
  std::free(bytes);
  return result;
}

TEST(Image, PngKeepsEveryPixel) {
  for (const auto& [height, width] : {std::pair{1, 1}, {48, 48}, {7, 333}}) {
    const Image image = pattern_image(height, width);
    const std::vector<std::byte> encoded = encode_png(image);
    EXPECT_EQ(decode_image(encoded), image);
    const ImageInfo info = image_info(encoded);
    EXPECT_EQ(info.format, "PNG");
    EXPECT_EQ(info.height, height);
    EXPECT_EQ(info.width, width);
  }
}

TEST(Image, JpegComesClose) {
  Image image(20, 30);
  for (int y = 0; y < 20; ++y) {
    for (int x = 0; x < 30; ++x) {
      image.row(y)[3 * x] = static_cast<std::uint8_t>(8 * x);
      image.row(y)[3 * x + 1] = static_cast<std::uint8_t>(10 * y);
      image.row(y)[3 * x + 2] = 40;
    }
  }
  const std::vector<std::byte> encoded = encode_jpeg(image, 100);
  const Image decoded = decode_image(encoded);
  ASSERT_EQ(decoded.pixels.size(), image.pixels.size());
  int largest = 0;
  for (std::size_t i = 0; i < image.pixels.size(); ++i) {
    largest = std::max(largest, std::abs(decoded.pixels[i] - image.pixels[i]));
  }
  EXPECT_LE(largest, 12);  // colour is stored at half the size
  EXPECT_EQ(image_info(encoded).format, "JPEG");
  EXPECT_LT(encode_jpeg(image, 10).size(), encoded.size());
}

// Files put together by hand with Python's zlib.
const unsigned char kGrey[] = {
    0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0x00, 0x00, 0x00, 0x0D, 0x49, 0x48,
    0x44, 0x52, 0x00, 0x00, 0x00, 0x02, 0x00, 0x00, 0x00, 0x01, 0x08, 0x00, 0x00, 0x00,
    0x00, 0xD1, 0x49, 0x20, 0x56, 0x00, 0x00, 0x00, 0x0B, 0x49, 0x44, 0x41, 0x54, 0x78,
    0x9C, 0x63, 0xE0, 0x3A, 0x01, 0x00, 0x00, 0xDF, 0x00, 0xD3, 0x4B, 0x21, 0xA5, 0x49,
    0x00, 0x00, 0x00, 0x00, 0x49, 0x45, 0x4E, 0x44, 0xAE, 0x42, 0x60, 0x82};  // 2x1: 10, 200
const unsigned char kPalette[] = {
    0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0x00, 0x00, 0x00, 0x0D, 0x49, 0x48, 0x44,
    0x52, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x01, 0x08, 0x03, 0x00, 0x00, 0x00, 0x28,
    0xCB, 0x34, 0xBB, 0x00, 0x00, 0x00, 0x06, 0x50, 0x4C, 0x54, 0x45, 0x01, 0x02, 0x03, 0xFA,
    0x14, 0x1E, 0x6A, 0xBC, 0x8A, 0xD4, 0x00, 0x00, 0x00, 0x02, 0x74, 0x52, 0x4E, 0x53, 0xFF,
    0x00, 0xE5, 0xB7, 0x30, 0x4A, 0x00, 0x00, 0x00, 0x0A, 0x49, 0x44, 0x41, 0x54, 0x78, 0x9C,
    0x63, 0x60, 0x04, 0x00, 0x00, 0x03, 0x00, 0x02, 0x4B, 0xF5, 0xDD, 0xEA, 0x00, 0x00, 0x00,
    0x00, 0x49, 0x45, 0x4E, 0x44, 0xAE, 0x42, 0x60, 0x82};  // 1x1, transparent
const unsigned char kDeep[] = {0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0x00, 0x00, 0x00,
                               0x0D, 0x49, 0x48, 0x44, 0x52, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00,
                               0x00, 0x01, 0x10, 0x06, 0x00, 0x00, 0x00, 0x4F, 0x85, 0x18, 0xCA,
                               0x00, 0x00, 0x00, 0x04, 0x67, 0x41, 0x4D, 0x41, 0x00, 0x01, 0x86,
                               0xA0, 0x31, 0xE8, 0x96, 0x5F, 0x00, 0x00, 0x00, 0x11, 0x49, 0x44,
                               0x41, 0x54, 0x78, 0x9C, 0x63, 0x10, 0x32, 0x09, 0xAB, 0x98, 0xB5,
                               0x87, 0x81, 0x01, 0x00, 0x0A, 0xFD, 0x02, 0x6B, 0xA5, 0x72, 0x3A,
                               0xC9, 0x00, 0x00, 0x00, 0x00, 0x49, 0x45, 0x4E, 0x44, 0xAE, 0x42,
                               0x60, 0x82};  // 1x1, 16 bits, gamma 1, transparent

TEST(Image, EveryKindOfPngBecomesRgb) {
  EXPECT_EQ(decode_image(raw(kGrey)).pixels,
            (std::vector<std::uint8_t>{10, 10, 10, 200, 200, 200}));
  EXPECT_EQ(decode_image(raw(kPalette)).pixels, (std::vector<std::uint8_t>{250, 20, 30}));
  EXPECT_EQ(decode_image(raw(kDeep)).pixels, (std::vector<std::uint8_t>{0x12, 0x56, 0x9A}));
}

// The weights and the rounding of OpenCV's IMREAD_GRAYSCALE, which leaves the work to libpng.
TEST(Image, ColouredPngBecomesGrey) {
  const Image image = pattern_image(23, 31);
  const Image grey = decode_image(encode_png(image), 1);
  ASSERT_EQ(grey.channels, 1);
  ASSERT_EQ(grey.pixels.size(), 23U * 31U);
  for (std::size_t i = 0; i < grey.pixels.size(); ++i) {
    const int r = image.pixels[3 * i];
    const int g = image.pixels[3 * i + 1];
    const int b = image.pixels[3 * i + 2];
    ASSERT_EQ(grey.pixels[i], (9797 * r + 19234 * g + 3737 * b) >> 15) << i;
  }
  EXPECT_EQ(decode_image(raw(kGrey), 1).pixels, (std::vector<std::uint8_t>{10, 200}));
  EXPECT_EQ(decode_image(raw(kPalette), 1).pixels, (std::vector<std::uint8_t>{89}));
}

// A JPEG stores luminance apart from colour: it is taken as it is.
TEST(Image, ColouredJpegBecomesItsLuminance) {
  Image image(16, 16);
  for (std::size_t i = 0; i < image.pixels.size(); i += 3) {
    image.pixels[i] = 200;
    image.pixels[i + 1] = 100;
    image.pixels[i + 2] = 50;
  }
  const Image grey = decode_image(encode_jpeg(image, 100), 1);
  ASSERT_EQ(grey.pixels.size(), 256U);
  for (const std::uint8_t value : grey.pixels) EXPECT_NEAR(value, 124, 1);  // 59.8 + 58.7 + 5.7
}

TEST(Image, OtherNumbersOfChannelsAreRefused) {
  for (const int channels : {0, 2, 4}) {
    EXPECT_THAT(error_of([&] { decode_image(raw(kGrey), channels); }),
                HasSubstr("channels, expected 1 or 3"));
  }
  EXPECT_THAT(error_of([] { encode_png(Image(2, 2, 1)); }), HasSubstr("expected 3"));
  EXPECT_THAT(error_of([] { encode_jpeg(Image(2, 2, 1), 90); }), HasSubstr("expected 3"));
}

TEST(Image, OtherFilesAreRefused) {
  EXPECT_THAT(error_of([] { decode_image({}); }),
              HasSubstr("0 bytes that are no image, expected JPEG, PNG, BMP"));
  EXPECT_THAT(error_of([] { image_info(bytes_of("GIF89a, say")); }),
              HasSubstr("a GIF image, expected JPEG, PNG, BMP"));
  EXPECT_THAT(error_of([] { image_info(bytes_of("\x89PNG\r\n\x1A\nshort")); }),
              HasSubstr("the header is missing"));
}

// A header that asks for more memory than any image needs is refused before anything is allocated.
TEST(Image, BombsAreRefused) {
  std::vector<std::byte> png = encode_png(pattern_image(4, 4));
  for (const std::size_t byte : {17U, 21U}) png[byte] = std::byte{1};  // 65540 x 65540
  EXPECT_THAT(error_of([&] { image_info(png); }), HasSubstr("image of 65540 x 65540 pixels"));
  EXPECT_THROW(decode_image(png), Error);  // libpng sees the wrong check sum first

  std::vector<std::byte> jpeg = encode_jpeg(pattern_image(4, 4), 90);
  for (std::size_t i = 0; i + 9 < jpeg.size(); ++i) {
    if (jpeg[i] == std::byte{0xFF} && jpeg[i + 1] == std::byte{0xC0}) {
      for (const std::size_t byte : {5U, 7U}) jpeg[i + byte] = std::byte{0xFF};  // 65284 x 65284
    }
  }
  EXPECT_THAT(error_of([&] { image_info(jpeg); }), HasSubstr("image of 65284 x 65284 pixels"));
  EXPECT_THAT(error_of([&] { decode_image(jpeg); }), HasSubstr("image of 65284 x 65284 pixels"));
}

// libjpeg makes up what is missing and only warns; half an image is an error here.
TEST(Image, DamagedJpegIsRefused) {
  std::vector<std::byte> jpeg = encode_jpeg(pattern_image(64, 64), 90);
  std::vector<std::byte> cut(jpeg.begin(), jpeg.begin() + std::ssize(jpeg) / 2);
  EXPECT_THAT(error_of([&] { decode_image(cut); }),
              HasSubstr("JPEG image: Premature end of JPEG file"));
  cut.push_back(std::byte{0xFF});
  cut.push_back(std::byte{0xD9});  // an end marker, but too early
  EXPECT_THAT(error_of([&] { decode_image(cut); }), HasSubstr("JPEG image: "));
  jpeg.push_back(std::byte{0});  // bytes after the end are harmless
  EXPECT_NO_THROW(decode_image(jpeg));
}

// All pixels are there when only the end marker is missing.
TEST(Image, JpegWithoutItsEndIsDoubtful) {
  const std::vector<std::byte> whole = encode_jpeg(pattern_image(64, 40), 90);
  std::string_view doubt = "?";
  const Image image = decode_image(whole, 3, &doubt);
  EXPECT_EQ(doubt, "");
  for (const std::size_t lost : {1U, 2U}) {
    const std::span<const std::byte> cut(whole.data(), whole.size() - lost);
    EXPECT_EQ(decode_image(cut, 3, &doubt), image);
    EXPECT_THAT(std::string(doubt), HasSubstr("without an end marker"));
  }
  for (std::size_t size = whole.size() - 12; size < whole.size() - 4; ++size) {
    EXPECT_THAT(error_of([&] { decode_image(std::span(whole).first(size)); }),
                HasSubstr("JPEG image: "));
  }
  std::vector<std::byte> longer(whole.begin(), whole.end() - 2);
  longer.insert(longer.end(), 40, std::byte{1});
  longer.insert(longer.end(), whole.end() - 2, whole.end());
  EXPECT_EQ(decode_image(longer, 3, &doubt), image);
  EXPECT_THAT(std::string(doubt), HasSubstr("extra bytes"));
}

// libjpeg takes the scans there are: a picture less sharp than it was.
TEST(Image, ProgressiveJpegWithoutItsLastScanIsRefused) {
  const std::vector<std::byte> whole = progressive_jpeg();
  std::size_t last_scan = 0;
  for (std::size_t i = 0; i + 1 < whole.size(); ++i) {
    if (whole[i] == std::byte{0xFF} && whole[i + 1] == std::byte{0xDA}) last_scan = i;
  }
  EXPECT_THAT(error_of([&] { decode_image(std::span(whole).first(last_scan)); }),
              HasSubstr("JPEG image: it is cut short"));
  std::string_view doubt;
  EXPECT_EQ(decode_image(std::span(whole).first(whole.size() - 2), 3, &doubt), decode_image(whole));
  EXPECT_NE(doubt, "");
}

bool opencv_is_mapped() {
  std::ifstream maps("/proc/self/maps");
  const std::string text{std::istreambuf_iterator<char>(maps), {}};
  return text.find("libopencv") != std::string::npos;
}

// OpenCV would be measured as the models': only who needs it loads it.
TEST(ImageDeathTest, PlainJpegAndPngLoadNoOpenCv) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");  // a new process, in which nothing was loaded
  EXPECT_EXIT(
      {
        decode_image(encode_jpeg(pattern_image(9, 9), 90));
        decode_image(encode_png(pattern_image(9, 9)));
        const bool before = opencv_is_mapped();
        decode_image(bytes_of("P6 1 1 255 abc"));
        std::exit(!before && opencv_is_mapped() ? 0 : 1);
      },
      ::testing::ExitedWithCode(0), "");
}

TEST(Image, EncodersCheckTheirArguments) {
  EXPECT_THAT(error_of([] { encode_jpeg(pattern_image(2, 2), 0); }),
              HasSubstr("JPEG quality 0, expected 1 to 100"));
  EXPECT_THAT(error_of([] { encode_jpeg(Image(), 90); }), HasSubstr("0 x 0"));
  EXPECT_THAT(error_of([] { encode_png(Image()); }), HasSubstr("0 x 0"));
}

}  // namespace
}  // namespace qbench
