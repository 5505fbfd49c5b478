// Builds the small networks layer by layer.
#include "tests/engine/backends/small_networks.h"

#include <cmath>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "engine/core/quant_params.h"
#include "engine/graph/text.h"

namespace qbench {
namespace {

// Adds layers with weights of sensible size; names them after their operator and position.
class Network {
 public:
  Network(std::int64_t batch, std::int64_t channels, std::int64_t size, bool quantized)
      : quantized_(quantized) {
    last_ = graph_.add("data", Input{{batch, channels, size, size}});
    if (quantized) last_ = graph_.add("quantize", Quantize{}, {last_}, {{DType::s8, scale(1)}});
  }

  NodeId last() const { return last_; }
  const Graph& graph() const { return graph_; }

  NodeId convolution(NodeId data, std::int64_t outputs, std::int64_t kernel, std::int64_t stride,
                     std::int64_t groups = 1, NodeId residual = -1, bool relu = true) {
    const std::int64_t inputs = graph_[data].type.shape[1] / groups;
    Convolution op;
    op.stride = {stride, stride};
    op.padding = {kernel / 2, kernel / 2, kernel / 2, kernel / 2};
    op.groups = groups;
    op.has_bias = true;
    op.has_residual = residual >= 0;
    if (relu) op.activation.kind = ActivationKind::relu;
    const std::string name = next("conv");
    std::vector<NodeId> in = {data, weights(name, {outputs, inputs, kernel, kernel}),
                              bias(name, outputs)};
    if (residual >= 0) in.push_back(residual);
    std::optional<Graph::Quantization> result;
    if (quantized_) result = {relu ? DType::u8 : DType::s8, scale(4)};
    return last_ = graph_.add(name, op, std::move(in), result);
  }

  NodeId pool(PoolKind kind, bool global) {
    Pool op;
    op.kind = kind;
    op.global = global;
    op.kernel = {3, 3};
    op.stride = {2, 2};
    op.ceil_mode = true;
    return last_ = graph_.add(next("pool"), op, {last_});
  }

  NodeId concat(NodeId a, NodeId b) { return last_ = graph_.add(next("concat"), Concat{}, {a, b}); }

  Graph classify(std::int64_t classes) {
    const std::string name = next("fc");
    FullyConnected op;
    op.has_bias = true;
    const std::int64_t features = graph_[last_].type.shape.elements(1);
    last_ = graph_.add(name, op, {last_, weights(name, {classes, features}), bias(name, classes)});
    last_ = graph_.add("softmax", Softmax{}, {last_});
    graph_.set_outputs({last_});
    return std::move(graph_);
  }

 private:
  static QuantParams scale(float largest) {
    return {.scales = {largest / 127}, .axis = -1, .dynamic = false};
  }

  std::string next(const std::string& kind) { return kind + std::to_string(graph_.size()); }

  Tensor draw(const Shape& shape, float size) {
    Tensor tensor(DType::f32, shape);
    std::uniform_real_distribution<float> uniform(-size, size);
    for (float& value : tensor.data<float>()) value = uniform(random_);
    return tensor;
  }

  NodeId weights(const std::string& name, const Shape& shape) {
    const Tensor real = draw(shape, 2 / std::sqrt(static_cast<float>(shape.elements(1))));
    if (!quantized_) return graph_.constant(name + "_weight", real.clone());
    QuantizedWeights made = quantize_weights(real, true);
    return graph_.constant(name + "_weight", std::make_shared<const Tensor>(std::move(made.values)),
                           std::move(made.params));
  }

  NodeId bias(const std::string& name, std::int64_t count) {
    return graph_.constant(name + "_bias", draw({count}, 0.1F));
  }

