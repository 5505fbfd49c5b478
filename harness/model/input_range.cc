#include "harness/model/input_range.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>

namespace qbench {

Range input_range(const Preprocess& preprocess) {
  constexpr float kWhite = 255;
  const auto channels = static_cast<std::size_t>(preprocess.channels);
  Range range;
  for (std::size_t c = 0; c < channels; ++c) {
    for (const float pixel : {0.F, kWhite}) {
      const float value = (pixel - preprocess.rgb_mean.at(c)) / preprocess.rgb_std.at(c);
      const bool first = c == 0 && pixel == 0;
      range = first ? Range{value, value}
                    : Range{std::min(range.min, value), std::max(range.max, value)};
    }
  }
  return range;
}

std::string doubt_input(const Graph& graph, const Preprocess& preprocess) {
  const Range range = input_range(preprocess);
  if (range.min >= 0) return {};
  for (const Node& node : graph.nodes()) {
    const bool reads_input = std::holds_alternative<Quantize>(node.op) &&
                             std::holds_alternative<Input>(graph[node.inputs.front()].op);
    if (!reads_input || node.type.dtype != DType::u8) continue;
    return fmt::format(
        "the network was quantized for an input without negative values, with this mean and std it "
        "falls to {:.4g}: quantize with the mean and std of inference",
        range.min);
  }
  return {};
}

}  // namespace qbench
