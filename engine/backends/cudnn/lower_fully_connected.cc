// Fully connected layers are 1 x 1 convolutions of one pixel: whatever lies in memory for an image,
// in its order and with its padding, counts as the pixel's channels.
#include <algorithm>

#include "engine/backends/cudnn/operators.h"
#include "engine/backends/cudnn/pack.h"

namespace qbench::cudnn {
namespace {

Shape one_pixel(std::int64_t images, std::int64_t channels) { return {images, channels, 1, 1}; }

// An image's value, however it lies, as rank 4 in the element type and layout of the arithmetic.
View usable_data(Builder& to, NodeId source, DType dtype) {
  View lies = to.view(source);
  const Shape& shape = lies.desc.shape;
  const bool last = to.is_channels_last(dtype);
  if (shape.rank() != 4)
    lies.desc = row_major(one_pixel(shape[0], shape.elements(1)), lies.desc.dtype);
  const Desc wanted =
      last ? channels_last(lies.desc.shape, dtype) : row_major(lies.desc.shape, dtype);
  if (lies.desc.dtype == dtype && lies.desc.layout == Layout::row_major) {
    const std::int64_t features = lies.desc.shape.elements(1);
    const bool fills_blocks = features % channel_block(dtype) == 0;
    if (!last || fills_blocks) {
      lies.desc = row_major(one_pixel(shape[0], features), dtype);
      if (last) lies.desc = channels_last(lies.desc.shape, dtype);
      return lies;
    }
  }
  return to.in_desc(source, lies, wanted);
}

// [O, C * H * W] with the columns in the order in which the data lies: [H, W, C padded].
Tensor packed_weights(const Tensor& weights, const Desc& data, const PackedShape& shape) {
  const Shape& image = data.shape;
  Tensor kernels(weights.dtype(), {weights.shape()[0], image[1], image[2], image[3]});
  std::ranges::copy(weights.bytes(), kernels.bytes().begin());
  return pack_channels_last(kernels, shape);
}

// One pixel in the data's layout, padded for both element types.
Desc result_desc(const Builder& to, NodeId id, const Desc& data) {
  const TensorType& type = to.graph()[id].type;
  const bool in_f32 = data.dtype == DType::s8 && to.is_read_in_f32(id);
  const DType dtype = type.quant ? DType::s8 : in_f32 ? DType::f32 : to.real_dtype();
  const Shape shape = one_pixel(data.shape[0], type.shape[1]);
  if (data.layout == Layout::row_major) return row_major(shape, dtype);
  const bool wider = channel_block(dtype) > channel_block(data.dtype);
  Desc desc = channels_last(shape, wider ? dtype : data.dtype);
  desc.dtype = dtype;
  return desc;
}

}  // namespace

void lower_fully_connected(Builder& to, NodeId id, const FullyConnected& op) {
  const Graph& graph = to.graph();
  const Node& node = graph[id];
  const TensorType& in = graph[node.inputs[0]].type;
  const DType dtype = in.quant ? DType::s8 : to.real_dtype();
  View data = usable_data(to, node.inputs[0], dtype);
  const bool last = data.desc.layout == Layout::channels_last;

  const Desc desc = result_desc(to, id, data.desc);
  const std::int64_t images = desc.shape[0];
  const std::int64_t outputs = last ? desc.channels : desc.shape[1];

  const Tensor& weights = graph.value(node.inputs[1]);
  Tensor packed = last ? packed_weights(weights, data.desc, {outputs, data.desc.channels, dtype})
                       : pack_row_major(weights, dtype);
  const std::int64_t features = packed.shape().elements(1);
  data.desc.shape = one_pixel(images, features);
  if (last) data.desc.channels = features;
  const Desc weight_desc = last ? row_major({outputs, 1, 1, features}, dtype)
                                : row_major({outputs, features, 1, 1}, dtype);
  const View weight = to.constant(weight_desc, std::move(packed));
  const Ending ending = ending_of(to, id, op.has_bias ? node.inputs[2] : -1, data, outputs);
  const View result = to.allocate(id, desc);
  to.add(id,
         ConvolutionWork{
             .geometry = {.images = images, .in_channels = features, .out_channels = outputs},
             .arithmetic = arithmetic_of(to.float_math(), in),
             .activation = op.activation,
             .unit = unit_of(node.type)},
         {data, weight, result, ending.multiplier, ending.bias, View{}, ending.scales,
          ending.bias_f16},
         node.type.shape.elements() * in.shape.elements(1));
  to.define(id, result);
}

}  // namespace qbench::cudnn
