#include "engine/backends/onednn/winograd.h"

#include <cstdint>
#include <vector>

namespace qbench::onednn {
namespace {

struct Layer {
  NodeId id = 0;
  std::int64_t inputs = 0;
  std::int64_t outputs = 0;
  std::int64_t height = 0;  // of the result
  std::int64_t width = 0;

  std::int64_t macs() const { return inputs * outputs * height * width * 9; }
};

std::int64_t macs_for_one_image(const Graph& graph, NodeId id) {
  const Shape& weights = graph[graph[id].inputs[1]].type.shape;
  return graph[id].type.shape.elements(1) * weights.elements(1);
}

bool suits(const Graph& graph, NodeId id, const Convolution& op) {
  const Shape& weights = graph[graph[id].inputs[1]].type.shape;
  return op.groups == 1 && weights[1] >= 16 && weights[2] == 3 && weights[3] == 3 &&
         op.stride == Extent2d{1, 1} && op.dilation == Extent2d{1, 1};
}

// Whether the products that are saved are worth more than the values that have to be moved for it,
// where data lie channels last before and after the layer.
//
// A tile of 4x4 results takes 36 products for each pair of channels instead of 144. In return its
// 6x6 transformed inputs and results are written and read once more; data and result change their
// layout; and weights are 36 numbers instead of 9. While a value comes from a cache a core of the
// processors that have such kernels does about 12 products (58 G products/s, 5 G values/s); weights
// come from memory, which the cores share: twice that.
bool pays_between_pixels(const Layer& layer) {
  constexpr double kProductsPerValue = 12;
  constexpr double kProductsPerWeight = 24;
  const auto channels = static_cast<double>(layer.inputs + layer.outputs);
  const auto pairs = static_cast<double>(layer.inputs * layer.outputs);
  const std::int64_t whole_tiles = (layer.height + 3) / 4 * ((layer.width + 3) / 4);
  const auto tiles = static_cast<double>(whole_tiles);
  const auto pixels = static_cast<double>(layer.height * layer.width);
  const double saved = pairs * (9 * pixels - 36 * tiles);
  const double transformed = 2 * 36 * channels * tiles;
  const double moved = 2 * channels * pixels;
  const double weights = (36 - 9) * pairs;
  return saved > kProductsPerValue * (transformed + moved) + kProductsPerWeight * weights;
}

}  // namespace

WinogradPlan plan_winograd(const Graph& graph) {
  std::vector<Layer> suited;
  std::int64_t suited_macs = 0;
  std::int64_t all_macs = 0;
  for (NodeId id = 0; id < graph.size(); ++id) {
    const auto* op = std::get_if<Convolution>(&graph[id].op);
    if (op == nullptr || graph[graph[id].inputs[0]].type.dtype != DType::f32) continue;
    all_macs += macs_for_one_image(graph, id);
    if (!suits(graph, id, *op)) continue;
    const Shape& result = graph[id].type.shape;
    const Shape& weights = graph[graph[id].inputs[1]].type.shape;
    suited.push_back({id, weights[1], weights[0], result[2], result[3]});
    suited_macs += suited.back().macs();
  }
  // Measured on Inception v3 (31 %, loses), SqueezeNet 1.0 and ResNet-50 (47 %, win).
  WinogradPlan plan{.in_blocks = suited_macs > 0 && suited_macs * 5 >= all_macs * 2, .layers = {}};
  for (const Layer& layer : suited) {
    if (plan.in_blocks || pays_between_pixels(layer)) plan.layers.insert(layer.id);
  }
  return plan;
}

}  // namespace qbench::onednn
