#include "engine/zoo/network_builder.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "engine/core/error.h"

namespace qbench {
namespace {

// Means and deviations of photographs' red, green and blue, in pixels of 0..255.
constexpr std::array<double, 3> kImageMean{123.68, 116.779, 103.939};
constexpr double kImageDeviation = 58;

Tensor vector_of(std::span<const double> values) {
  Tensor tensor(DType::f32, {static_cast<std::int64_t>(values.size())});
  std::ranges::transform(values, tensor.data<float>().begin(),
                         [](double value) { return static_cast<float>(value); });
  return tensor;
}

// Neighbours alike leave half of the variance in an average, and a quarter over a whole image.
constexpr double kAverageOfWindow = 0.5;
constexpr double kAverageOfImage = 0.25;

Signal scaled(Signal signal, double factor) {
  for (double& power : signal.power) power *= factor;
  return signal;
}

}  // namespace

Pool max_window(std::int64_t side, std::int64_t stride, std::int64_t margin) {
  Pool pool;
  pool.kernel = square(side);
  pool.stride = square(stride);
  pool.padding = around(margin);
  return pool;
}

Pool average_window(std::int64_t side, std::int64_t stride, std::int64_t margin) {
  Pool pool = max_window(side, stride, margin);
  pool.kind = PoolKind::average;
  return pool;
}

LayerName module_layer(const std::string& name) { return {name, name + "_"}; }

LayerName GluonScope::layer(const std::string& kind, std::string path) {
  const std::string prefix = fmt::format("{}{}{}_", prefix_, kind, counts_[kind]++);
  return {prefix + "fwd", prefix, std::move(path)};
}

std::string GluonScope::block(const std::string& kind) { return layer(kind, {}).node; }

std::string GluonScope::operation(const std::string& kind) {
  return fmt::format("{}{}{}", prefix_, kind, counts_[kind]++);
}

NetworkBuilder::NetworkBuilder(const ZooModel& model, const ZooOptions& options)
    : model_(model), options_(options) {}

std::int64_t NetworkBuilder::channels(std::int64_t documented) const {
  if (options_.width == 1) return documented;
  constexpr std::int64_t kMultiple = 8;
  const double scaled = static_cast<double>(documented) * options_.width / kMultiple;
  return kMultiple * std::max<std::int64_t>(std::llround(scaled), 1);
}

NodeId NetworkBuilder::add(std::string name, Op op, std::vector<NodeId> inputs, Signal signal) {
  const NodeId id = network_.graph.add(std::move(name), std::move(op), std::move(inputs));
  signal_.resize(static_cast<std::size_t>(id) + 1);
  signal_.back() = std::move(signal);
  return id;
}

NodeId NetworkBuilder::parameter(const LayerName& name, const char* suffix, Tensor value) {
  std::string full = name.parameters + suffix;
  if (!name.path.empty())
    network_.gluon_names.emplace(full, fmt::format("{}.{}", name.path, suffix));
  return network_.graph.constant(std::move(full), std::move(value));
}

NodeId NetworkBuilder::input() {
  std::vector<std::int64_t> dims = options_.image_shape.dims();
  Signal pixels;
  for (std::size_t c = 0; std::cmp_less(c, dims[0]); ++c) {
    const double deviation = model_.rgb_std[c % 3];
    pixels.mean.push_back((kImageMean[c % 3] - model_.rgb_mean[c % 3]) / deviation);
    pixels.power.push_back(kImageDeviation * kImageDeviation / (deviation * deviation));
  }
  dims.insert(dims.begin(), options_.batch);
  return add("data", Input{Shape(std::move(dims))}, {}, std::move(pixels));
}

NodeId NetworkBuilder::convolution(const LayerName& name, NodeId data, const ConvSpec& spec) {
  const Shape weight_shape{spec.filters, shape(data)[1] / spec.groups, spec.kernel.h,
                           spec.kernel.w};
  const bool pairs = spec.pairs && spec.filters % 2 == 0;
  DrawnWeights drawn =
      spec.groups == 1
          ? draw_dense(weight_shape, signal(data), spec.gain, pairs, stream(name.parameters))
          : draw_depthwise(weight_shape, signal(data), stream(name.parameters));
  Convolution op{.stride = spec.stride,
                 .dilation = spec.dilation,
                 .padding = spec.padding,
                 .groups = spec.groups,
                 .has_bias = spec.bias,
                 .has_residual = false,
                 .activation = {}};
  std::vector<NodeId> inputs = {data, parameter(name, "weight", std::move(drawn.weight))};
  if (spec.bias) inputs.push_back(draw_bias(name, drawn.output));
  return add(name.node, op, std::move(inputs), std::move(drawn.output));
}

NodeId NetworkBuilder::draw_bias(const LayerName& name, Signal& output) {
  const std::vector<double> draws =
      draw_vector(output, -0.25, 0.25, stream(name.parameters + "bias"));
  for (std::size_t c = 0; c < draws.size(); ++c)
    output.mean[c] = draws[c] * std::sqrt(output.power[c]);
  return parameter(name, "bias", vector_of(output.mean));
}

NodeId NetworkBuilder::batch_norm(const LayerName& name, NodeId data, const BatchNormSpec& spec) {
  const Signal& in = signal(data);
  std::vector<double> gamma =
      draw_vector(in, 0.75 * spec.gain, 1.25 * spec.gain, stream(name.parameters + "gamma"));
  if (spec.fix_gamma) std::ranges::fill(gamma, 1);
  Signal out = in;
  out.mean = draw_vector(in, -0.25 * spec.gain, 0.25 * spec.gain, stream(name.parameters + "beta"));
  std::ranges::transform(gamma, out.power.begin(), [](double factor) { return factor * factor; });
  const bool gluon = !name.path.empty();
  std::vector<NodeId> inputs = {
      data, parameter(name, "gamma", vector_of(gamma)),
      parameter(name, "beta", vector_of(out.mean)),
      parameter(name, gluon ? "running_mean" : "moving_mean", vector_of(in.mean)),
      parameter(name, gluon ? "running_var" : "moving_var", vector_of(in.power))};
  return add(name.node, BatchNorm{spec.epsilon, spec.fix_gamma}, std::move(inputs), std::move(out));
}

NodeId NetworkBuilder::relu(std::string name, NodeId data) {
  Activation op;
  op.spec.kind = ActivationKind::relu;
  return add(std::move(name), op, {data}, signal(data));
}

NodeId NetworkBuilder::pool(std::string name, NodeId data, const Pool& pool) {
  const double factor = pool.kind == PoolKind::max ? 1
                        : pool.global              ? kAverageOfImage
                                                   : kAverageOfWindow;
  return add(std::move(name), pool, {data}, scaled(signal(data), factor));
}

NodeId NetworkBuilder::global_average(std::string name, NodeId data) {
  Pool whole;
  whole.kind = PoolKind::average;
  whole.global = true;
  return pool(std::move(name), data, whole);
}

NodeId NetworkBuilder::average_what_is_left(std::string name, NodeId data, Extent2d stride) {
  Pool pool;
  pool.kind = PoolKind::average;
  pool.kernel = {shape(data)[2], shape(data)[3]};
  pool.stride = stride;
  return add(std::move(name), pool, {data}, scaled(signal(data), kAverageOfImage));
}

NodeId NetworkBuilder::concat(std::string name, std::vector<NodeId> parts) {
  Signal joined;
  joined.paired = true;
  for (const NodeId part : parts) {
    const auto& [mean, power, paired] = signal(part);
    joined.mean.insert(joined.mean.end(), mean.begin(), mean.end());
    joined.power.insert(joined.power.end(), power.begin(), power.end());
    joined.paired = joined.paired && paired;
  }
  return add(std::move(name), Concat{1}, std::move(parts), std::move(joined));
}

NodeId NetworkBuilder::add(std::string name, NodeId a, NodeId b) {
  Signal sum = signal(a);
  for (std::size_t c = 0; c < sum.power.size(); ++c) {
    sum.mean[c] += signal(b).mean[c];
    sum.power[c] += signal(b).power[c];
  }
  return add(std::move(name), Add{}, {a, b}, std::move(sum));
}

NodeId NetworkBuilder::dropout(std::string name, NodeId data) {
  return add(std::move(name), Dropout{}, {data}, signal(data));
}

NodeId NetworkBuilder::flatten(std::string name, NodeId data) {
  return add(std::move(name), Flatten{}, {data}, signal(data));
}

NodeId NetworkBuilder::fully_connected(const LayerName& name, NodeId data, std::int64_t outputs) {
  const Shape weight_shape{outputs, shape(data).elements(1)};
  DrawnWeights drawn = draw_dense(weight_shape, signal(data), 1, false, stream(name.parameters));
  const NodeId weight = parameter(name, "weight", std::move(drawn.weight));
  const NodeId bias = draw_bias(name, drawn.output);
  return add(name.node, FullyConnected{.has_bias = true, .activation = {}}, {data, weight, bias},
             std::move(drawn.output));
}

NodeId NetworkBuilder::softmax(NodeId data) {
  return add("softmax", Softmax{1}, {data}, signal(data));
}

NodeId NetworkBuilder::scaled_l2_normalize(const std::string& prefix, NodeId data, float scale) {
  const Signal& in = signal(data);
  double total = 0;
  for (const double power : in.power) total += in.paired ? power / 2 : power;
  const double factor = static_cast<double>(scale) * scale / total;
  Tensor scales(DType::f32, {1, shape(data)[1], 1, 1});
  std::ranges::fill(scales.data<float>(), scale);
  const NodeId normal = apply(prefix + "_norm", L2Normalize{}, {data});
  const NodeId constant = network_.graph.constant(prefix + "_scale", std::move(scales));
  return add("broadcast_mul0", Multiply{}, {constant, normal}, scaled(signal(data), factor));
}

NodeId NetworkBuilder::apply(std::string name, Op op, std::vector<NodeId> inputs) {
  Signal same = signal(inputs.front());
  return add(std::move(name), std::move(op), std::move(inputs), std::move(same));
}

ZooNetwork NetworkBuilder::finish(NodeId output) && {
  network_.graph.set_outputs({output});
  return std::move(network_);
}

}  // namespace qbench
