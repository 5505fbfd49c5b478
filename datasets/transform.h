// From an encoded image to the numbers a network reads, in the order and with the rounding of
// MXNet's ImageRecordIter.
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string_view>

#include "datasets/image.h"

namespace qbench {

enum class Fit {
  center_crop,  // the middle of the image; an image that is too small is enlarged first
  stretch,      // the whole image, its ratio not kept (detection)
};

struct Preprocess {
  int channels = 3;  // 3: R, G, B; 1: grey, with the first mean and std
  int height = 224;
  int width = 224;
  std::array<float, 3> rgb_mean{0, 0, 0};  // in units of a pixel, 0..255
  std::array<float, 3> rgb_std{1, 1, 1};
  int resize_short = 0;  // the shorter side before cropping, in pixels; 0: as stored
  Fit fit = Fit::center_crop;

  bool operator==(const Preprocess&) const = default;

  std::size_t elements() const;  // of one image, channels * height * width
};

// Throws Error when there are other channels than 1 or 3, a size is not positive or too large, a
// mean not finite, or a std zero.
void check(const Preprocess& preprocess);

// Decodes, resizes and crops: [height, width, channels] 8-bit pixels. Throws Error when
// undecodable.
Image crop_pixels(std::span<const std::byte> encoded, const Preprocess& preprocess);

// The same pixels as one plane for each channel of (pixel - mean) * (1 / std) into `out`,
// [channels, height, width].
// `doubt` as decode_image() gives it.
void preprocess_image(std::span<const std::byte> encoded, const Preprocess& preprocess,
                      std::span<float> out, std::string_view* doubt = nullptr);

}  // namespace qbench
