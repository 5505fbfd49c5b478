#include "engine/passes/channel_affine.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace qbench {
namespace {

using Doubles = std::vector<double>;

// Convolution or FullyConnected, seen alike.
struct Layer {
  Op op;
  std::vector<NodeId> inputs;
  bool ends_linear = false;  // nothing after the bias
  bool is_padded = false;
  std::int64_t groups = 1;
  const Tensor* weight = nullptr;  // [O, I / groups, ...]; for FullyConnected [O, I, ...]
  const Tensor* bias = nullptr;

  std::int64_t outputs() const { return weight->shape()[0]; }
};

std::optional<Layer> layer_at(const Edit& edit, NodeId id) {
  Layer layer;
  bool has_bias = false;
  if (const auto* conv = edit.as<Convolution>(id)) {
    layer.op = *conv;
    layer.ends_linear = conv->activation.kind == ActivationKind::none && !conv->has_residual;
    layer.is_padded = conv->padding != Padding2d{};
    layer.groups = conv->groups;
    has_bias = conv->has_bias;
  } else if (const auto* fc = edit.as<FullyConnected>(id)) {
    layer.op = *fc;
    layer.ends_linear = fc->activation.kind == ActivationKind::none;
    has_bias = fc->has_bias;
  } else {
    return std::nullopt;
  }
  layer.inputs = edit[id].inputs;
  layer.weight = edit.constant(layer.inputs[1]);
  if (has_bias) layer.bias = edit.constant(layer.inputs[2]);
  if (layer.weight == nullptr || (has_bias && layer.bias == nullptr)) return std::nullopt;
  return layer;
}

// New weights and bias of a layer, in double until they are known to be good.
struct Parameters {
  Doubles weight;
  Doubles bias;
};

Parameters parameters_of(const Layer& layer) {
  const auto weight = layer.weight->data<float>();
  Parameters parameters{.weight = Doubles(weight.begin(), weight.end()),
                        .bias = Doubles(static_cast<std::size_t>(layer.outputs()), 0.0)};
  if (layer.bias != nullptr) std::ranges::copy(layer.bias->data<float>(), parameters.bias.begin());
  return parameters;
}

// Values too large for f32 would change the function, though the affine alone might not.
bool are_finite(const Doubles& values) {
  return std::ranges::all_of(values, [](double v) { return std::isfinite(static_cast<float>(v)); });
}

Tensor to_tensor(const Shape& shape, const Doubles& values) {
  Tensor tensor(DType::f32, shape);
  std::ranges::transform(values, tensor.data<float>().begin(),
                         [](double v) { return static_cast<float>(v); });
  return tensor;
}

// Gives the layer its new parameters. A bias that is still all zero is not added.
void set_parameters(Edit& edit, NodeId id, Layer& layer, const Parameters& parameters) {
  Tensor weight = to_tensor(layer.weight->shape(), parameters.weight);
  Tensor bias = to_tensor({layer.outputs()}, parameters.bias);
  if (!identical(weight, *layer.weight)) {
    layer.inputs[1] = edit.changed_constant(layer.inputs[1], std::move(weight));
  }
  if (layer.bias != nullptr) {
    layer.inputs[2] = edit.changed_constant(layer.inputs[2], std::move(bias));
    return;
  }
  if (std::ranges::all_of(parameters.bias, [](double b) { return b == 0; })) return;
  const NodeId bias_id = edit.add_constant(edit[id].name + "_bias", std::move(bias));
  layer.inputs.insert(layer.inputs.begin() + 2, bias_id);
  if (auto* conv = std::get_if<Convolution>(&layer.op)) conv->has_bias = true;
  if (auto* fc = std::get_if<FullyConnected>(&layer.op)) fc->has_bias = true;
}

// affine(layer(x)): scales output channels.
bool fold_into_producer(Edit& edit, NodeId id, const ChannelAffine& affine) {
  const NodeId producer = affine.data;
  std::optional<Layer> layer = layer_at(edit, producer);
  if (!layer || !layer->ends_linear || !edit.has_one_reader(producer)) return false;
  Parameters parameters = parameters_of(*layer);
  const std::size_t inner = parameters.weight.size() / parameters.bias.size();
  for (std::size_t o = 0; o < parameters.bias.size(); ++o) {
    for (std::size_t i = 0; i < inner; ++i) parameters.weight[o * inner + i] *= affine.scale[o];
    parameters.bias[o] = parameters.bias[o] * affine.scale[o] + affine.shift[o];
  }
  if (!are_finite(parameters.weight) || !are_finite(parameters.bias)) return false;
  set_parameters(edit, producer, *layer, parameters);
  edit.fuse(producer, id, std::move(layer->op), std::move(layer->inputs));
  return true;
}

// layer(affine(x)): scales input channels. A shift is not exact where zeros are padded, because
// these are not shifted.
bool fold_into_consumer(Edit& edit, NodeId consumer, const ChannelAffine& affine) {
  std::optional<Layer> layer = layer_at(edit, consumer);
  if (!layer) return false;
  const bool shifts = std::ranges::any_of(affine.shift, [](double s) { return s != 0; });
  if (shifts && layer->is_padded) return false;

  Parameters parameters = parameters_of(*layer);
  const std::size_t outputs = parameters.bias.size();
  const std::size_t groups = static_cast<std::size_t>(layer->groups);
  const std::size_t channels = affine.scale.size() / groups;  // read by one output
  const std::size_t inner = parameters.weight.size() / outputs / channels;
  auto weight = parameters.weight.begin();
  for (std::size_t o = 0; o < outputs; ++o) {
    const std::size_t first = o / (outputs / groups) * channels;
    for (std::size_t c = first; c < first + channels; ++c) {
      for (std::size_t i = 0; i < inner; ++i, ++weight) {
        parameters.bias[o] += *weight * affine.shift[c];
        *weight *= affine.scale[c];
      }
    }
  }
  if (!are_finite(parameters.weight) || !are_finite(parameters.bias)) return false;
  set_parameters(edit, consumer, *layer, parameters);
  layer->inputs[0] = affine.data;
  edit.replace(consumer, std::move(layer->op), std::move(layer->inputs));
  return true;
}

}  // namespace

std::optional<Graph> fold_channel_affine(const Graph& graph, FindAffine find) {
  Edit edit(graph);
  for (NodeId id = 0; id < graph.size(); ++id) {
    if (const auto affine = find(edit, id)) {
      fold_into_producer(edit, id, *affine);
    } else if (!edit[id].inputs.empty() && edit.has_one_reader(edit[id].inputs[0])) {
      const auto before = find(edit, edit[id].inputs[0]);
      if (before) fold_into_consumer(edit, id, *before);
    }
  }
  return edit.finish();
}

}  // namespace qbench
