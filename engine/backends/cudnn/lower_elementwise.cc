// Operators on single elements. They read values of any layout and element type.
#include <cmath>
#include <vector>

#include "engine/backends/cudnn/operators.h"

namespace qbench::cudnn {
namespace {

void lower_binary(Builder& to, NodeId id, BinaryWork work) {
  const Node& node = to.graph()[id];
  work.ratio_a = scale_ratio(to.graph()[node.inputs[0]].type, node.type);
  work.ratio_b = scale_ratio(to.graph()[node.inputs[1]].type, node.type);
  work.unit = unit_of(node.type);
  const View a = to.shaped(node.inputs[0]);
  const View b = to.shaped(node.inputs[1]);
  Desc desc = to.result_desc(id);
  if (desc.layout == a.desc.layout && desc.shape == a.desc.shape)
    desc.channels = a.desc.channels;  // more padding than needed is not taken off
  const std::vector<View> inputs{a, b};
  const View result = to.overwrite_or_allocate(id, desc, inputs);
  to.add(id, work, {a, b, result});
  to.define(id, result);
}

void lower_per_channel(Builder& to, NodeId id, const View& scale, const View& shift,
                       const View& slope) {
  const View data = to.shaped(to.graph()[id].inputs[0]);
  const std::vector<View> inputs{data};
  const View result = to.overwrite_or_allocate(id, to.result_desc(id), inputs);
  to.add(id, ChannelWork{}, {data, result, scale, shift, slope});
  to.define(id, result);
}

}  // namespace

void lower_activation(Builder& to, NodeId id, const Activation& op) {
  const Node& node = to.graph()[id];
  const View data = to.shaped(node.inputs[0]);
  const std::vector<View> inputs{data};
  View result = to.overwrite_or_allocate(id, to.result_desc(id), inputs);
  result.scales = data.scales;
  const ConvertWork work{.ratio = scale_ratio(to.graph()[node.inputs[0]].type, node.type),
                         .activation = op.spec,
                         .unit = unit_of(node.type)};
  to.add(id, work, {data, result, to.scales_of(data), to.scales_of(data)});
  to.define(id, result);
}

void lower_add(Builder& to, NodeId id, const Add& op) {
  lower_binary(to, id, {.kind = BinaryKind::add, .activation = op.activation});
}

void lower_multiply(Builder& to, NodeId id) {
  lower_binary(to, id, {.kind = BinaryKind::multiply});
}

void lower_batch_norm(Builder& to, NodeId id, const BatchNorm& op) {
  const Graph& graph = to.graph();
  const Node& node = graph[id];
  const auto parameter = [&](std::size_t i) { return graph.value(node.inputs[i]).data<float>(); };
  std::vector<float> scale;
  std::vector<float> shift;
  for (std::size_t c = 0; c < parameter(1).size(); ++c) {
    const double gamma = op.fix_gamma ? 1.0 : static_cast<double>(parameter(1)[c]);
    const double factor = gamma / std::sqrt(static_cast<double>(parameter(4)[c]) + op.epsilon);
    scale.push_back(static_cast<float>(factor));
    shift.push_back(static_cast<float>(parameter(2)[c] - parameter(3)[c] * factor));
  }
  lower_per_channel(to, id, to.constant(scale), to.constant(shift), {});
}

void lower_prelu(Builder& to, NodeId id) {
  const Node& node = to.graph()[id];
  const auto values = to.graph().value(node.inputs[1]).data<float>();
  std::vector<float> slope(values.begin(), values.end());
  slope.resize(static_cast<std::size_t>(node.type.shape[1]), slope[0]);
  lower_per_channel(to, id, {}, {}, to.constant(slope));
}

}  // namespace qbench::cudnn
