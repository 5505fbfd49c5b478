// Text of quantized graphs, with ranges that tell in the scales where they come from.
#pragma once

#include <algorithm>
#include <map>
#include <string>
#include <string_view>

#include "engine/graph/text.h"
#include "engine/quantizer/quantizer.h"

namespace qbench {

// The k-th of the tensors to calibrate, counted from 1, gets scale k/8, whether s8 or u8.
inline CalibrationTable numbered_ranges(const Graph& graph, const QuantScheme& scheme) {
  CalibrationTable table;
  table.mode = "naive";
  table.batches = 1;
  float scale = 0;
  for (const std::string& name : tensors_to_calibrate(graph, scheme)) {
    scale += 0.125F;
    table.ranges[name] = {{-1, 1}, {-127 * scale, 127 * scale}, {0, 255 * scale}};
  }
  return table;
}

// Without constants, which say nothing that the tests of quantize_weights do not, and without
// indentation.
inline std::string brief(std::string_view text) {
  std::string result;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
    const bool is_constant = line.find(" = Constant(") != std::string_view::npos;
    if (!line.empty() && !is_constant) result.append(line).append("\n");
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return result;
}

inline std::string quantized_text(std::string_view before, const QuantScheme& scheme = {}) {
  const Graph graph = parse_graph(before);
  const CalibrationTable table = numbered_ranges(graph, scheme);
  return brief(print_graph(quantize(graph, scheme, &table).graph));
}

inline std::map<std::string, std::string> reasons(const QuantizedModel& model) {
  std::map<std::string, std::string> result;
  for (const LeftInFp32& left : model.left_in_fp32) result[left.node] = left.reason;
  return result;
}

}  // namespace qbench
