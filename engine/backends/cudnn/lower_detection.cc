// The ends of a single-shot detector, in f32 whatever the rest is computed in.
#include <algorithm>

#include "engine/backends/cudnn/kernels/detection.h"
#include "engine/backends/cudnn/operators.h"
#include "engine/graph/default_boxes.h"

namespace qbench::cudnn {

void lower_multi_box_prior(Builder& to, NodeId id, const MultiBoxPrior& op) {
  const Shape& shape = to.graph()[id].type.shape;
  Tensor boxes(DType::f32, shape);
  write_default_boxes(op, to.graph()[to.graph()[id].inputs[0]].type.shape, boxes.data<float>());
  to.define(id, to.constant(row_major(shape, DType::f32), std::move(boxes)));
}

void lower_multi_box_detection(Builder& to, NodeId id, const MultiBoxDetection& op) {
  const Node& node = to.graph()[id];
  const Shape& scores = to.graph()[node.inputs[0]].type.shape;
  DetectionWork work{.images = scores[0],
                     .classes = scores[1],
                     .anchors = scores[2],
                     .clip = op.clip,
                     .force_suppress = op.force_suppress,
                     .threshold = op.threshold,
                     .nms_threshold = op.nms_threshold,
                     .top_k = op.top_k};
  std::copy_n(op.variances.begin(), work.variances.size(), work.variances.begin());
  const auto operand = [&](std::size_t i) { return to.row_major_view(node.inputs[i], DType::f32); };
  const View result = to.allocate(id, row_major(node.type.shape, DType::f32));
  const View workspace = to.floats(kernels::DetectionSizes(work).words());
  to.add(id, work, {operand(0), operand(1), operand(2), result, workspace});
  to.define(id, result);
}

}  // namespace qbench::cudnn
