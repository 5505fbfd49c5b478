#include "engine/graph/accumulators.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

namespace qbench {

bool sums_fit(std::span<const std::int8_t> weights, DType data) {
  const std::int64_t low = data == DType::u8 ? 0 : -128;
  const std::int64_t high = data == DType::u8 ? 255 : 127;
  std::int64_t least = 0;
  std::int64_t largest = 0;
  for (const std::int8_t value : weights) {
    const std::int64_t weight = +value;
    least += std::min(weight * low, weight * high);
    largest += std::max(weight * low, weight * high);
  }
  return least >= std::numeric_limits<std::int32_t>::min() &&
         largest <= std::numeric_limits<std::int32_t>::max();
}

std::optional<std::string> why_sums_overflow(const Graph& graph, NodeId id) {
  const Node& node = graph[id];
  const bool adds_up = std::holds_alternative<Convolution>(node.op) ||
                       std::holds_alternative<FullyConnected>(node.op);
  if (!adds_up || !graph[node.inputs[0]].type.quant) return std::nullopt;
  if (graph.as_constant(node.inputs[1]) == nullptr) return std::nullopt;
  const Tensor& weights = graph.value(node.inputs[1]);
  if (weights.dtype() != DType::s8) return std::nullopt;
  constexpr std::int64_t kAlwaysFit = (std::int64_t{1} << 31) / (255 * 128);
  const std::int64_t products = weights.shape().elements(1);
  if (products <= kAlwaysFit) return std::nullopt;
  for (std::int64_t o = 0; o < weights.shape()[0]; ++o) {
    const auto row = weights.data<std::int8_t>().subspan(static_cast<std::size_t>(o * products),
                                                         static_cast<std::size_t>(products));
    if (!sums_fit(row, graph[node.inputs[0]].type.dtype))
      return fmt::format(
          "sums of {} products of bytes may not fit into 32 bits (output {}), exclude the layer "
          "from quantization",
          products, o);
  }
  return std::nullopt;
}

}  // namespace qbench
