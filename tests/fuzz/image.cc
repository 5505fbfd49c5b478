#include "datasets/image.h"

#include "tests/fuzz/fuzz.h"

namespace qbench::fuzz {
namespace {

constexpr std::int64_t kMostPixels = 1 << 20;  // larger ones take the same ways, for longer

}  // namespace

void image(Bytes input) {
  const auto encoded = std::as_bytes(input);
  ImageInfo info;
  if (!accepts([&] { info = image_info(encoded); })) return;
  if (std::int64_t{info.height} * info.width > kMostPixels) return;
  Image image;
  if (!accepts([&] { image = decode_image(encoded); })) return;
  require(image.height == info.height && image.width == info.width,
          "the header's size is the image's");
  require(decode_image(encode_png(image)) == image, "what is encoded decodes back");
}

}  // namespace qbench::fuzz
