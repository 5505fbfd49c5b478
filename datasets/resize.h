// Bilinear resizing, equal bit for bit to OpenCV's INTER_LINEAR on 8-bit images, which is what
// MXNet's image iterators and im2rec use.
#pragma once

#include "datasets/image.h"

namespace qbench {

// Throws Error when the result would have no pixels, or more than kMaxPixels.
Image resize(const Image& image, int height, int width);

// The shorter side becomes `length`, the other keeps the ratio (integer division, rounding down).
Image resize_short_side(const Image& image, int length);

}  // namespace qbench
