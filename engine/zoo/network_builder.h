// What the networks of the zoo are built with: layers together with their random parameters, which
// are set by what is known of the values that reach them (random_weights.h).
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "engine/zoo/random_weights.h"
#include "engine/zoo/zoo.h"

namespace qbench {

// What a layer and its parameters are called.
struct LayerName {
  std::string node;        // "conv0", "resnetv10_conv0_fwd"
  std::string parameters;  // before "weight": "conv0_", "resnetv10_conv0_"
  std::string path = {};   // of the Gluon block: "features.0"; empty where there is none
};

// As the symbol API names them: the parameters begin with the node's name.
LayerName module_layer(const std::string& name);

// As Gluon names the layers of a block: each kind is counted within the block's prefix.
class GluonScope {
 public:
  explicit GluonScope(std::string prefix) : prefix_(std::move(prefix)) {}
  LayerName layer(const std::string& kind, std::string path);  // a child block
  std::string block(const std::string& kind);      // the node of a child without parameters
  std::string operation(const std::string& kind);  // a node of the block's own

 private:
  std::string prefix_;
  std::map<std::string, int> counts_;
};

struct ConvSpec {
  std::int64_t filters = 0;
  Extent2d kernel = {};
  Extent2d stride = {};
  Padding2d padding = {};
  bool bias = false;
  std::int64_t groups = 1;
  Extent2d dilation = {};
  double gain = 1;    // standard deviation of the outputs
  bool pairs = true;  // as random_weights.h says; class scores are none
};

struct BatchNormSpec {
  float epsilon = 1e-5F;
  bool fix_gamma = false;
  double gain = 1;  // scales gamma and beta
};

constexpr Extent2d square(std::int64_t side) { return {side, side}; }
constexpr Padding2d around(std::int64_t margin) { return {margin, margin, margin, margin}; }
constexpr Padding2d around(std::int64_t rows, std::int64_t columns) {
  return {rows, columns, rows, columns};
}

// A square pooling window.
Pool max_window(std::int64_t side, std::int64_t stride, std::int64_t margin = 0);
Pool average_window(std::int64_t side, std::int64_t stride, std::int64_t margin = 0);

class NetworkBuilder {
 public:
  NetworkBuilder(const ZooModel& model, const ZooOptions& options);  // options without blanks

  std::int64_t classes() const { return options_.classes; }
  std::int64_t channels(std::int64_t documented) const;  // scaled by the width
  const Shape& shape(NodeId id) const { return network_.graph[id].type.shape; }

  NodeId input();
  NodeId convolution(const LayerName& name, NodeId data, const ConvSpec& spec);
  NodeId batch_norm(const LayerName& name, NodeId data, const BatchNormSpec& spec);
  NodeId relu(std::string name, NodeId data);
  NodeId pool(std::string name, NodeId data, const Pool& pool);
  NodeId global_average(std::string name, NodeId data);
  NodeId average_what_is_left(std::string name, NodeId data, Extent2d stride);
  NodeId concat(std::string name, std::vector<NodeId> parts);
  NodeId add(std::string name, NodeId a, NodeId b);
  NodeId dropout(std::string name, NodeId data);
  NodeId flatten(std::string name, NodeId data);
  NodeId fully_connected(const LayerName& name, NodeId data, std::int64_t outputs);
  NodeId softmax(NodeId data);
  // PREFIX_norm over the channels, times the parameter PREFIX_scale.
  NodeId scaled_l2_normalize(const std::string& prefix, NodeId data, float scale);
  NodeId apply(std::string name, Op op, std::vector<NodeId> inputs);  // one without parameters

  ZooNetwork finish(NodeId output) &&;

 private:
  NodeId add(std::string name, Op op, std::vector<NodeId> inputs, Signal signal);
  NodeId parameter(const LayerName& name, const char* suffix, Tensor value);
  NodeId draw_bias(const LayerName& name, Signal& output);
  const Signal& signal(NodeId id) const { return signal_.at(static_cast<std::size_t>(id)); }
  RandomStream stream(const std::string& name) const { return {options_.seed, name}; }

  const ZooModel& model_;
  ZooOptions options_;
  ZooNetwork network_;
  std::vector<Signal> signal_;  // of the graph's nodes
};

}  // namespace qbench
