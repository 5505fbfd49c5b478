#include "engine/formats/onnx/window.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "engine/core/error.h"

namespace qbench::onnx {
namespace {

constexpr std::int64_t kLargest = std::int64_t{1} << 24;  // keeps the arithmetic exact

// Rows or columns that SAME adds in all.
std::int64_t same_padding(std::int64_t size, std::int64_t kernel, std::int64_t stride,
                          std::int64_t dilation) {
  const std::int64_t results = (size + stride - 1) / stride;
  return std::max<std::int64_t>((results - 1) * stride + (kernel - 1) * dilation + 1 - size, 0);
}

void expect_between(std::string_view key, const std::vector<std::int64_t>& values,
                    std::int64_t low) {
  for (std::int64_t value : values) {
    if (value >= low && value <= kLargest) continue;
    throw Error(fmt::format("attribute '{}' is [{}], expected {} or more", key,
                            fmt::join(values, ","), low));
  }
}

}  // namespace

void expect_images(const Shape& shape) {
  if (shape.rank() == 4) return;
  throw Error(fmt::format("data of shape {}, supported is [N,C,H,W]", to_string(shape)),
              ErrorKind::unsupported);
}

Extent2d extent_from(NodeImport& node, std::string_view key) {
  const std::vector<std::int64_t> values = node.integers(key);
  if (values.empty()) return {1, 1};
  expect_between(key, values, 1);
  if (values.size() == 2) return {values[0], values[1]};
  throw Error(fmt::format("attribute '{}' is [{}], supported are two dimensions", key,
                          fmt::join(values, ",")),
              ErrorKind::unsupported);
}

Padding2d padding_from(NodeImport& node, const Shape& data, const Extent2d& kernel,
                       const Extent2d& stride, const Extent2d& dilation) {
  const std::vector<std::int64_t> pads = node.integers("pads");
  const std::string mode = node.text("auto_pad", "NOTSET");
  if (mode == "VALID") return {};
  if (mode == "SAME_UPPER" || mode == "SAME_LOWER") {
    const std::int64_t h = same_padding(data[2], kernel.h, stride.h, dilation.h);
    const std::int64_t w = same_padding(data[3], kernel.w, stride.w, dilation.w);
    const Padding2d upper{h / 2, w / 2, h - h / 2, w - w / 2};
    if (mode == "SAME_UPPER") return upper;
    return {upper.bottom, upper.right, upper.top, upper.left};
  }
  if (mode != "NOTSET") {
    throw Error(
        fmt::format("attribute 'auto_pad' is '{}', expected NOTSET, VALID, SAME_UPPER or "
                    "SAME_LOWER",
                    mode));
  }
  if (pads.empty()) return {};
  expect_between("pads", pads, 0);
  if (pads.size() == 4) return {pads[0], pads[1], pads[2], pads[3]};
  throw Error(fmt::format("attribute 'pads' is [{}], expected 4 numbers", fmt::join(pads, ",")));
}

}  // namespace qbench::onnx
