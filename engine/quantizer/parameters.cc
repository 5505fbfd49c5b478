#include "engine/quantizer/parameters.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "engine/core/error.h"

namespace qbench {
namespace {

std::size_t index(NodeId id) { return static_cast<std::size_t>(id); }

Range unite(const Range& a, const Range& b) {
  return {std::min(a.min, b.min), std::max(a.max, b.max)};
}

CalibratedRange unite(const CalibratedRange& a, const CalibratedRange& b) {
  return {unite(a.observed, b.observed), unite(a.s8, b.s8), unite(a.u8, b.u8)};
}

const CalibratedRange& find_range(const CalibrationTable& table, const std::string& name) {
  const auto found = table.ranges.find(name);
  if (found != table.ranges.end()) return found->second;
  throw Error(fmt::format("the calibration table ({}, {} batches) has no range of tensor '{}'",
                          table.mode, table.batches, name));
}

// The range of the network's input: an end of what is possible that calibration saw nothing near is
// taken in, so that images of another kind than those calibrated on are not cut off.
CalibratedRange input_range(const CalibratedRange& calibrated, const Range& possible) {
  constexpr float kNear = 0.1F;  // of the whole
  const float near = kNear * (possible.max - possible.min);
  Range unseen;
  if (calibrated.observed.min - possible.min > near) unseen.min = possible.min;
  if (possible.max - calibrated.observed.max > near) unseen.max = possible.max;
  return {calibrated.observed, unite(calibrated.s8, unseen), unite(calibrated.u8, unseen)};
}

// The range of each node's value: its own, or that of the values it copies or joins.
std::vector<CalibratedRange> node_ranges(const Graph& graph, const std::vector<NodePlan>& plan,
                                         const CalibrationTable& table,
                                         const std::optional<Range>& possible_input) {
  std::vector<CalibratedRange> ranges(plan.size());
  for (NodeId id = 0; id < graph.size(); ++id) {
    CalibratedRange& range = ranges[index(id)];
    if (plan[index(id)].own_range) {
      range = find_range(table, graph[id].name);
      if (possible_input && std::holds_alternative<Input>(graph[id].op))
        range = input_range(range, *possible_input);
    } else if (plan[index(id)].delivers_quantized) {
      for (NodeId input : graph[id].inputs) range = unite(range, ranges[index(input)]);
    }
  }
  return ranges;
}

struct Group {
  CalibratedRange range;
  bool non_negative = true;
};

}  // namespace

std::vector<Graph::Quantization> choose_parameters(const Graph& graph,
                                                   const std::vector<NodePlan>& plan,
                                                   const QuantScheme& scheme,
                                                   const CalibrationTable* table) {
  std::vector<CalibratedRange> ranges(plan.size());
  if (table != nullptr) ranges = node_ranges(graph, plan, *table, scheme.input_range);

  std::vector<Group> groups(plan.size());
  for (std::size_t i = 0; i < plan.size(); ++i) {
    if (!plan[i].needed_quantized) continue;
    // A value is u8 only where it must be non-negative for any image. What was never negative in
    // calibration may be so later: it is taken for a proof of an input alone of which no more is
    // known.
    const bool is_unknown_input =
        std::holds_alternative<Input>(graph[static_cast<NodeId>(i)].op) && !scheme.input_range;
    const bool observed_non_negative =
        table != nullptr && is_unknown_input && ranges[i].observed.min >= 0;
    Group& group = groups[index(plan[i].group)];
    group.range = unite(group.range, ranges[i]);
    group.non_negative &= plan[i].non_negative || observed_non_negative;
  }

  std::vector<Graph::Quantization> result(plan.size());
  for (std::size_t i = 0; i < plan.size(); ++i) {
    const Group& group = groups[index(plan[i].group)];
    const bool is_u8 = group.non_negative && scheme.dtype != QuantizedDType::s8;
    result[i].dtype = is_u8 ? DType::u8 : DType::s8;
    result[i].params.dynamic = table == nullptr;
    if (table == nullptr) continue;
    result[i].params.scales = {scale_for(is_u8 ? group.range.u8 : group.range.s8, result[i].dtype)};
  }
  return result;
}

}  // namespace qbench
