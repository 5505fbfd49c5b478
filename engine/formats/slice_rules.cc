// Import rules of the operators that take some of the channels. The graph has no operator for that:
// a layer whose weights are 1 and 0 picks the same values.

#include <fmt/format.h>

#include <string>
#include <utility>
#include <vector>

#include "engine/core/error.h"
#include "engine/formats/importer.h"

namespace qbench {
namespace {

constexpr std::size_t kMostWeights = std::size_t{1} << 24;  // 4096 of 4096 channels

// Channels begin .. end - 1 of the data, as the node of that name beside this one, or as this one.
NodeId pick_channels(OperatorImport& node, NodeId data, std::int64_t begin, std::int64_t end,
                     const std::string& suffix) {
  const TensorType from = node.type(data);
  const std::int64_t channels = from.shape[1];
  if (from.quant) throw Error("data is quantized, supported is f32", ErrorKind::unsupported);
  const bool images = from.shape.rank() == 4;
  Shape shape{end - begin, channels};
  if (images) shape = {end - begin, channels, 1, 1};
  if (std::cmp_greater(shape.elements(), kMostWeights))
    throw Error(fmt::format("{} of {} channels, which is too many", end - begin, channels));
  Tensor weight(DType::f32, std::move(shape));
  for (std::int64_t i = 0; i < end - begin; ++i)
    weight.data<float>()[static_cast<std::size_t>(i * channels + begin + i)] = 1;
  const NodeId picks =
      node.add_value(suffix.empty() ? "pick" : suffix + "_pick", std::move(weight));
  Op op = FullyConnected{};
  if (images) op = Convolution{};
  return suffix.empty() ? node.add(std::move(op), {data, picks})
                        : node.add_named(suffix, std::move(op), {data, picks});
}

// The data, where the axis is that of its channels.
NodeId data_along_channels(OperatorImport& node) {
  const NodeId data = node.data(0);
  const auto rank = static_cast<std::int64_t>(node.type(data).shape.rank());
  const std::int64_t axis = node.attributes.integer("axis", 1);
  if ((axis == 1 || axis + rank == 1) && (rank == 2 || rank == 4)) return data;
  throw Error(fmt::format("axis {} of {}, supported is axis 1 of [N,C] or [N,C,H,W]", axis,
                          to_string(node.type(data).shape)),
              ErrorKind::unsupported);
}

NodeId import_slice_channel(OperatorImport& node) {
  const NodeId data = data_along_channels(node);
  const Shape from = node.type(data).shape;
  const std::int64_t parts = node.attributes.integer("num_outputs", std::nullopt);
  if (parts < 1 || from[1] % parts != 0)
    throw Error(fmt::format("num_outputs is {}, expected a divisor of {}", parts, from[1]));
  const std::int64_t size = from[1] / parts;
  const bool squeezes = node.attributes.flag("squeeze_axis", false);
  if (squeezes && size != 1)
    throw Error(fmt::format("squeeze_axis where a part has {} channels, expected 1", size));
  NodeId first = -1;
  for (std::int64_t part = 0; part < parts; ++part) {
    const std::string suffix = part == 0 ? "" : fmt::format("output{}", part);
    NodeId id = -1;
    if (squeezes) {
      id = pick_channels(node, data, part, part + 1, fmt::format("part{}", part));
      std::vector<std::int64_t> dims = from.dims();
      dims[0] = 0;
      dims.erase(dims.begin() + 1);
      id = part == 0 ? node.add(Reshape{dims}, {id}) : node.add_named(suffix, Reshape{dims}, {id});
    } else {
      id = pick_channels(node, data, part * size, (part + 1) * size, suffix);
    }
    if (part == 0) first = id;
    if (part > 0) node.deliver(static_cast<std::int32_t>(part), id);
  }
  return first;
}

NodeId import_slice_axis(OperatorImport& node) {
  node.attributes.integer("axis", std::nullopt);
  const NodeId data = data_along_channels(node);
  const std::int64_t channels = node.type(data).shape[1];
  std::int64_t begin = node.attributes.integer("begin", std::nullopt);
  std::int64_t end = node.attributes.integer("end", channels);
  if (begin < 0) begin += channels;
  if (end < 0) end += channels;
  if (begin < 0 || begin >= end || end > channels) {
    throw Error(fmt::format("channels {} to {} of {}", node.attributes.text("begin", ""),
                            node.attributes.text("end", "None"), channels));
  }
  return pick_channels(node, data, begin, end, "");
}

constexpr OperatorRule kRules[] = {
    {"SliceChannel", import_slice_channel},
    {"slice_axis", import_slice_axis},
    {"split", import_slice_channel},
};

}  // namespace

std::span<const OperatorRule> slice_rules() { return kRules; }

}  // namespace qbench
