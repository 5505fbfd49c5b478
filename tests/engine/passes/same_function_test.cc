// Random graphs compute the same before and after every pass, judged by the reference backend.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <map>
#include <random>

#include "engine/backends/reference/reference_backend.h"
#include "engine/graph/text.h"
#include "engine/passes/passes.h"

namespace qbench {
namespace {

using Random = std::mt19937;
using Values = std::vector<std::vector<float>>;

class RandomGraph {
 public:
  explicit RandomGraph(unsigned seed) : random_(seed) {}

  Graph build() {
    const std::int64_t size = pick(5, 9);
    values_ = {graph_.add("data", Input{{2, 2 * pick(1, 3), size, size}})};
    const std::int64_t steps = pick(3, 14);
    for (std::int64_t i = 0; i < steps; ++i) values_.push_back(add_node(pick(0, 11)));
    std::vector<NodeId> outputs = {chance(2) ? add_classifier() : values_.back()};
    if (chance(4)) outputs.push_back(any_value());
    graph_.set_outputs(outputs);
    return std::move(graph_);
  }

 private:
  std::int64_t pick(std::int64_t low, std::int64_t high) {
    return low + static_cast<std::int64_t>(random_() % static_cast<unsigned>(high - low + 1));
  }
  bool chance(std::int64_t one_in) { return pick(1, one_in) == 1; }
  std::string name(std::string_view kind) { return fmt::format("{}{}", kind, graph_.size()); }
  NodeId any_value() { return values_[static_cast<std::size_t>(pick(0, std::ssize(values_) - 1))]; }
  // Mostly the last value, so that patterns form.
  NodeId data() { return chance(5) ? any_value() : values_.back(); }
  const Shape& shape(NodeId id) { return graph_[id].type.shape; }

  NodeId constant(Shape shape, float low, float high) {
    Tensor tensor(DType::f32, std::move(shape));
    for (float& v : tensor.data<float>()) {
      v = low + (high - low) * static_cast<float>(pick(0, 1000)) / 1000;
    }
    return graph_.constant(name("c"), std::move(tensor));
  }

  ActivationSpec activation() {
    const ActivationSpec specs[] = {
        {ActivationKind::relu, 0, 0},    {ActivationKind::clip, 0, 6},
        {ActivationKind::clip, -1, 1},   {ActivationKind::leaky, 0.1F, 0},
        {ActivationKind::sigmoid, 0, 0}, {ActivationKind::tanh, 0, 0}};
    return specs[pick(0, 5)];
  }

  NodeId convolution(NodeId x) {
    Convolution conv;
    const std::int64_t channels = shape(x)[1];
    conv.groups = chance(3) ? channels : (channels % 2 == 0 && chance(3) ? 2 : 1);
    const std::int64_t outputs = chance(2) ? channels : conv.groups * pick(1, 2) * 2;
    const std::int64_t kernel = chance(2) ? 1 : 3;
    const bool pads = kernel == 3 && (shape(x)[2] < 3 || shape(x)[3] < 3 || !chance(4));
    if (pads) conv.padding = {1, 1, 1, 1};
    if (chance(6)) conv.stride = {2, 1};
    std::vector<NodeId> inputs = {
        x, constant({outputs, channels / conv.groups, kernel, kernel}, -0.7F, 0.7F)};
    conv.has_bias = chance(2);
    if (conv.has_bias) inputs.push_back(constant({outputs}, -1, 1));
    return graph_.add(name("conv"), conv, inputs);
  }

  NodeId batch_norm(NodeId x) {
    const Shape channels{shape(x)[1]};
    return graph_.add(name("bn"), BatchNorm{.epsilon = 1e-3F, .fix_gamma = chance(3)},
                      {x, constant(channels, 0.5F, 1.5F), constant(channels, -1, 1),
                       constant(channels, -1, 1), constant(channels, 0.3F, 2)});
  }

  NodeId sum(NodeId x) {
    for (int i = 0; i < 8; ++i) {
      const NodeId other = any_value();
      if (shape(other) == shape(x)) return graph_.add(name("sum"), Add{}, {other, x});
    }
    return graph_.add(name("sum"), Add{}, {x, convolution_like(x)});
  }
  NodeId convolution_like(NodeId x) {
    const std::int64_t channels = shape(x)[1];
    return graph_.add(name("side"), Convolution{},
                      {x, constant({channels, channels, 1, 1}, -0.7F, 0.7F)});
  }

  NodeId scaled(NodeId x) {
    Shape per_channel{1, shape(x)[1], 1, 1};
    const NodeId c = constant(chance(2) ? per_channel : Shape{1}, -1.5F, 1.5F);
    if (chance(2)) return graph_.add(name("add"), Add{}, {x, c});
    return graph_.add(name("mul"), Multiply{}, {c, x});
  }

