// What OpenCV is used for: pictures that are neither plain JPEG nor PNG, and turning them. A module
// of its own, since OpenCV costs every process that loads it 57 MB of memory and 0.1 s, which would
// be measured as the models'.
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "datasets/image.h"

namespace qbench {

struct Pictures {
  // A BMP, WebP, TIFF, PNM or CMYK JPEG file as cv::imdecode gives it, turned by its orientation
  // tag; 3 channels or 1. The caller has checked the size in its header. Throws Error when it is
  // damaged or of a kind that OpenCV does not read.
  Image (*decode)(std::span<const std::byte> encoded, int channels);

  // Upright, from the pixels as they are stored; orientation 1..8 as in EXIF.
  Image (*turned)(const Image& image, int orientation);
};

// Loads the module at the first call: lib/qbench/libqbench_pictures.so in the folder of the program
// or one above it. Throws Error (environment) saying why when it cannot be loaded.
const Pictures& pictures();

// The file that pictures() would load; empty when there is none.
std::string pictures_module();

}  // namespace qbench

// The symbol by which the module is entered.
extern "C" const qbench::Pictures* qbench_pictures_module();
