// ResNet v1 with bottleneck blocks as Gluon has it: the stride is in a block's first convolution,
// and both 1x1 convolutions have biases. (He et al., Deep Residual Learning for Image Recognition.)

#include <fmt/format.h>

#include "engine/zoo/networks.h"

namespace qbench {
namespace {

constexpr double kBranchGain = 0.5;  // sums of many blocks stay moderate

struct Block {
  std::int64_t filters;
  std::int64_t stride;
  bool changes_shape;
  std::string path;  // "features.4.0"
};

NodeId bottleneck(NetworkBuilder& b, GluonScope& scope, const Block& block, NodeId data) {
  const auto child = [&block](const char* branch, int index) {
    return fmt::format("{}.{}.{}", block.path, branch, index);
  };
  const auto norm = [&](const std::string& path, NodeId x, double gain) {
    return b.batch_norm(scope.layer("batchnorm", path), x, {.gain = gain});
  };
  const std::int64_t outer = b.channels(block.filters);
  const std::int64_t inner = b.channels(block.filters / 4);
  NodeId x = b.convolution(scope.layer("conv", child("body", 0)), data,
                           {.filters = inner, .stride = square(block.stride), .bias = true});
  x = b.relu(scope.block("relu"), norm(child("body", 1), x, 1));
  x = b.convolution(scope.layer("conv", child("body", 3)), x,
                    {.filters = inner, .kernel = square(3), .padding = around(1)});
  x = b.relu(scope.block("relu"), norm(child("body", 4), x, 1));
  x = b.convolution(scope.layer("conv", child("body", 6)), x, {.filters = outer, .bias = true});
  x = norm(child("body", 7), x, kBranchGain);
  NodeId shortcut = data;
  if (block.changes_shape) {
    shortcut = b.convolution(scope.layer("conv", child("downsample", 0)), data,
                             {.filters = outer, .stride = square(block.stride)});
    shortcut = norm(child("downsample", 1), shortcut, 1);
  }
  x = b.add(scope.operation("_plus"), x, shortcut);
  return b.relu(scope.operation("activation"), x);
}

NodeId resnet_v1(NetworkBuilder& b, const std::array<int, 4>& blocks) {
  const std::string prefix = "resnetv10_";
  GluonScope scope(prefix);
  NodeId x = b.convolution(
      scope.layer("conv", "features.0"), b.input(),
      {.filters = b.channels(64), .kernel = square(7), .stride = square(2), .padding = around(3)});
  x = b.relu(scope.block("relu"), b.batch_norm(scope.layer("batchnorm", "features.1"), x, {}));
  x = b.pool(scope.block("pool"), x, max_window(3, 2, 1));
  std::int64_t filters = 256;
  for (std::size_t stage = 0; stage < blocks.size(); ++stage, filters *= 2) {
    GluonScope stage_scope(fmt::format("{}stage{}_", prefix, stage + 1));
    for (int i = 0; i < blocks[stage]; ++i) {
      x = bottleneck(b, stage_scope,
                     {.filters = filters,
                      .stride = i == 0 && stage > 0 ? 2 : 1,
                      .changes_shape = i == 0,
                      .path = fmt::format("features.{}.{}", stage + 4, i)},
                     x);
    }
  }
  x = b.global_average(scope.block("pool"), x);
  return b.softmax(b.fully_connected(scope.layer("dense", "output"), x, b.classes()));
}

}  // namespace

NodeId resnet50_v1(NetworkBuilder& b) { return resnet_v1(b, {3, 4, 6, 3}); }
NodeId resnet101_v1(NetworkBuilder& b) { return resnet_v1(b, {3, 4, 23, 3}); }

}  // namespace qbench
