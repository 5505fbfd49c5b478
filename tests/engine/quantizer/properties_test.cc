// What holds of every quantized graph, on the architectures and on random graphs.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <set>

#include "engine/backends/reference/reference_backend.h"
#include "engine/calibration/calibrate.h"
#include "engine/core/error.h"
#include "engine/graph/text.h"
#include "engine/quantizer/quantizer.h"
#include "engine/quantizer/split_sums.h"
#include "tests/engine/quantizer/architectures.h"

namespace qbench {
namespace {

// Layers and what lies between them, with readers of either kind anywhere.
class RandomGraph {
 public:
  explicit RandomGraph(unsigned seed) : random_(seed) {}

  Graph build() {
    values_ = {graph_.add("data", Input{{2, 4, 8, 8}})};
    for (int i = pick(3, 16); i > 0; --i) values_.push_back(add_node());
    std::vector<NodeId> outputs = {values_.back()};
    if (pick(0, 3) == 0) outputs.push_back(any());
    graph_.set_outputs(outputs);
    return prune(graph_);
  }

 private:
  int pick(int low, int high) {
    return low + static_cast<int>(random_() % static_cast<unsigned>(high - low + 1));
  }
  std::string name() { return fmt::format("n{}", graph_.size()); }
  const Shape& shape(NodeId id) { return graph_[id].type.shape; }
  NodeId any() {
    return values_[static_cast<std::size_t>(pick(0, static_cast<int>(values_.size()) - 1))];
  }
  NodeId recent() { return pick(0, 2) == 0 ? any() : values_.back(); }
  std::optional<NodeId> another_like(NodeId x) {
    for (int i = 0; i < 6; ++i) {
      const NodeId other = any();
      if (shape(other) == shape(x)) return other;
    }
    return std::nullopt;
  }
  NodeId constant(Shape dims, float low, float high) {
    Tensor tensor(DType::f32, std::move(dims));
    for (float& v : tensor.data<float>())
      v = low + (high - low) * static_cast<float>(pick(0, 1000)) / 1000;
    return graph_.constant(name(), std::move(tensor));
  }
  ActivationSpec activation() {
    const ActivationSpec specs[] = {{}, {ActivationKind::relu, 0, 0}, {ActivationKind::clip, 0, 6}};
    return specs[pick(0, 2)];
  }

  NodeId convolution(NodeId x) {
    const std::int64_t in = shape(x)[1];
    const std::int64_t out = pick(0, 1) == 0 ? in : 4;
    Convolution conv;
    conv.activation = activation();
    std::vector<NodeId> inputs = {x, constant({out, in, 1, 1}, -0.5F, 0.5F)};
    conv.has_bias = pick(0, 1) == 0;
    if (conv.has_bias) inputs.push_back(constant({out}, -0.5F, 0.5F));
    Shape result = shape(x);
    result[1] = out;
    for (int i = 0; i < 4 && !conv.has_residual; ++i) {
      const NodeId other = any();
      conv.has_residual = pick(0, 1) == 0 && shape(other) == result;
      if (conv.has_residual) inputs.push_back(other);
    }
    return graph_.add(name(), conv, inputs);
  }

  NodeId pool(NodeId x) {
    Pool op;
    op.kind = pick(0, 1) == 0 ? PoolKind::max : PoolKind::average;
    op.global = pick(0, 5) == 0;
    op.kernel = {3, 3};
    op.padding = {1, 1, 1, 1};
    return graph_.add(name(), op, {x});
  }

  NodeId add_node() {
    const NodeId x = recent();
    switch (pick(0, 9)) {
      case 0:
        return pool(x);
      case 1:
        if (const auto other = another_like(x)) return graph_.add(name(), Concat{1}, {x, *other});
        break;
      case 2:
        if (const auto other = another_like(x))
          return graph_.add(name(), Add{activation()}, {x, *other});
        break;
      case 3:
        return graph_.add(name(), Activation{{ActivationKind::relu, 0, 0}}, {x});
      case 4: {
        const NodeId scale = constant({shape(x)[1]}, 0.5F, 1.5F);
        return graph_.add(name(), BatchNorm{}, {x, scale, scale, scale, scale});
      }
      default:
        break;
    }
    return convolution(x);
  }

