// The default boxes of single-shot detectors: known as soon as the shape of a feature map is.
#pragma once

#include <span>

#include "engine/graph/op.h"

namespace qbench {

// What MultiBoxPrior delivers for features of shape [N,C,H,W]: `boxes` has as many elements.
void write_default_boxes(const MultiBoxPrior& op, const Shape& features, std::span<float> boxes);

}  // namespace qbench
