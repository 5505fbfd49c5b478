// Packs images into RecordIO as MXNet's im2rec does.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "datasets/dataset.h"

namespace qbench {

struct PackOptions {
  int quality = 95;                                 // of the JPEG files written, 1..100
  int resize_short = 0;                             // shorter side in pixels; 0: size kept
  bool pack_label = true;                           // whole label vectors; else their first value
  bool pass_through = false;                        // keep the image files' bytes, decode nothing;
                                                    // orientation tags stay, others turn the pixels
  std::optional<std::uint64_t> shuffle_seed = 100;  // nothing: in the order of the data set
};

struct Packed {
  std::int64_t records = 0;
  std::vector<std::string> notices;  // what a user should know of the images, as Loader::notices()
};

// Writes PREFIX.rec, PREFIX.idx and PREFIX.lst (the list names what was packed, in record order).
// Throws Error naming the image that cannot be packed; then no file
// is left behind.
Packed pack(const Dataset& images, const std::string& prefix, const PackOptions& options);

}  // namespace qbench
