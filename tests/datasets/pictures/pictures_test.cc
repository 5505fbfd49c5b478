// Pixels against OpenCV's own imdecode, which MXNet reads images with.
#include "datasets/pictures/pictures.h"

#include <gmock/gmock.h>
#include <jpeglib.h>

#include <cstdlib>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>
#include <string>

#include "datasets/random.h"
#include "tests/datasets/pictures/encoded.h"
#include "tests/datasets/test_util.h"

namespace qbench {
namespace {

using ::testing::HasSubstr;

cv::Mat noise(int height, int width, int type = CV_8UC3) {
  cv::Mat image(height, width, type);
  cv::RNG random(7);
  random.fill(image, cv::RNG::UNIFORM, 0, CV_MAT_DEPTH(type) == CV_16U ? 65536 : 256);
  return image;
}

Encoded encoded(const std::string& extension, const cv::Mat& image,
                const std::vector<int>& parameters = {}) {
  std::vector<unsigned char> bytes;
  EXPECT_TRUE(cv::imencode(extension, image, bytes, parameters));
  const auto view = std::as_bytes(std::span(bytes));
  return {view.begin(), view.end()};
}

// What OpenCV makes of the bytes, as an Image.
Image by_opencv(const Encoded& bytes, int channels) {
  const cv::Mat raw(1, static_cast<int>(bytes.size()), CV_8UC1,
                    const_cast<std::byte*>(bytes.data()));
  cv::Mat decoded = cv::imdecode(raw, channels == 1 ? cv::IMREAD_GRAYSCALE : cv::IMREAD_COLOR);
  if (decoded.empty()) return {};
  if (channels == 3) cv::cvtColor(decoded, decoded, cv::COLOR_BGR2RGB);
  Image image(decoded.rows, decoded.cols, channels);
  std::memcpy(image.pixels.data(), decoded.data, image.pixels.size());
  return image;
}

void expect_as_opencv(const Encoded& bytes, std::string_view format, const std::string& what) {
  SCOPED_TRACE(what);
  for (const int channels : {3, 1}) {
    const Image expected = by_opencv(bytes, channels);
    ASSERT_GT(expected.height, 0) << channels;
    std::string_view doubt = "?";
    EXPECT_EQ(decode_image(bytes, channels, &doubt), expected) << channels;
    EXPECT_EQ(doubt, "");
    const ImageInfo info = image_info(bytes);
    EXPECT_EQ(info.format, format);
    EXPECT_EQ(info.height, expected.height);
    EXPECT_EQ(info.width, expected.width);
  }
}

TEST(Pictures, OtherFormatsHaveThePixelsOfOpenCv) {
  const cv::Mat colour = noise(21, 34);
  const cv::Mat grey = noise(21, 34, CV_8UC1);
  const cv::Mat alpha = noise(21, 34, CV_8UC4);
  const cv::Mat deep = noise(21, 34, CV_16UC3);
  for (const std::string extension : {".bmp", ".webp", ".tiff", ".ppm"}) {
    const std::string_view format = extension == ".bmp"    ? "BMP"
                                    : extension == ".webp" ? "WebP"
                                    : extension == ".ppm"  ? "PNM"
                                                           : "TIFF";
    expect_as_opencv(encoded(extension, colour), format, extension);
    if (extension != ".ppm") expect_as_opencv(encoded(extension, alpha), format, "alpha");
  }
  expect_as_opencv(encoded(".webp", colour, {cv::IMWRITE_WEBP_QUALITY, 60}), "WebP", "lossy");
  expect_as_opencv(encoded(".tiff", deep), "TIFF", "16 bits");
  expect_as_opencv(encoded(".ppm", deep), "PNM", "16 bits");
  expect_as_opencv(encoded(".pgm", grey), "PNM", "grey");
  expect_as_opencv(encoded(".pgm", grey, {cv::IMWRITE_PXM_BINARY, 0}), "PNM", "as text");
  expect_as_opencv(encoded(".pbm", grey), "PNM", "black and white");
  expect_as_opencv(encoded(".bmp", grey), "BMP", "palette");
  expect_as_opencv(encoded(".tiff", grey, {cv::IMWRITE_TIFF_COMPRESSION, 1}), "TIFF", "grey");
}

TEST(Pictures, PngAndJpegHaveThePixelsOfOpenCv) {
  const cv::Mat alpha = noise(21, 34, CV_8UC4);
  expect_as_opencv(encoded(".png", noise(21, 34)), "PNG", "colour");
  expect_as_opencv(encoded(".png", noise(21, 34, CV_8UC1)), "PNG", "grey");
  expect_as_opencv(encoded(".png", alpha), "PNG", "alpha");
  expect_as_opencv(encoded(".png", noise(21, 34, CV_16UC4)), "PNG", "16 bits, alpha");
  expect_as_opencv(encoded(".jpg", noise(21, 34)), "JPEG", "colour");
  expect_as_opencv(encoded(".jpg", noise(21, 34, CV_8UC1)), "JPEG", "grey");
  expect_as_opencv(encoded(".jpg", noise(21, 34), {cv::IMWRITE_JPEG_PROGRESSIVE, 1}), "JPEG",
                   "progressive");
}

// A file of four inks, with or without Adobe's marker.
Encoded four_inks(J_COLOR_SPACE stored, bool adobe) {
  jpeg_compress_struct info{};
  jpeg_error_mgr errors{};
  info.err = jpeg_std_error(&errors);
  jpeg_create_compress(&info);
  unsigned char* bytes = nullptr;
  unsigned long size = 0;
  jpeg_mem_dest(&info, &bytes, &size);
  info.image_height = 20;
  info.image_width = 30;
  info.input_components = 4;
  info.in_color_space = JCS_CMYK;
  jpeg_set_defaults(&info);
  jpeg_set_colorspace(&info, stored);
  info.write_Adobe_marker = adobe ? TRUE : FALSE;
  jpeg_start_compress(&info, TRUE);
  std::vector<unsigned char> row(120);
  while (info.next_scanline < info.image_height) {
    for (std::size_t i = 0; i < row.size(); ++i)
      row[i] = static_cast<unsigned char>(5 * i + 9 * info.next_scanline);
    JSAMPROW rows = row.data();
    jpeg_write_scanlines(&info, &rows, 1);
  }
  jpeg_finish_compress(&info);
  const auto view = std::as_bytes(std::span(bytes, size));
  Encoded result(view.begin(), view.end());
  jpeg_destroy_compress(&info);
  std::free(bytes);
  return result;
}

TEST(Pictures, JpegOfFourInks) {
  expect_as_opencv(four_inks(JCS_CMYK, true), "JPEG", "CMYK");
  expect_as_opencv(four_inks(JCS_CMYK, false), "JPEG", "CMYK without Adobe's marker");
  expect_as_opencv(four_inks(JCS_YCCK, true), "JPEG", "YCCK");
  const Encoded whole = four_inks(JCS_YCCK, true);
  expect_as_opencv(with_exif(whole, exif(8)), "JPEG", "turned");
  std::string_view doubt;
  const Encoded no_end(whole.begin(), whole.end() - 2);
  EXPECT_EQ(decode_image(no_end, 3, &doubt), decode_image(whole));
  EXPECT_THAT(std::string(doubt), HasSubstr("without an end marker"));
  for (std::size_t size = 0; size < whole.size() - 8; size += 7) {
    EXPECT_THAT(error_of([&] { decode_image(std::span(whole).first(size)); }),
                ::testing::Not(HasSubstr("no error")))
        << size;
  }
}

TEST(Pictures, OrientationIsObeyedWhereOpenCvObeysIt) {
  const Encoded jpeg = encoded(".jpg", noise(16, 24));
  for (std::uint32_t orientation = 0; orientation <= 10; ++orientation) {
    for (const bool big_endian : {false, true}) {
      expect_as_opencv(with_exif(jpeg, exif(orientation, big_endian)), "JPEG",
                       std::to_string(orientation));
    }
  }
  const Encoded first = with_exif(with_exif(jpeg, exif(1)), exif(6));
  EXPECT_EQ(image_info(first).height, 24);
  expect_as_opencv(first, "JPEG", "the first of two tags");
  Encoded other;
  append(other, "http://ns.adobe.com/xap/1.0/");
  expect_as_opencv(with_segment(with_exif(jpeg, exif(6)), 0xE1, other), "JPEG", "behind XMP");
  const Encoded whole = exif(6);
  for (std::size_t size = 0; size <= whole.size(); ++size) {
    expect_as_opencv(with_exif(jpeg, {whole.begin(), whole.begin() + std::ptrdiff_t(size)}), "JPEG",
                     "cut to " + std::to_string(size));
  }
}

// The pixels themselves, for an image that is known to lie on its side.
TEST(Pictures, OrientationSixStandsUp) {
  Image stored(1, 2);
  stored.pixels = {1, 2, 3, 4, 5, 6};
  const Image upright = pictures().turned(stored, 6);
  EXPECT_EQ(upright.height, 2);
  EXPECT_EQ(upright.width, 1);
  EXPECT_EQ(upright.pixels, stored.pixels);  // left is on top
  EXPECT_EQ(pictures().turned(stored, 8).pixels, (std::vector<std::uint8_t>{4, 5, 6, 1, 2, 3}));
  EXPECT_EQ(pictures().turned(stored, 2).pixels, (std::vector<std::uint8_t>{4, 5, 6, 1, 2, 3}));
}

std::uint32_t check_sum(const Encoded& bytes) {  // of PNG chunks
  std::uint32_t crc = 0xFFFFFFFFU;
  for (const std::byte byte : bytes) {
    crc ^= std::to_integer<std::uint32_t>(byte);
    for (int i = 0; i < 8; ++i) crc = (crc & 1U) != 0 ? crc >> 1U ^ 0xEDB88320U : crc >> 1U;
  }
  return ~crc;
}

TEST(Pictures, OrientationOfPng) {
  const Encoded png = encoded(".png", noise(16, 24));
  for (std::uint32_t orientation = 0; orientation <= 9; ++orientation) {
    const Encoded tiff = exif(orientation);
    Encoded named;
    append(named, "eXIf");
    named.insert(named.end(), tiff.begin(), tiff.end());
    Encoded chunk;
    append_number(chunk, static_cast<std::uint32_t>(tiff.size()), 4, true);
    chunk.insert(chunk.end(), named.begin(), named.end());
    append_number(chunk, check_sum(named), 4, true);
    for (const std::ptrdiff_t place : {std::ptrdiff_t{33}, std::ssize(png) - 12}) {
      Encoded bytes = png;
      bytes.insert(bytes.begin() + place, chunk.begin(), chunk.end());
      expect_as_opencv(bytes, "PNG", std::to_string(orientation));
    }
  }
}

// Uncompressed, its directory before the pixels.
Encoded tiff(std::uint32_t orientation, std::uint32_t sample_format, int height = 6,
             int width = 4) {
  const std::vector<std::array<std::uint32_t, 2>> shorts = {{256, 4},
                                                            {257, 6},
                                                            {258, 8},
                                                            {259, 1},
                                                            {262, 1},
                                                            {273, 150},
                                                            {274, orientation},
                                                            {277, 1},
                                                            {278, 6},
                                                            {279, 24},
                                                            {339, sample_format}};
  Encoded bytes;
  append(bytes, std::string_view("II*\0\x08\0\0\0", 8));
  append_number(bytes, static_cast<std::uint32_t>(shorts.size()), 2, false);
  for (auto [tag, value] : shorts) {
    if (tag == 256) value = static_cast<std::uint32_t>(width);
    if (tag == 257) value = static_cast<std::uint32_t>(height);
    append_number(bytes, tag, 2, false);
    append_number(bytes, 4, 2, false);  // 32 bits
    append_number(bytes, 1, 4, false);
    append_number(bytes, value, 4, false);
  }
  bytes.resize(150);
  for (int i = 0; i < 24; ++i) bytes.push_back(static_cast<std::byte>(10 * i));
  return bytes;
}

TEST(Pictures, OrientationOfTiff) {
  for (std::uint32_t orientation = 1; orientation <= 8; ++orientation)
    expect_as_opencv(tiff(orientation, 1), "TIFF", std::to_string(orientation));
}

TEST(Pictures, WhatOpenCvWouldReadWronglyIsRefused) {
  EXPECT_THAT(error_of([] { decode_image(tiff(1, 2)); }), HasSubstr("signed or floating-point"));
  EXPECT_THAT(error_of([] { decode_image(bytes_of("P5 1 1 15 \x0F")); }),
              HasSubstr("PNM image: its highest value is 15, expected 255 or 65535"));
  Encoded damaged = encoded(".tiff", noise(64, 64), {cv::IMWRITE_TIFF_COMPRESSION, 8});  // deflate
  for (std::size_t i = 2000; i < 2040; ++i) damaged[i] ^= std::byte{0x5A};
  EXPECT_GT(by_opencv(damaged, 3).height, 0);
  EXPECT_THAT(error_of([&] { decode_image(damaged); }),
              HasSubstr("TIFF image: cut short, damaged"));
}

TEST(Pictures, CutFilesAreRefused) {
  for (const std::string extension : {".bmp", ".webp", ".ppm", ".pgm"}) {
    const Encoded whole = encoded(extension, noise(9, 12, extension == ".pgm" ? CV_8UC1 : CV_8UC3));
    for (std::size_t size = 0; size + 1 < whole.size(); ++size) {
      EXPECT_THROW(decode_image(std::span(whole).first(size)), Error) << extension << size;
    }
  }
  const Encoded whole = tiff(1, 1);
  for (std::size_t size = 0; size < whole.size(); ++size)
    EXPECT_THROW(decode_image(std::span(whole).first(size)), Error) << size;
}

TEST(Pictures, SizesAreBoundedByTheHeader) {
  EXPECT_THAT(error_of([] { decode_image(bytes_of("P5 70000 70000 255 ")); }),
              HasSubstr("PNM image: image of 70000 x 70000 pixels"));
  EXPECT_THAT(error_of([] { decode_image(tiff(1, 1, 1 << 20, 1 << 20)); }),
              HasSubstr("TIFF image: image of 1048576 x 1048576"));
  Encoded bmp = encoded(".bmp", noise(4, 4));
  for (const std::size_t byte : {20U, 24U}) bmp[byte] = std::byte{1};
  EXPECT_THAT(error_of([&] { decode_image(bmp); }), HasSubstr("BMP image: image of 65540 x 65540"));
  EXPECT_THAT(error_of([&] { image_info(bmp); }), HasSubstr("65540 x 65540"));
}

// Whatever the bytes are: an image or an Error.
TEST(Pictures, RandomlyChangedFiles) {
  Random random(3);
  std::vector<Encoded> files = {tiff(6, 1), encoded(".tiff", noise(9, 12)),
                                with_exif(encoded(".jpg", noise(9, 12)), exif(6)),
                                four_inks(JCS_YCCK, true)};
  for (const std::string extension : {".bmp", ".webp", ".ppm"})
    files.push_back(encoded(extension, noise(9, 12)));
  for (const Encoded& file : files) {
    for (int round = 0; round < 300; ++round) {
      Encoded mutant = file;
      const std::size_t most =
          round % 2 == 0 ? std::min<std::size_t>(60, file.size()) : file.size();
      mutant[random.below(static_cast<std::uint32_t>(most))] =
          static_cast<std::byte>(random.below(256));
      try {
        const ImageInfo info = image_info(mutant);
        const Image image = decode_image(mutant);
        EXPECT_EQ(image.height, info.height);
        EXPECT_EQ(image.width, info.width);
      } catch (const Error&) {
        continue;
      }
    }
  }
}

TEST(Pictures, FormatsThatAreNotReadAreNamed) {
  using namespace std::string_view_literals;
  for (const auto& [bytes, name] : {std::pair{"GIF89a..."sv, "a GIF image"},
                                    {"\0\0\0\x1C"
                                     "ftypavif"sv,
                                     "an AVIF image"},
                                    {"\0\0\0\x18"
                                     "ftypheic"sv,
                                     "a HEIC image"},
                                    {"\0\0\0\x0CjP  \r\n"sv, "a JPEG 2000 image"},
                                    {"<!DOCTYPE html>"sv, "an HTML page"},
                                    {"version https://git-lfs.x"sv, "Git LFS"}}) {
    EXPECT_THAT(error_of([&] { decode_image(bytes_of(bytes)); }), HasSubstr(name));
    EXPECT_THAT(error_of([&] { image_info(bytes_of(bytes)); }),
                HasSubstr("expected JPEG, PNG, BMP, WebP, TIFF or PNM: convert it"));
  }
}

}  // namespace
}  // namespace qbench
