// Pooling and padding: the result lies as the data does.
#include <utility>
#include <vector>

#include "engine/backends/cudnn/operators.h"

namespace qbench::cudnn {
namespace {

// Elements from which on a window is too much for one thread.
constexpr std::int64_t kLargeWindow = 64;

Desc like(const Desc& data, const Shape& shape) {
  Desc desc = data;
  desc.shape = shape;
  return desc;
}

}  // namespace

void lower_pool(Builder& to, NodeId id, const Pool& op) {
  const Node& node = to.graph()[id];
  const TensorType& in = to.graph()[node.inputs[0]].type;
  const View data = to.natural_view(node.inputs[0]);
  View result = to.allocate(id, like(data.desc, node.type.shape));
  PoolWork work{.kind = op.kind,
                .kernel = op.kernel,
                .stride = op.stride,
                .padding = op.padding,
                .count_include_pad = op.count_include_pad,
                .ratio = scale_ratio(in, node.type)};
  if (op.global) {
    work.kernel = {in.shape[2], in.shape[3]};
    work.stride = {};
    work.padding = {};
  }
  std::vector<View> operands{data, result};
  if (work.kernel.h * work.kernel.w >= kLargeWindow) {
    Shape between = result.desc.shape;
    between[2] = in.shape[2];
    operands.push_back(to.floats(elements_of(like(data.desc, between))));
  }
  to.add(id, work, std::move(operands));
  result.scales = data.scales;
  to.define(id, result);
}

void lower_pad(Builder& to, NodeId id, const Pad& op) {
  const Node& node = to.graph()[id];
  const View data = to.natural_view(node.inputs[0]);
  View result = to.allocate(id, like(data.desc, node.type.shape));
  const PadWork work{.top = op.padding.top,
                     .left = op.padding.left,
                     .value = op.value / unit_of(node.type),
                     .ratio = scale_ratio(to.graph()[node.inputs[0]].type, node.type)};
  to.add(id, work, {data, result, to.scales_of(data)});
  result.scales = data.scales;
  to.define(id, result);
}

}  // namespace qbench::cudnn
