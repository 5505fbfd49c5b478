// Operators that take many elements together.
#include <algorithm>

#include "engine/backends/cudnn/operators.h"

namespace qbench::cudnn {
namespace {

// Parts of a sum that threads compute on their own. By its length alone, so that an image's result
// does not depend on the batch.
std::int64_t parts_of(std::int64_t length) { return std::clamp<std::int64_t>(length / 16, 1, 64); }

// `desc`: of the result, as the data's dimensions are.
View normalize(Builder& to, NodeId id, NormalizeWork work, const View& data, const Desc& desc) {
  const Shape& shape = data.desc.shape;
  std::int64_t length = 1;
  for (std::size_t axis = 0; axis < shape.rank(); ++axis) {
    if ((work.reduced >> axis & 1U) != 0) length *= shape[axis];
  }
  work.parts = parts_of(length);
  const std::int64_t sums = length == 0 ? 0 : shape.elements() / length;
  View result = to.allocate(id, desc);
  to.add(id, work, {data, result, to.floats(std::max<std::int64_t>(sums * work.parts * 2, 1))});
  return result;
}

}  // namespace

// In f32, row-major: near the end of a network.
void lower_softmax(Builder& to, NodeId id, const Softmax& op) {
  const NodeId source = to.graph()[id].inputs[0];
  const Shape& shape = to.graph()[id].type.shape;
  View data = to.view(source);
  // A fully connected layer's result is read as it lies.
  const bool pixels = shape.rank() == 2 && data.desc.shape == Shape{shape[0], shape[1], 1, 1};
  if (!pixels) data = to.shaped(source);
  const NormalizeWork work{.kind = NormalizeKind::softmax, .reduced = 1U << op.axis};
  View result = normalize(to, id, work, data, row_major(data.desc.shape, DType::f32));
  result.desc.shape = shape;
  to.define(id, result);
}

void lower_l2_normalize(Builder& to, NodeId id, const L2Normalize& op) {
  const View data = to.shaped(to.graph()[id].inputs[0]);
  const std::uint32_t all = (1U << data.desc.shape.rank()) - 1;
  const std::uint32_t reduced = op.mode == L2Mode::channel   ? 2U
                                : op.mode == L2Mode::spatial ? all & ~3U
                                                             : all & ~1U;
  Desc desc = to.result_desc(id);
  const bool padded = desc.layout == Layout::channels_last && desc.channels != desc.shape[1];
  if (padded) desc = row_major(desc.shape, desc.dtype);
  const NormalizeWork work{.kind = NormalizeKind::l2, .reduced = reduced, .epsilon = op.epsilon};
  to.define(id, normalize(to, id, work, data, desc));
}

void lower_lrn(Builder& to, NodeId id, const Lrn& op) {
  const View data = to.shaped(to.graph()[id].inputs[0]);
  const View result = to.allocate(id, to.result_desc(id));
  to.add(id, LrnWork{.size = op.size, .alpha = op.alpha, .beta = op.beta, .bias = op.bias},
         {data, result});
  to.define(id, result);
}

}  // namespace qbench::cudnn
