// MobileNet 1.0 as Gluon has it. (Howard et al., MobileNets.)

#include <fmt/format.h>

#include "engine/zoo/networks.h"

namespace qbench {
namespace {

struct Separable {
  std::int64_t in;
  std::int64_t out;
  std::int64_t stride;
};

constexpr Separable kBlocks[] = {{32, 64, 1},    {64, 128, 2},  {128, 128, 1}, {128, 256, 2},
                                 {256, 256, 1},  {256, 512, 2}, {512, 512, 1}, {512, 512, 1},
                                 {512, 512, 1},  {512, 512, 1}, {512, 512, 1}, {512, 1024, 2},
                                 {1024, 1024, 1}};

}  // namespace

NodeId mobilenet(NetworkBuilder& b) {
  GluonScope scope("mobilenet0_");
  int child = 0;  // of the one flat sequence of blocks
  const auto path = [&child] { return fmt::format("features.{}", child++); };
  const auto unit = [&](NodeId x, const ConvSpec& spec) {
    x = b.convolution(scope.layer("conv", path()), x, spec);
    x = b.batch_norm(scope.layer("batchnorm", path()), x, {});
    ++child;
    return b.relu(scope.block("relu"), x);
  };
  NodeId x = unit(
      b.input(),
      {.filters = b.channels(32), .kernel = square(3), .stride = square(2), .padding = around(1)});
  for (const auto& [in, out, stride] : kBlocks) {
    x = unit(x, {.filters = b.channels(in),
                 .kernel = square(3),
                 .stride = square(stride),
                 .padding = around(1),
                 .groups = b.channels(in)});
    x = unit(x, {.filters = b.channels(out)});
  }
  x = b.global_average(scope.block("pool"), x);
  x = b.flatten(scope.operation("flatten") + "_flatten0", x);
  return b.softmax(b.fully_connected(scope.layer("dense", "output"), x, b.classes()));
}

}  // namespace qbench
