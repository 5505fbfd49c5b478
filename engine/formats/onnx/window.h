// The attributes that convolution and pooling share.
#pragma once

#include <string_view>
#include <vector>

#include "engine/formats/onnx/importer.h"
#include "engine/graph/op.h"

namespace qbench::onnx {

// [N,C,H,W], or an error that says what was found.
void expect_images(const Shape& shape);

Extent2d extent_from(NodeImport& node, std::string_view key);  // 1 where it is missing

// From `pads`, or `auto_pad`: SAME gives ceil(size / stride) results.
Padding2d padding_from(NodeImport& node, const Shape& data, const Extent2d& kernel,
                       const Extent2d& stride, const Extent2d& dilation);

}  // namespace qbench::onnx