  std::mt19937 random_;
  Graph graph_;
  std::vector<NodeId> values_;
};

std::vector<float> random_image(const Graph& graph) {
  std::mt19937 random(3);
  std::vector<float> image;
  for (std::int64_t i = graph[graph.inputs()[0]].type.shape.elements(); i > 0; --i)
    image.push_back(static_cast<float>(random() % 2001) / 1000 - 0.7F);
  return image;
}

CalibrationTable calibrated(const Graph& graph, const QuantScheme& scheme,
                            std::span<const float> image) {
  const CalibrationOptions options{.modes = {"naive"},
                                   .batches = {1},
                                   .tensors = tensors_to_calibrate(graph, scheme),
                                   .model_hash = "",
                                   .data_hash = ""};
  return calibrate(
             graph, reference_backend(), [&] { return image; }, options)
      .tables.front();
}

std::vector<float> run(const Graph& graph, std::span<const float> image) {
  std::vector<std::vector<float>> outputs;
  for (NodeId id : graph.outputs())
    outputs.emplace_back(static_cast<std::size_t>(graph[id].type.shape.elements()));
  const std::vector<std::span<float>> spans(outputs.begin(), outputs.end());
  reference_backend().compile(graph, {})->run(std::span(&image, 1), spans);
  return outputs.front();
}

// Power of the FP32 output over that of the difference.
double signal_to_noise_db(std::span<const float> expected, std::span<const float> found) {
  double signal = 0;
  double noise = 1e-12;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    signal += static_cast<double>(expected[i]) * expected[i];
    noise += std::pow(static_cast<double>(expected[i]) - found[i], 2);
  }
  return 10 * std::log10((signal + 1e-12) / noise);
}

bool is_quantize(const Node& node) { return std::holds_alternative<Quantize>(node.op); }
bool is_dequantize(const Node& node) { return std::holds_alternative<Dequantize>(node.op); }

// Conversions are placed once for each value, and never undo each other.
void expect_no_wasted_conversions(const Graph& graph) {
  std::set<std::pair<bool, NodeId>> converted;
  for (const Node& node : graph.nodes()) {
    if (!is_quantize(node) && !is_dequantize(node)) continue;
    const Node& from = graph[node.inputs[0]];
    EXPECT_FALSE(is_quantize(from) || is_dequantize(from)) << node.name;
    EXPECT_TRUE(converted.emplace(is_quantize(node), node.inputs[0]).second) << node.name;
  }
  const std::vector<int> uses = count_uses(graph);
  for (NodeId id = 0; id < graph.size(); ++id)
    EXPECT_TRUE(uses[static_cast<std::size_t>(id)] > 0 ||
                std::holds_alternative<Input>(graph[id].op))
        << graph[id].name << " is never read";
}

// What only a concatenation reads is copied by it.
void expect_concats_copy(const Graph& graph) {
  const std::vector<int> uses = count_uses(graph);
  for (const Node& node : graph.nodes()) {
    if (!std::holds_alternative<Concat>(node.op) || !node.type.quant) continue;
    for (NodeId input : node.inputs) {
      const bool produced = std::holds_alternative<Convolution>(graph[input].op);
      if (!produced || uses[static_cast<std::size_t>(input)] > 1) continue;
      EXPECT_EQ(graph[input].type.quant, node.type.quant) << node.name;
      EXPECT_EQ(graph[input].type.dtype, node.type.dtype) << node.name;
    }
  }
}

bool adds_integers(const Graph& graph, const Node& node) {
  const auto* op = std::get_if<Convolution>(&node.op);
  return op != nullptr && op->has_residual && node.type.quant &&
         graph[node.inputs.back()].type.quant;
}

// One rounding more for each sum.
void expect_sums_split(const Graph& quantized, std::span<const float> image) {
  const Graph split = split_sums(quantized);
  EXPECT_EQ(split.size() - quantized.size(),
            std::ranges::count_if(quantized.nodes(), [&](const Node& node) {
              return adds_integers(quantized, node);
            }));
  for (const Node& node : split.nodes()) EXPECT_FALSE(adds_integers(split, node)) << node.name;
  EXPECT_GT(signal_to_noise_db(run(quantized, image), run(split, image)), 20) << print_graph(split);
}

void expect_properties(const Graph& graph, const QuantScheme& scheme) {
  const std::vector<float> image = random_image(graph);
  CalibrationTable table = calibrated(graph, scheme, image);
  for (const CalibrationTable* used : {&table, static_cast<CalibrationTable*>(nullptr)}) {
    const Graph quantized = quantize(graph, scheme, used).graph;
    expect_no_wasted_conversions(quantized);
    expect_concats_copy(quantized);
    ASSERT_EQ(quantized.outputs().size(), graph.outputs().size());
    EXPECT_GT(signal_to_noise_db(run(graph, image), run(quantized, image)), 15)
        << print_graph(quantized);
    expect_sums_split(quantized, image);
  }
  // Every tensor asked for is needed.
  for (const std::string& name : tensors_to_calibrate(graph, scheme)) {
    CalibrationTable incomplete = table;
    incomplete.ranges.erase(name);
    EXPECT_THROW(quantize(graph, scheme, &incomplete), Error) << name;
  }
}

TEST(QuantizeProperties, Architectures) {
  for (const std::string_view text : {kFire, kResNetV1, kResNetV2, kMobileNet, kInception, kSsd}) {
    for (const auto dtype : {QuantizedDType::automatic, QuantizedDType::s8, QuantizedDType::u8})
      expect_properties(parse_graph(text), {.dtype = dtype});
    expect_properties(parse_graph(text), {.per_channel_weights = false});
  }
}

TEST(QuantizeProperties, RandomGraphs) {
  for (unsigned seed = 0; seed < 200; ++seed) {
    SCOPED_TRACE(seed);
    expect_properties(RandomGraph(seed).build(), {});
    if (HasFailure()) return;
  }
}

}  // namespace
}  // namespace qbench
