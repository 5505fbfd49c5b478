// The two image formats that image.h chooses from by a file's first bytes.
#pragma once

#include <cstddef>
#include <span>

#include "datasets/image.h"

namespace qbench {

ImageInfo jpeg_info(std::span<const std::byte> encoded);
Image decode_jpeg(std::span<const std::byte> encoded, int channels);

ImageInfo png_info(std::span<const std::byte> encoded);
Image decode_png(std::span<const std::byte> encoded, int channels);

}  // namespace qbench
