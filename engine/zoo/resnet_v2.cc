// ResNet-152 with pre-activation units, as the symbol script of MXNet's image classification
// example has it. (He et al., Identity Mappings in Deep Residual Networks.)

#include <fmt/format.h>

#include "engine/zoo/networks.h"

namespace qbench {
namespace {

constexpr float kEpsilon = 2e-5F;
constexpr double kBranchGain = 0.5;  // sums of many units stay moderate

NodeId norm_relu(NetworkBuilder& b, const std::string& prefix, int number, NodeId data) {
  const NodeId norm = b.batch_norm(module_layer(fmt::format("{}bn{}", prefix, number)), data,
                                   {.epsilon = kEpsilon});
  return b.relu(fmt::format("{}relu{}", prefix, number), norm);
}

struct UnitSpec {
  std::string prefix;  // "stage1_unit1_"
  std::string sum;     // "_plus0"
  std::int64_t filters;
  std::int64_t stride;
  bool changes_shape;
};

NodeId unit(NetworkBuilder& b, const UnitSpec& spec, NodeId data) {
  const std::int64_t outer = b.channels(spec.filters);
  const std::int64_t inner = b.channels(spec.filters / 4);
  const auto layer = [&spec](const char* name) { return module_layer(spec.prefix + name); };
  const NodeId first = norm_relu(b, spec.prefix, 1, data);
  NodeId x = b.convolution(layer("conv1"), first, {.filters = inner});
  x = b.convolution(
      layer("conv2"), norm_relu(b, spec.prefix, 2, x),
      {.filters = inner, .kernel = square(3), .stride = square(spec.stride), .padding = around(1)});
  x = b.convolution(layer("conv3"), norm_relu(b, spec.prefix, 3, x),
                    {.filters = outer, .gain = kBranchGain});
  NodeId shortcut = data;
  if (spec.changes_shape) {
    shortcut = b.convolution(layer("sc"), first, {.filters = outer, .stride = square(spec.stride)});
  }
  return b.add(spec.sum, x, shortcut);
}

}  // namespace

NodeId resnet152_v2(NetworkBuilder& b) {
  constexpr std::array kUnits{3, 8, 36, 3};
  NodeId x =
      b.batch_norm(module_layer("bn_data"), b.input(), {.epsilon = kEpsilon, .fix_gamma = true});
  x = b.convolution(
      module_layer("conv0"), x,
      {.filters = b.channels(64), .kernel = square(7), .stride = square(2), .padding = around(3)});
  x = norm_relu(b, "", 0, x);
  x = b.pool("pooling0", x, max_window(3, 2, 1));
  std::int64_t filters = 256;
  int sums = 0;
  for (std::size_t stage = 0; stage < kUnits.size(); ++stage, filters *= 2) {
    for (int i = 0; i < kUnits[stage]; ++i) {
      x = unit(b,
               {.prefix = fmt::format("stage{}_unit{}_", stage + 1, i + 1),
                .sum = fmt::format("_plus{}", sums++),
                .filters = filters,
                .stride = i == 0 && stage > 0 ? 2 : 1,
                .changes_shape = i == 0},
               x);
    }
  }
  x = norm_relu(b, "", 1, x);
  x = b.global_average("pool1", x);
  return b.softmax(b.fully_connected(module_layer("fc1"), b.flatten("flatten0", x), b.classes()));
}

}  // namespace qbench