  bool quantized_;
  Graph graph_;
  NodeId last_ = -1;
  std::mt19937 random_{5};
};

}  // namespace

Graph squeezenet_like(std::int64_t batch, bool quantized) {
  Network net(batch, 3, 33, quantized);
  net.convolution(net.last(), 48, 3, 2);
  net.pool(PoolKind::max, false);
  for (int fire = 0; fire < 2; ++fire) {
    const NodeId squeeze = net.convolution(net.last(), 16, 1, 1);
    const NodeId a = net.convolution(squeeze, 64, 1, 1);
    const NodeId b = net.convolution(squeeze, 64, 3, 1);
    net.concat(a, b);
  }
  net.pool(PoolKind::average, true);
  return net.classify(1000);
}

Graph resnet_like(std::int64_t batch, bool quantized) {
  Network net(batch, 3, 16, quantized);
  NodeId x = net.convolution(net.last(), 32, 3, 1);
  for (int block = 0; block < 2; ++block) {
    const NodeId inner = net.convolution(x, 32, 3, 1);
    x = net.convolution(inner, 32, 3, 1, 1, x);
  }
  const NodeId shortcut = net.convolution(x, 64, 1, 2, 1, -1, false);
  const NodeId inner = net.convolution(x, 64, 3, 2);
  net.convolution(inner, 64, 3, 1, 1, shortcut);
  net.pool(PoolKind::average, true);
  return net.classify(10);
}

Graph mobilenet_like(std::int64_t batch, bool quantized) {
  Network net(batch, 3, 24, quantized);
  net.convolution(net.last(), 24, 3, 2);
  for (const std::int64_t outputs : {48, 40, 72}) {
    const std::int64_t channels = net.graph()[net.last()].type.shape[1];
    net.convolution(net.last(), channels, 3, 1, channels);
    net.convolution(net.last(), outputs, 1, 1);
  }
  net.pool(PoolKind::average, true);
  return net.classify(17);
}

Graph ssd_like(std::int64_t batch) {
  Graph graph = parse_graph(R"(
    data = Input(shape=[1,3,32,32])
    w1 = Constant() : f32[32,3,3,3] values=random(1,-0.3,0.3)
    c1 = Convolution(data, w1; stride=[2,2], padding=[1,1,1,1], activation=relu)
    w2 = Constant() : f32[48,32,3,3] values=random(2,-0.1,0.1)
    c2 = Convolution(c1, w2; stride=[2,2], padding=[1,1,1,1], activation=relu)
    norm = L2Normalize(c1)
    scale = Constant() : f32[1,32,1,1] values=random(3,1,3)
    scaled = Multiply(scale, norm)
    lw1 = Constant() : f32[8,32,3,3] values=random(4,-0.1,0.1)
    l1 = Convolution(scaled, lw1; padding=[1,1,1,1])
    lt1 = Transpose(l1; permutation=[0,2,3,1])
    lf1 = Flatten(lt1)
    cw1 = Constant() : f32[10,32,3,3] values=random(5,-0.1,0.1)
    k1 = Convolution(scaled, cw1; padding=[1,1,1,1])
    kt1 = Transpose(k1; permutation=[0,2,3,1])
    kf1 = Flatten(kt1)
    a1 = MultiBoxPrior(scaled; sizes=[0.1,0.2])
    lw2 = Constant() : f32[8,48,3,3] values=random(6,-0.1,0.1)
    l2 = Convolution(c2, lw2; padding=[1,1,1,1])
    lt2 = Transpose(l2; permutation=[0,2,3,1])
    lf2 = Flatten(lt2)
    cw2 = Constant() : f32[10,48,3,3] values=random(7,-0.1,0.1)
    k2 = Convolution(c2, cw2; padding=[1,1,1,1])
    kt2 = Transpose(k2; permutation=[0,2,3,1])
    kf2 = Flatten(kt2)
    a2 = MultiBoxPrior(c2; sizes=[0.3,0.5])
    loc = Concat(lf1, lf2)
    cls = Concat(kf1, kf2)
    shaped = Reshape(cls; dims=[0,-1,5])
    logits = Transpose(shaped; permutation=[0,2,1])
    probability = Softmax(logits)
    anchors = Concat(a1, a2)
    detection = MultiBoxDetection(probability, loc, anchors; threshold=0.3, top_k=50)
    return detection)");
  return with_batch(graph, batch);
}

Graph dynamic_like(std::int64_t batch) {
  const Graph fixed = resnet_like(batch, true);
  Graph graph;
  std::vector<NodeId> map;
  std::vector<NodeId> real;  // the value before it is quantized
  const QuantParams at_run_time{.scales = {}, .axis = -1, .dynamic = true};
  for (const Node& node : fixed.nodes()) {
    std::vector<NodeId> inputs;
    for (const NodeId id : node.inputs) inputs.push_back(map[static_cast<std::size_t>(id)]);
    const auto* convolution = std::get_if<Convolution>(&node.op);
    if (convolution != nullptr && convolution->has_residual)
      inputs.back() = real[static_cast<std::size_t>(node.inputs.back())];
    if (const auto* constant = std::get_if<Constant>(&node.op)) {
      map.push_back(graph.constant(node.name, constant->value, node.type.quant));
      real.push_back(map.back());
      continue;
    }
    if (std::holds_alternative<Quantize>(node.op)) {
      map.push_back(graph.add(node.name, node.op, inputs, {{node.type.dtype, at_run_time}}));
      real.push_back(inputs[0]);
      continue;
    }
    real.push_back(graph.add(node.name, node.op, inputs));
    map.push_back(real.back());
    if (node.type.quant && graph[real.back()].type.dtype == DType::f32)
      map.back() = graph.add(node.name + "_quantize", Quantize{}, {real.back()},
                             {{node.type.dtype, at_run_time}});
  }
  graph.set_outputs({map[static_cast<std::size_t>(fixed.outputs()[0])]});
  return graph;
}

}  // namespace qbench
