// The quantizer: FP32 graph + calibration table -> INT8 graph. The FP32 graph stays as it was.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/calibration/calibration_table.h"
#include "engine/graph/graph.h"

namespace qbench {

enum class QuantizedDType : std::uint8_t {
  automatic,  // u8 where no value can be negative, else s8
  s8,         // s8 everywhere
  u8,         // as automatic, and the first convolution stays FP32, as the MXNet examples have it
};
QuantizedDType quantized_dtype_from_string(std::string_view text);  // "auto", "int8", "uint8"
std::string_view to_string(QuantizedDType dtype);

struct QuantScheme {
  QuantizedDType dtype = QuantizedDType::automatic;
  bool per_channel_weights = true;
  bool exclude_first_conv = false;
  std::vector<std::string> excluded_layers = {};  // node names that stay FP32
  // Node names whose outputs have ranges; empty: all that are needed. A layer that reads anything
  // else stays FP32; the network's inputs always have a range.
  std::vector<std::string> calibrated_layers = {};
  // What images can bring to the network's input, whichever calibrated; nothing: not known, and
  // what calibration saw is taken for it.
  std::optional<Range> input_range = {};
};

struct LeftInFp32 {
  std::string node;
  std::string op;
  std::string reason;
};

struct QuantizedModel {
  Graph graph;
  std::vector<LeftInFp32> left_in_fp32;  // operators that could have been INT8, and why not
};

// Names of the tensors whose ranges `quantize` needs for this graph: what to observe.
std::vector<std::string> tensors_to_calibrate(const Graph& graph, const QuantScheme& scheme);

// Without a table: mode none, ranges are found at run time. Throws Error when an excluded name does
// not exist (with the nearest name) or the table lacks a tensor.
QuantizedModel quantize(const Graph& graph, const QuantScheme& scheme,
                        const CalibrationTable* table);

}  // namespace qbench
