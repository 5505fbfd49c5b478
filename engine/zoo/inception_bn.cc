// Inception-BN, as the symbol script of MXNet's image classification example has it: convolutions
// have biases although batch norm follows. (Ioffe, Szegedy, Batch Normalization.)

#include <fmt/format.h>

#include "engine/zoo/networks.h"

namespace qbench {
namespace {

constexpr float kEpsilon = 1e-10F + 1e-5F;

NodeId unit(NetworkBuilder& b, const std::string& name, NodeId data, ConvSpec spec) {
  spec.filters = b.channels(spec.filters);
  spec.bias = true;
  NodeId x = b.convolution(module_layer("conv_" + name), data, spec);
  x = b.batch_norm(module_layer("bn_" + name), x, {.epsilon = kEpsilon});
  return b.relu("relu_" + name, x);
}

ConvSpec three(std::int64_t filters, std::int64_t stride = 1) {
  return {.filters = filters, .kernel = square(3), .stride = square(stride), .padding = around(1)};
}

// 1x1 and 3x3, and 1x1, 3x3 and 3x3; the last convolutions have the stride.
NodeId three_branch(NetworkBuilder& b, const std::string& block, NodeId data, std::int64_t reduced,
                    std::int64_t filters, std::int64_t stride) {
  const NodeId x = unit(b, block + "_3x3_reduce", data, {.filters = reduced});
  return unit(b, block + "_3x3", x, three(filters, stride));
}
NodeId double_branch(NetworkBuilder& b, const std::string& block, NodeId data, std::int64_t reduced,
                     std::int64_t filters, std::int64_t stride) {
  NodeId x = unit(b, block + "_double_3x3_reduce", data, {.filters = reduced});
  x = unit(b, block + "_double_3x3_0", x, three(filters));
  return unit(b, block + "_double_3x3_1", x, three(filters, stride));
}

struct Keeping {  // keeps the size
  const char* name;
  std::int64_t one, reduced, three, double_reduced, double_three;
  PoolKind pool;
  std::int64_t projected;
};

NodeId module_a(NetworkBuilder& b, NodeId data, const Keeping& m) {
  const std::string block = m.name;
  const NodeId one = unit(b, block + "_1x1", data, {.filters = m.one});
  const NodeId three = three_branch(b, block, data, m.reduced, m.three, 1);
  const NodeId threes = double_branch(b, block, data, m.double_reduced, m.double_three, 1);
  const bool max = m.pool == PoolKind::max;
  NodeId x = b.pool(fmt::format("{}_pool_{}_pool", max ? "max" : "avg", block), data,
                    max ? max_window(3, 1, 1) : average_window(3, 1, 1));
  x = unit(b, block + "_proj", x, {.filters = m.projected});
  return b.concat(fmt::format("ch_concat_{}_chconcat", block), {one, three, threes, x});
}

struct Halving {
  const char* name;
  std::int64_t reduced, three, double_reduced, double_three;
};

NodeId module_b(NetworkBuilder& b, NodeId data, const Halving& m) {
  const std::string block = m.name;
  const NodeId three = three_branch(b, block, data, m.reduced, m.three, 2);
  const NodeId threes = double_branch(b, block, data, m.double_reduced, m.double_three, 2);
  const NodeId x = b.pool(fmt::format("max_pool_{}_pool", block), data, max_window(3, 2, 1));
  return b.concat(fmt::format("ch_concat_{}_chconcat", block), {three, threes, x});
}

}  // namespace

NodeId inception_bn(NetworkBuilder& b) {
  constexpr PoolKind kAverage = PoolKind::average;
  NodeId x = unit(b, "1", b.input(),
                  {.filters = 64, .kernel = square(7), .stride = square(2), .padding = around(3)});
  x = b.pool("pool_1", x, max_window(3, 2));
  x = unit(b, "2_red", x, {.filters = 64});
  x = b.pool("pool_2", unit(b, "2", x, three(192)), max_window(3, 2));
  x = module_a(b, x, {"3a", 64, 64, 64, 64, 96, kAverage, 32});
  x = module_a(b, x, {"3b", 64, 64, 96, 64, 96, kAverage, 64});
  x = module_b(b, x, {"3c", 128, 160, 64, 96});
  x = module_a(b, x, {"4a", 224, 64, 96, 96, 128, kAverage, 128});
  x = module_a(b, x, {"4b", 192, 96, 128, 96, 128, kAverage, 128});
  x = module_a(b, x, {"4c", 160, 128, 160, 128, 160, kAverage, 128});
  x = module_a(b, x, {"4d", 96, 128, 192, 160, 192, kAverage, 128});
  x = module_b(b, x, {"4e", 128, 192, 192, 256});
  x = module_a(b, x, {"5a", 352, 192, 320, 160, 224, kAverage, 128});
  x = module_a(b, x, {"5b", 352, 192, 320, 192, 224, PoolKind::max, 128});
  x = b.average_what_is_left("global_pool", x, square(1));
  return b.softmax(b.fully_connected(module_layer("fc1"), b.flatten("flatten", x), b.classes()));
}

}  // namespace qbench
