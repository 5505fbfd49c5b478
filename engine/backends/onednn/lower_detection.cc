// The ends of single-shot detectors.
#include <vector>

#include "engine/backends/onednn/detection.h"
#include "engine/backends/onednn/lower.h"
#include "engine/graph/default_boxes.h"

namespace qbench::onednn {
namespace {

float* floats(std::byte* data) { return reinterpret_cast<float*>(data); }

}  // namespace

void lower_multi_box_prior(Builder& to, NodeId id, const MultiBoxPrior& op) {
  const Shape& shape = to.graph()[id].type.shape;
  std::vector<float> boxes(static_cast<std::size_t>(shape.elements()));
  write_default_boxes(op, to.graph()[to.graph()[id].inputs[0]].type.shape, boxes);
  to.define(id, to.constant(row_major(to_dims(shape), DType::f32), boxes.data()));
}

// Scores are often made by transposing: both orders are read as they lie.
void lower_multi_box_detection(Builder& to, NodeId id, const MultiBoxDetection& op) {
  const Node& node = to.graph()[id];
  View scores = to.shaped(node.inputs[0]);
  const Dims dims = dims_of(scores.desc);
  kernels::Detection detection{.op = op,
                               .images = dims[0],
                               .classes = dims[1],
                               .anchors = dims[2],
                               .by_anchor = interchangeable(scores.desc, axis_innermost(dims, 1))};
  if (!detection.by_anchor) scores = to.row_major_view(node.inputs[0]);
  const View offsets = to.row_major_view(node.inputs[1]);
  const View anchors = to.row_major_view(node.inputs[2]);
  const std::int64_t scratch_size = dims[0] * dims[2] * kernels::kDetectionScratch;
  const View scratch = to.temporary(row_major({scratch_size}, DType::f32));
  const View result = to.allocate(id, row_major(to_dims(node.type.shape), DType::f32));
  to.add(id, "own:detection",
         [detection = std::move(detection)](std::span<std::byte* const> at) {
           kernels::detect(detection, floats(at[0]), floats(at[1]), floats(at[2]), floats(at[3]),
                           floats(at[4]));
         },
         {{DNNL_ARG_SRC, scores},
          {DNNL_ARG_SRC_1, offsets},
          {DNNL_ARG_SRC_2, anchors},
          {DNNL_ARG_SCRATCHPAD, scratch},
          {DNNL_ARG_DST, result}});
  to.define(id, result);
}

}  // namespace qbench::onednn
