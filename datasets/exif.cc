#include "datasets/exif.h"

#include <cstdint>
#include <optional>

#include "datasets/tiff_directory.h"

namespace qbench {
namespace {

constexpr std::uint16_t kOrientation = 0x112;

}  // namespace

int exif_orientation(std::span<const std::byte> tiff) {
  const std::optional<TiffDirectory> directory = TiffDirectory::first_of(tiff);
  if (!directory) return 1;
  const std::optional<std::uint32_t> value = directory->short_inside(kOrientation);
  return value && *value >= 1 && *value <= 8 ? static_cast<int>(*value) : 1;
}

}  // namespace qbench
