#include "datasets/image.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "datasets/image_codecs.h"
#include "engine/core/error.h"

namespace qbench {
namespace {

struct Codec {
  std::array<unsigned char, 4> signature;
  std::size_t signature_size;
  ImageInfo (*info)(std::span<const std::byte> encoded);
  Image (*decode)(std::span<const std::byte> encoded, int channels, std::string_view& doubt);
};

// What no signature fits is a picture of another kind.
constexpr std::array kCodecs = {
    Codec{{0xFF, 0xD8, 0xFF}, 3, jpeg_info, decode_jpeg},
    Codec{{0x89, 'P', 'N', 'G'}, 4, png_info, decode_png},
    Codec{{}, 0, picture_info, decode_picture},
};

const Codec& codec_of(std::span<const std::byte> encoded) {
  return *std::ranges::find_if(kCodecs, [&](const Codec& codec) {
    const auto signature = std::as_bytes(std::span(codec.signature)).first(codec.signature_size);
    return encoded.size() >= signature.size() &&
           std::ranges::equal(encoded.first(signature.size()), signature);
  });
}

}  // namespace

void check_image_size(std::int64_t height, std::int64_t width) {
  if (height < 1 || width < 1 || width > kMaxPixels / height) {
    throw Error(
        fmt::format("image of {} x {} pixels, expected 1 to {} pixels", width, height, kMaxPixels));
  }
}

ImageInfo image_info(std::span<const std::byte> encoded) {
  const ImageInfo info = codec_of(encoded).info(encoded);
  check_image_size(info.height, info.width);
  return info;
}

Image decode_image(std::span<const std::byte> encoded, int channels, std::string_view* doubt) {
  if (channels != 1 && channels != 3)
    throw Error(fmt::format("images of {} channels, expected 1 or 3", channels));
  std::string_view found;
  Image image = codec_of(encoded).decode(encoded, channels, found);
  if (doubt != nullptr) *doubt = found;
  return image;
}

}  // namespace qbench
