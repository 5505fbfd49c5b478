// Operators on f32 values that know of channels: normalizations, PReLU, softmax.
#include <cmath>

#include "engine/backends/onednn/kernels.h"
#include "engine/backends/onednn/lower.h"

namespace qbench::onednn {
namespace {

float* floats(std::byte* data) { return reinterpret_cast<float*>(data); }

struct ChannelData {
  View view;
  ChannelLayout layout;
};

ChannelData channel_data(Builder& to, NodeId id) {
  View lies = to.shaped(id);
  auto layout = channel_layout(lies.desc);
  if (!layout) {
    lies = to.row_major_view(id);
    layout = channel_layout(lies.desc);
  }
  return {lies, *layout};
}

// One value for each channel, zeros for channels that only fill up a block: padding stays zero.
View channel_values(Builder& to, const ChannelLayout& layout, std::vector<float> values) {
  values.resize(static_cast<std::size_t>(layout.groups * layout.block), 0.0F);
  const Desc desc = row_major({layout.groups * layout.block}, DType::f32);
  return to.constant(desc, values.data());
}

// What follows a normalization and can be done on its way out: an activation that clamps, and a
// quantization. Returns the last node of those; its value is what the step writes, and nobody reads
// the others.
NodeId absorb_readers(const Builder& to, NodeId id, const View& data, kernels::ScaleShift& work) {
  NodeId last = id;
  if (const NodeId reader = to.only_reader(last); reader >= 0) {
    const auto* op = std::get_if<Activation>(&to.graph()[reader].op);
    const bool relu = op != nullptr && op->spec.kind == ActivationKind::relu;
    const bool clip = op != nullptr && op->spec.kind == ActivationKind::clip;
    if (relu || clip) {
      work.low = relu ? 0 : op->spec.alpha;
      if (clip) work.high = op->spec.beta;
      last = reader;
    }
  }
  const Dims dims = dims_of(data.desc);
  if (!interchangeable(data.desc, channels_last(dims, DType::f32))) return last;
  if (const NodeId reader = to.only_reader(last); reader >= 0) {
    const TensorType& type = to.graph()[reader].type;
    if (std::holds_alternative<Quantize>(to.graph()[reader].op) && !type.quant->dynamic) {
      work.out = type.dtype;
      work.ratio = 1 / type.quant->scales[0];
      last = reader;
    }
  }
  return last;
}

}  // namespace

void lower_batch_norm(Builder& to, NodeId id, const BatchNorm& op) {
  const Graph& graph = to.graph();
  const std::vector<NodeId>& inputs = graph[id].inputs;
  const auto gamma = graph.value(inputs[1]).data<float>();
  const auto beta = graph.value(inputs[2]).data<float>();
  const auto mean = graph.value(inputs[3]).data<float>();
  const auto variance = graph.value(inputs[4]).data<float>();
  std::vector<float> scale(gamma.size());
  std::vector<float> shift(gamma.size());
  for (std::size_t c = 0; c < scale.size(); ++c) {
    const double g = op.fix_gamma ? 1.0 : gamma[c];
    const double s = g / std::sqrt(static_cast<double>(variance[c]) + op.epsilon);
    scale[c] = static_cast<float>(s);
    shift[c] = static_cast<float>(beta[c] - mean[c] * s);
  }
  const auto [data, layout] = channel_data(to, inputs[0]);
  kernels::ScaleShift work{.layout = layout};
  const NodeId last = absorb_readers(to, id, data, work);
  const View result = work.out == DType::f32
                          ? to.overwrite_or_allocate(id, data)
                          : to.allocate(last, channels_last(dims_of(data.desc), work.out));
  to.add(id, "own:scale_shift",
         [work](std::span<std::byte* const> at) {
           kernels::scale_and_shift(work, floats(at[0]), floats(at[1]), floats(at[2]), at[3]);
         },
         {{DNNL_ARG_SRC, data},
          {DNNL_ARG_WEIGHTS_1, channel_values(to, layout, std::move(scale))},
          {DNNL_ARG_BIAS, channel_values(to, layout, std::move(shift))},
          {DNNL_ARG_DST, result}});
  for (NodeId done = id; done != last; done = to.only_reader(done)) to.define(done, result);
  to.define(last, result);
}

void lower_prelu(Builder& to, NodeId id) {
  const Node& node = to.graph()[id];
  const auto given = to.graph().value(node.inputs[1]).data<float>();
  const auto channels = static_cast<std::size_t>(node.type.shape[1]);
  std::vector<float> slope(given.begin(), given.end());
  if (slope.size() == 1) slope.resize(channels, slope[0]);
  const auto [data, layout] = channel_data(to, node.inputs[0]);
  const View result = to.overwrite_or_allocate(id, data);
  to.add(id, "own:prelu",
         [layout = layout](std::span<std::byte* const> at) {
           kernels::prelu(layout, floats(at[0]), floats(at[1]), floats(at[2]));
         },
         {{DNNL_ARG_SRC, data},
          {DNNL_ARG_WEIGHTS, channel_values(to, layout, std::move(slope))},
          {DNNL_ARG_DST, result}});
  to.define(id, result);
}

void lower_l2_normalize(Builder& to, NodeId id, const L2Normalize& op) {
  const auto [data, layout] = channel_data(to, to.graph()[id].inputs[0]);
  const View result = to.overwrite_or_allocate(id, data);
  to.add(id, "own:l2_normalize",
         [layout = layout, op](std::span<std::byte* const> at) {
           kernels::l2_normalize(layout, op.mode, op.epsilon, floats(at[0]), floats(at[1]));
         },
         {{DNNL_ARG_SRC, data}, {DNNL_ARG_DST, result}});
  to.define(id, result);
}

// The library's fast softmax wants the axis innermost in memory.
void lower_softmax(Builder& to, NodeId id, const Softmax& op) {
  const NodeId source = to.graph()[id].inputs[0];
  const Desc desc = axis_innermost(to_dims(to.graph()[id].type.shape), op.axis);
  const View data = to.in_layout(source, to.shaped(source), desc);
  const View result = to.overwrite_or_allocate(id, data);
  const Kernel kernel = make_softmax(to.engine(), data.desc, static_cast<int>(op.axis));
  to.add(id, kernel, {{DNNL_ARG_SRC, data}, {DNNL_ARG_DST, result}});
  to.define(id, result);
}

void lower_lrn(Builder& to, NodeId id, const Lrn& op) {
  const NodeId source = to.graph()[id].inputs[0];
  View data = to.shaped(source);
  Kernel kernel = make_lrn(to.engine(), data.desc, op);
  for (const Desc& desc :
       {channels_last(dims_of(data.desc), DType::f32), blocked(dims_of(data.desc), DType::f32)}) {
    if (!kernel.is_reference()) break;
    Kernel other = make_lrn(to.engine(), desc, op);
    if (other.is_reference()) continue;
    kernel = std::move(other);
    data = to.in_layout(source, data, desc);
  }
  const View result = to.allocate(id, data.desc);
  to.add(id, kernel, {{DNNL_ARG_SRC, data}, {DNNL_ARG_DST, result}});
  to.define(id, result);
}

}  // namespace qbench::onednn
