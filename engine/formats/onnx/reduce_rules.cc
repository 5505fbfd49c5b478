// Import rules of the operators that leave one value of height and width.

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "engine/core/error.h"
#include "engine/formats/onnx/importer.h"
#include "engine/formats/onnx/known_tensor.h"
#include "engine/formats/onnx/window.h"

namespace qbench::onnx {
namespace {

constexpr std::size_t kHeight = 2;
constexpr std::size_t kWidth = 3;

Value computed(NodeId id) { return {.node = id, .known = {}, .quant = {}, .name = {}}; }

Pool global_pool(PoolKind kind) {
  Pool op;
  op.kind = kind;
  op.global = true;
  return op;
}

Value import_global_pool(NodeImport& node) {
  const PoolKind kind = node.op() == "GlobalMaxPool" ? PoolKind::max : PoolKind::average;
  const NodeId data = node.data(0);
  expect_images(node.shape(data));
  return computed(node.add(global_pool(kind), {data}));
}

// `shape` without the axes, or with 1 in their place; the batch as it is.
std::vector<std::int64_t> reduced(const Shape& shape, const std::vector<std::size_t>& axes,
                                  bool keeps_axes) {
  std::vector<std::int64_t> dims = {0};
  for (std::size_t axis = 1; axis < shape.rank(); ++axis) {
    const bool is_reduced = std::ranges::find(axes, axis) != axes.end();
    if (!is_reduced) dims.push_back(shape[axis]);
    if (is_reduced && keeps_axes) dims.push_back(1);
  }
  return dims;
}

// The mean of `images` [N,C,H,W] over height or width, or over both: a pooling.
NodeId spatial_mean(NodeImport& node, NodeId images, bool over_height, bool over_width,
                    bool is_result) {
  Pool op = global_pool(PoolKind::average);
  if (!over_height || !over_width) {
    op.global = false;
    op.kernel = {over_height ? node.shape(images)[kHeight] : 1,
                 over_width ? node.shape(images)[kWidth] : 1};
    op.stride = op.kernel;
  }
  return is_result ? node.add(op, {images}) : node.add_named("mean", op, {images});
}

// [N,C,L], such as the mean over one of two axes leaves, is [N,C,L,1]. Where the data is such a
// mean and this one is over the other axis, the two are one mean over both.
Value import_reduce_mean(NodeImport& node) {
  constexpr std::int64_t kAxesAreInputSince = 18;
  const NodeId data = node.data(0);
  const Shape shape = node.shape(data);
  std::vector<std::size_t> axes;
  for (std::int64_t axis : node.integers("axes", 1, kAxesAreInputSince))
    axes.push_back(axis_of(axis, shape.rank()));
  std::ranges::sort(axes);
  if (std::ranges::adjacent_find(axes) != axes.end()) throw Error("an axis is given twice");
  const bool keeps_axes = node.integer("keepdims", 1) != 0;
  const bool none_means_none = node.integer("noop_with_empty_axes", 0) != 0;
  if (axes.empty() && none_means_none) return computed(node.add(Identity{}, {data}));
  if (axes.empty() || axes.front() < kHeight || shape.rank() < 3 || shape.rank() > 4) {
    throw Error(fmt::format("mean over axes [{}] of {}, supported are height and width of images",
                            fmt::join(axes, ","), to_string(shape)),
                ErrorKind::unsupported);
  }

  const std::optional<PartialMean> before = node.partial_mean(data);
  const std::vector<std::int64_t> dims = reduced(shape, axes, keeps_axes);
  const bool is_pooling = dims.size() == 4;  // what a pooling leaves
  bool over_height = axes.front() == kHeight;
  bool over_width = axes.back() == kWidth;
  NodeId images = data;
  const bool is_over_rest = shape.rank() == 3 || axes.size() == 2;
  if (before && (is_over_rest || axes.front() != before->axis)) {
    images = before->images;
    over_height = over_width = true;
  }
  if (node.shape(images).rank() == 3)
    images = node.add_named("image", Reshape{{0, shape[1], shape[2], 1}}, {images});
  const NodeId mean = spatial_mean(node, images, over_height, over_width, is_pooling);
  NodeId result = mean;
  if (dims.size() == 2) {
    result = node.add(Flatten{}, {mean});
  } else if (!is_pooling) {
    result = node.add(Reshape{dims}, {mean});
  }
  if (shape.rank() == 4 && over_height != over_width)
    node.set_partial_mean(result, {images, over_height ? kHeight : kWidth});
  return computed(result);
}

constexpr OperatorRule kRules[] = {
    {"GlobalAveragePool", import_global_pool},
    {"GlobalMaxPool", import_global_pool},
    {"ReduceMean", import_reduce_mean},
};

}  // namespace

std::span<const OperatorRule> reduce_rules() { return kRules; }

}  // namespace qbench::onnx
