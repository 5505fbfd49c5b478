// Convolution: f32, f16 and INT8, with bias, residual sum and activation in the same step.
#include <algorithm>

#include "engine/backends/cudnn/operators.h"
#include "engine/backends/cudnn/pack.h"

namespace qbench::cudnn {
namespace {

std::int64_t rounded_up(std::int64_t value, std::int64_t block) {
  return (value + block - 1) / block * block;
}

std::int64_t macs_of(const Graph& graph, NodeId id) {
  const Node& node = graph[id];
  return node.type.shape.elements() * graph[node.inputs[1]].type.shape.elements(1);
}

std::int64_t outputs_along(std::int64_t in, std::int64_t padding, std::int64_t kernel,
                           std::int64_t dilation, std::int64_t stride) {
  return (in + 2 * padding - ((kernel - 1) * dilation + 1)) / stride + 1;
}

// Whether the padding before serves after as well: what it adds there no window reaches.
bool may_be_symmetric(const ConvolutionGeometry& g) {
  return outputs_along(g.in.h, g.padding.h, g.kernel.h, g.dilation.h, g.stride.h) == g.out.h &&
         outputs_along(g.in.w, g.padding.w, g.kernel.w, g.dilation.w, g.stride.w) == g.out.w;
}

class Lowering {
 public:
  Lowering(Builder& to, NodeId id, const Convolution& op)
      : to_(to),
        id_(id),
        op_(op),
        node_(to.graph()[id]),
        in_(to.graph()[node_.inputs[0]].type),
        weight_(to.graph().value(node_.inputs[1])) {}

  void run() {
    data_ = to_.natural_view(node_.inputs[0]);
    channels_last_ = data_.desc.layout == Layout::channels_last;
    depthwise_ = op_.groups > 1 && op_.groups == in_.shape[1] && op_.groups == node_.type.shape[1];
    choose_result();
    fill_geometry();
    const bool own_loop = depthwise_ && channels_last_;
    if (!own_loop && !may_be_symmetric(geometry_)) pad();

    const NodeId bias = op_.has_bias ? node_.inputs[2] : -1;
    const Ending ending = ending_of(to_, id_, bias, data_, geometry_.out_channels);
    const View result = to_.allocate(id_, result_);
    ConvolutionWork work{.geometry = geometry_,
                         .arithmetic = arithmetic_of(to_.float_math(), in_),
                         .activation = op_.activation,
                         .unit = unit_of(node_.type)};
    if (op_.has_residual)
      work.residual_ratio = scale_ratio(to_.graph()[node_.inputs.back()].type, node_.type);
    to_.add(id_, work,
            {data_, weights(), result, ending.multiplier, ending.bias, residual(), ending.scales,
             ending.bias_f16},
            macs_of(to_.graph(), id_));
    to_.define(id_, result);
  }

 private:
  void choose_result() {
    result_ = to_.natural(id_);
    if (in_.quant && !node_.type.quant && to_.is_read_in_f32(id_)) result_.dtype = DType::f32;
    result_.layout = data_.desc.layout;
    if (!channels_last_) return;
    const std::int64_t block =
        std::max(channel_block(data_.desc.dtype), channel_block(result_.dtype));
    result_.channels = depthwise_ ? data_.desc.channels : rounded_up(result_.shape[1], block);
  }

  void fill_geometry() {
    const Shape& out = node_.type.shape;
    const bool padded = channels_last_ && (op_.groups == 1 || depthwise_);
    geometry_ = {.images = in_.shape[0],
                 .in_channels = padded ? data_.desc.channels : in_.shape[1],
                 .out_channels = padded ? result_.channels : out[1],
                 .groups = op_.groups,
                 .in = {in_.shape[2], in_.shape[3]},
                 .out = {out[2], out[3]},
                 .kernel = {weight_.shape()[2], weight_.shape()[3]},
                 .stride = op_.stride,
                 .dilation = op_.dilation,
                 .padding = {op_.padding.top, op_.padding.left}};
    if (depthwise_ && channels_last_) geometry_.groups = geometry_.in_channels;
  }

  // cuDNN pads opposite sides alike.
  void pad() {
    const Padding2d& p = op_.padding;
    geometry_.in.h += p.top + p.bottom;
    geometry_.in.w += p.left + p.right;
    geometry_.padding = {0, 0};
    Desc desc = data_.desc;
    desc.shape[2] = geometry_.in.h;
    desc.shape[3] = geometry_.in.w;
    View wider = to_.temporary(desc);
    wider.scales = data_.scales;
    to_.add(id_, PadWork{.top = p.top, .left = p.left}, {data_, wider});
    data_ = wider;
  }

  View weights() {
    const DType dtype = data_.desc.dtype;
    const PackedShape shape{.outputs = geometry_.out_channels,
                            .inputs = geometry_.in_channels / geometry_.groups,
                            .dtype = dtype};
    Tensor packed = !channels_last_ ? pack_row_major(weight_, dtype)
                    : depthwise_    ? pack_depthwise(weight_, shape)
                                    : pack_channels_last(weight_, shape);
    const Desc desc = row_major(packed.shape(), dtype);
    return to_.constant(desc, std::move(packed));
  }

  // Exactly as the result lies.
  View residual() {
    if (!op_.has_residual) return {};
    const NodeId id = node_.inputs.back();
    return to_.exactly_in_desc(id, to_.shaped(id), result_);
  }

  Builder& to_;
  NodeId id_;
  const Convolution& op_;
  const Node& node_;
  const TensorType& in_;
  const Tensor& weight_;
  View data_;
  Desc result_;
  bool channels_last_ = false;
  bool depthwise_ = false;
  ConvolutionGeometry geometry_;
};

}  // namespace

void lower_convolution(Builder& to, NodeId id, const Convolution& op) {
  Lowering(to, id, op).run();
}

}  // namespace qbench::cudnn
