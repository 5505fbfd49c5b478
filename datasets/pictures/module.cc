#include <fmt/format.h>
#include <tiffio.h>

#include <array>
#include <cstdarg>
#include <cstdio>
#include <iostream>
#include <mutex>
#include <opencv2/core.hpp>
#include <opencv2/core/utils/logger.hpp>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>
#include <string>
#include <vector>

#include "datasets/pictures/pictures.h"
#include "engine/core/error.h"

namespace qbench {
namespace {

// What libtiff found wrong in this thread's picture: OpenCV goes on with pixels that are made up.
thread_local std::string tiff_error;

void on_tiff_error(const char*, const char* format, std::va_list arguments) {
  char message[300];
  std::vsnprintf(message, sizeof message, format, arguments);
  if (tiff_error.empty()) tiff_error = message;
}

// OpenCV tells std::cerr of every picture that it cannot decode; the Error tells it better.
class QuietErrors {
 public:
  QuietErrors() {
    const std::lock_guard lock(mutex);
    if (count++ == 0) before = std::cerr.rdbuf(nullptr);
  }
  QuietErrors(const QuietErrors&) = delete;
  QuietErrors& operator=(const QuietErrors&) = delete;
  ~QuietErrors() {
    const std::lock_guard lock(mutex);
    if (--count == 0) std::cerr.rdbuf(before);
  }

 private:
  static inline std::mutex mutex;
  static inline int count = 0;
  static inline std::streambuf* before = nullptr;
};

int type_of(int channels) { return channels == 1 ? CV_8UC1 : CV_8UC3; }

cv::Mat matrix_on(Image& image) {
  return {image.height, image.width, type_of(image.channels), image.pixels.data()};
}

cv::Mat imdecode_quietly(std::span<const std::byte> encoded, int flags) {
  const QuietErrors quiet;
  const cv::Mat bytes(1, static_cast<int>(encoded.size()), CV_8UC1,
                      const_cast<std::byte*>(encoded.data()));
  return cv::imdecode(bytes, flags);
}

Image decode(std::span<const std::byte> encoded, int channels) {
  tiff_error.clear();
  cv::Mat decoded;
  std::string reason;
  try {
    decoded = imdecode_quietly(encoded, channels == 1 ? cv::IMREAD_GRAYSCALE : cv::IMREAD_COLOR);
  } catch (const cv::Exception& error) {
    reason = error.err;
  }
  if (!tiff_error.empty()) reason = tiff_error;
  if (decoded.empty() || !reason.empty()) {
    throw Error(fmt::format("cut short, damaged, or of a kind that OpenCV {} does not read{}{}",
                            CV_VERSION, reason.empty() ? "" : ": ", reason));
  }
  Image image(decoded.rows, decoded.cols, channels);
  cv::Mat pixels = matrix_on(image);
  if (channels == 1) {
    decoded.copyTo(pixels);
  } else {
    cv::cvtColor(decoded, pixels, cv::COLOR_BGR2RGB);
  }
  return image;
}

Image turned(const Image& image, int orientation) {
  // cv::flip: 0 turns upside down, 1 mirrors left and right, -1 does both.
  constexpr int kNone = 2;
  constexpr std::array<int, 9> kFlips = {kNone, kNone, 1, -1, 0, kNone, 1, -1, 0};
  const bool swapped = orientation >= 5;
  Image result(swapped ? image.width : image.height, swapped ? image.height : image.width,
               image.channels);
  const cv::Mat stored(image.height, image.width, type_of(image.channels),
                       const_cast<std::uint8_t*>(image.pixels.data()));
  cv::Mat upright = matrix_on(result);
  if (swapped) {
    cv::transpose(stored, upright);
  } else {
    stored.copyTo(upright);
  }
  const int flip = kFlips.at(static_cast<std::size_t>(orientation));
  if (flip != kNone) cv::flip(upright, upright, flip);
  return result;
}

Pictures prepared() {
  cv::setNumThreads(1);  // the loader has threads of its own
  cv::utils::logging::setLogLevel(cv::utils::logging::LOG_LEVEL_SILENT);
  // OpenCV sets a handler of its own once, when it meets the first TIFF: let that be this header.
  constexpr std::array<unsigned char, 8> kHeader = {'I', 'I', '*', 0, 8, 0, 0, 0};
  imdecode_quietly(std::as_bytes(std::span(kHeader)), cv::IMREAD_COLOR);
  TIFFSetErrorHandler(on_tiff_error);
  TIFFSetWarningHandler(nullptr);
  return {decode, turned};
}

}  // namespace
}  // namespace qbench

const qbench::Pictures* qbench_pictures_module() {
  static const qbench::Pictures pictures = qbench::prepared();
  return &pictures;
}
