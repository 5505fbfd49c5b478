// From real values to integers and back.
#include <algorithm>
#include <vector>

#include "engine/backends/cudnn/operators.h"

namespace qbench::cudnn {
namespace {

// The scale of each image, from its values.
View measured_scales(Builder& to, NodeId id, const View& data) {
  const Shape& shape = data.desc.shape;
  const std::int64_t images = shape[0];
  const std::int64_t elements = shape.elements(1);
  RangeWork work;
  work.first = std::clamp<std::int64_t>(elements / 8, 1, 16384);
  work.second = std::clamp<std::int64_t>(work.first / 64, 1, 256);
  View scales = to.floats(images);
  const std::int64_t partial = std::max<std::int64_t>(images, 1) * (work.first + work.second);
  to.add(id, work, {data, scales, to.floats(partial)});
  return scales;
}

// A parameter: known now.
void dequantize_constant(Builder& to, NodeId id) {
  const Node& node = to.graph()[id];
  const Tensor& from = to.graph().value(node.inputs[0]);
  const QuantParams& params = *to.graph()[node.inputs[0]].type.quant;
  const auto axis = static_cast<std::size_t>(std::max(params.axis, 0));
  const auto inner = static_cast<std::size_t>(from.shape().elements(axis + 1));
  Tensor values(DType::f32, from.shape());
  for (std::size_t i = 0; i < values.elements(); ++i) {
    const float scale = params.scales[params.axis < 0 ? 0 : i / inner % params.scales.size()];
    values.data<float>()[i] = scale * static_cast<float>(from.data<std::int8_t>()[i]);
  }
  to.define(id, to.constant(row_major(from.shape(), DType::f32), std::move(values)));
}

}  // namespace

void lower_quantize(Builder& to, NodeId id) {
  const Node& node = to.graph()[id];
  const View data = to.shaped(node.inputs[0]);
  ConvertWork work;
  std::vector<View> operands{data, to.allocate(id, to.natural(id))};
  if (node.type.quant->dynamic) {
    const View scales = measured_scales(to, id, data);
    operands[1].scales = scales.buffer;
    operands.insert(operands.end(), {View{}, scales});
  } else {
    work.ratio = 1 / unit_of(node.type);
  }
  const View result = operands[1];
  to.add(id, work, std::move(operands));
  to.define(id, result);
}

void lower_dequantize(Builder& to, NodeId id) {
  const Node& node = to.graph()[id];
  if (to.graph().as_constant(node.inputs[0]) != nullptr) return dequantize_constant(to, id);
  const View data = to.shaped(node.inputs[0]);
  const View result = to.allocate(id, to.result_desc(id));
  to.add(id, ConvertWork{.ratio = unit_of(to.graph()[node.inputs[0]].type)},
         {data, result, to.scales_of(data)});
  to.define(id, result);
}

}  // namespace qbench::cudnn
