// The image formats that image.h chooses from by a file's first bytes.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "datasets/image.h"

namespace qbench {

// What image_info() and decode_image() do, for one format.
ImageInfo jpeg_info(std::span<const std::byte> encoded);
Image decode_jpeg(std::span<const std::byte> encoded, int channels, std::string_view& doubt);

// Turned as orientation 1..8 of EXIF says; `format` is for messages.
Image upright(Image image, int orientation, std::string_view format);

ImageInfo png_info(std::span<const std::byte> encoded);
Image decode_png(std::span<const std::byte> encoded, int channels, std::string_view& doubt);

// What is neither JPEG nor PNG. Throws Error naming the format when it is none of BMP, WebP, TIFF
// and PNM.
ImageInfo picture_info(std::span<const std::byte> encoded);
Image decode_picture(std::span<const std::byte> encoded, int channels, std::string_view& doubt);

}  // namespace qbench