  NodeId pool(NodeId x) {
    Pool pool;
    pool.kind = chance(2) ? PoolKind::max : PoolKind::average;
    pool.kernel = {2, 2};
    if (shape(x)[2] < 2 || shape(x)[3] < 2) pool.kernel = {1, 1};
    pool.count_include_pad = chance(2);
    pool.ceil_mode = chance(3);
    return graph_.add(name("pool"), pool, {x});
  }

  NodeId pad(NodeId x) {
    const NodeId padded =
        graph_.add(name("pad"), Pad{.padding = {pick(0, 1), 1, pick(0, 1), 0}}, {x});
    Pool pool;
    pool.kind = chance(2) ? PoolKind::max : PoolKind::average;
    pool.kernel = {2, 2};
    pool.count_include_pad = chance(2);
    const bool fits = shape(padded)[2] >= 2 && shape(padded)[3] >= 2;
    return fits && chance(2) ? graph_.add(name("pool"), pool, {padded}) : padded;
  }

  NodeId add_node(std::int64_t kind) {
    const NodeId x = data();
    switch (kind) {
      case 0:
      case 1:
      case 2:
        return convolution(x);
      case 3:
      case 4:
        return batch_norm(x);
      case 5:
      case 6:
        return graph_.add(name("act"), Activation{activation()}, {x});
      case 7:
        return sum(x);
      case 8:
        return scaled(x);
      case 9:
        return pad(x);
      case 10:
        return chance(2) ? pool(x) : graph_.add(name("cat"), Concat{1}, {x, convolution_like(x)});
      default:
        return graph_.add(name("drop"), Dropout{}, {x});
    }
  }

  NodeId add_classifier() {
    const NodeId flat = graph_.add(name("flat"), Flatten{}, {values_.back()});
    const NodeId weight = constant({3, shape(flat)[1]}, -0.3F, 0.3F);
    const NodeId scale = constant({3, 1}, 0.5F, 1);
    const NodeId ones = constant({3, shape(flat)[1]}, 1, 1);
    const NodeId both = graph_.add(name("mul"), Multiply{}, {ones, scale});
    NodeId fc = graph_.add(name("fc"), FullyConnected{},
                           {flat, graph_.add(name("mul"), Multiply{}, {weight, both})});
    if (chance(2)) fc = graph_.add(name("act"), Activation{activation()}, {fc});
    return fc;
  }

  Random random_;
  Graph graph_;
  std::vector<NodeId> values_;
};

Values run(const Graph& graph) {
  std::mt19937 random(1);
  Values inputs;
  for (NodeId id : graph.inputs()) {
    std::vector<float>& values = inputs.emplace_back();
    for (std::int64_t i = graph[id].type.shape.elements(); i > 0; --i) {
      values.push_back(static_cast<float>(random() % 2001) / 1000 - 1);
    }
  }
  Values outputs;
  for (NodeId id : graph.outputs()) {
    outputs.emplace_back(static_cast<std::size_t>(graph[id].type.shape.elements()));
  }
  const std::vector<std::span<const float>> in(inputs.begin(), inputs.end());
  const std::vector<std::span<float>> out(outputs.begin(), outputs.end());
  reference_backend().compile(graph, {})->run(in, out);
  return outputs;
}

// Largest difference, relative to the largest value of each output.
double difference(const Values& a, const Values& b) {
  double worst = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    double largest = 1e-3;
    double apart = 0;
    for (std::size_t k = 0; k < a[i].size(); ++k) {
      largest = std::max<double>(largest, std::fabs(a[i][k]));
      apart = std::max<double>(apart, std::fabs(a[i][k] - b[i][k]));
    }
    worst = std::max(worst, apart / largest);
  }
  return worst;
}

TEST(SameFunction, EveryPassOnRandomGraphs) {
  constexpr unsigned kGraphs = 400;
  std::map<std::string_view, int> changes;
  for (unsigned seed = 0; seed < kGraphs; ++seed) {
    Graph graph = RandomGraph(seed).build();
    const Values expected = run(graph);
    for (const Pass& pass : fp32_passes()) {
      std::optional<Graph> rewritten = pass.run(graph);
      if (!rewritten) continue;
      ++changes[pass.name];
      ASSERT_LE(difference(expected, run(*rewritten)), 1e-5)
          << "seed " << seed << ", " << pass.name << "\n"
          << print_graph(graph) << "became\n"
          << print_graph(*rewritten);
      graph = *std::move(rewritten);
    }
    ASSERT_EQ(graph.outputs().size(), expected.size());
  }
  for (const Pass& pass : fp32_passes()) EXPECT_GE(changes[pass.name], 10) << pass.name;
}

TEST(SameFunction, OptimizingTwiceChangesNothingMore) {
  for (unsigned seed = 0; seed < 100; ++seed) {
    const Graph graph = RandomGraph(seed).build();
    const Graph optimized = optimize(graph);
    EXPECT_LE(difference(run(graph), run(optimize(optimized))), 2e-5) << "seed " << seed;
  }
}

}  // namespace
}  // namespace qbench
