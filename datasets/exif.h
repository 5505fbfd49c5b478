// Where EXIF data say that the top of a picture is.
#pragma once

#include <cstddef>
#include <span>

namespace qbench {

// The orientation 1..8 in EXIF data: a TIFF header and its first directory. 1, upright, where it is
// missing or cannot be read. Takes what OpenCV takes, which looks at no type or count.
int exif_orientation(std::span<const std::byte> tiff);

// Whether the upright picture is as wide as the stored one is high.
inline bool swaps_sides(int orientation) { return orientation >= 5; }

}  // namespace qbench
