// The shape of the image that a network reads: what its file says, and what the user says.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/formats/formats.h"

namespace qbench {

// [N,C,H,W] of the input that takes images. `dims` are the file's [N,C,H,W], where 0 and below mean
// open; empty: the file says nothing. N is the file's, 1 where it is open. Notes in the options'
// notices where the given shape is another than the file's, and where the file leaves it open and
// `usual_shape` is taken.
// Throws Error when a given shape has other channels than the file, and when neither says.
Shape image_input_shape(std::vector<std::int64_t> dims, const ImportOptions& options);

}  // namespace qbench
