// The documented networks, built node by node with random weights: structure, node names and
// parameter names are those of the MXNet 1.5 files they go by.
//
// At the documented image shape, number of classes and width nothing differs from the documents.
// What other options adapt:
//   width        every channel count is scaled and rounded to a multiple of 8, at least 8
//   image shape  the final average pooling covers what is left of the image. SSD leaves out the
//                extra feature layers that no longer fit; its anchors keep their sizes and stand a
//                cell of their feature map apart.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>

#include "engine/graph/graph.h"

namespace qbench {

class NetworkBuilder;

struct ZooOptions {
  Shape image_shape = {};    // [C,H,W]; rank 0: as documented
  std::int64_t batch = 1;    // images in one run
  std::int64_t classes = 0;  // 1 to 100000, for detection without the background; 0: as documented
  double width = 1;          // factor of the channel counts, above 0, at most 4
  std::uint64_t seed = 0;    // of the weights, which depend on seed, name and shape alone
};

enum class Task : std::uint8_t { classification, detection };

struct ZooModel {
  std::string_view name;
  std::string_view source;  // where its weights were published
  std::string_view description;
  std::array<std::int64_t, 3> image_shape;  // [C,H,W]
  std::int64_t classes;                     // detection: without the background
  std::array<float, 3> rgb_mean;            // of its training, in pixels of 0..255
  std::array<float, 3> rgb_std;
  Task task;
  NodeId (*layers)(NetworkBuilder& builder);  // gives the output
};

// Parameter names of the graph -> what Gluon's save_parameters calls them ("features.0.weight").
// Empty for networks that are no Gluon blocks.
using GluonNames = std::map<std::string, std::string, std::less<>>;

struct ZooNetwork {
  Graph graph;
  GluonNames gluon_names;
};

std::span<const ZooModel> zoo();
const ZooModel* find_zoo_model(std::string_view name);  // nullptr when there is none

// Throws Error when an option is out of its range, or naming the first layer that does not fit an
// image so small.
ZooNetwork build_zoo_model(const ZooModel& model, const ZooOptions& options = {});

}  // namespace qbench
