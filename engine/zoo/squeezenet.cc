// SqueezeNet 1.0 as Gluon has it: all convolutions have biases, the classifier's too is followed by
// a ReLU. (Iandola et al., SqueezeNet.)

#include <fmt/format.h>

#include "engine/zoo/networks.h"

namespace qbench {
namespace {

NodeId halve(NetworkBuilder& b, GluonScope& scope, NodeId data) {
  Pool pool = max_window(3, 2);
  pool.ceil_mode = true;
  return b.pool(scope.block("pool"), data, pool);
}

NodeId biased_relu(NetworkBuilder& b, GluonScope& scope, const std::string& path, NodeId data,
                   ConvSpec spec) {
  spec.bias = true;
  const NodeId convolution = b.convolution(scope.layer("conv", path), data, spec);
  return b.relu(scope.block("relu"), convolution);
}

NodeId fire(NetworkBuilder& b, GluonScope& scope, int child, NodeId data, std::int64_t squeeze,
            std::int64_t expand) {
  const std::string path = fmt::format("features.{}", child);
  const std::int64_t filters = b.channels(expand);
  const NodeId x = biased_relu(b, scope, path + ".0.0", data, {.filters = b.channels(squeeze)});
  const NodeId small = biased_relu(b, scope, path + ".1.0.0", x, {.filters = filters});
  const NodeId large = biased_relu(b, scope, path + ".1.1.0", x,
                                   {.filters = filters, .kernel = square(3), .padding = around(1)});
  return b.concat(scope.operation("concat"), {small, large});
}

}  // namespace

NodeId squeezenet(NetworkBuilder& b) {
  GluonScope scope("squeezenet0_");
  NodeId x = biased_relu(b, scope, "features.0", b.input(),
                         {.filters = b.channels(96), .kernel = square(7), .stride = square(2)});
  x = halve(b, scope, x);
  x = fire(b, scope, 3, x, 16, 64);
  x = fire(b, scope, 4, x, 16, 64);
  x = fire(b, scope, 5, x, 32, 128);
  x = halve(b, scope, x);
  x = fire(b, scope, 7, x, 32, 128);
  x = fire(b, scope, 8, x, 48, 192);
  x = fire(b, scope, 9, x, 48, 192);
  x = fire(b, scope, 10, x, 64, 256);
  x = halve(b, scope, x);
  x = fire(b, scope, 12, x, 64, 256);
  x = b.dropout(scope.block("dropout"), x);
  x = biased_relu(b, scope, "output.0", x, {.filters = b.classes(), .pairs = false});
  x = b.average_what_is_left(scope.block("pool"), x, {b.shape(x)[2], b.shape(x)[3]});
  return b.softmax(b.flatten(scope.operation("flatten") + "_flatten0", x));
}

}  // namespace qbench
