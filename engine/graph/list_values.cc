#include "engine/graph/list_values.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <vector>

namespace qbench {

std::string list_values(const Graph& graph, std::span<const NodeId> ids) {
  if (ids.empty()) return "nothing";
  std::vector<std::string> values;
  for (const NodeId id : ids)
    values.push_back(fmt::format("'{}' {}", graph[id].name, to_string(graph[id].type.shape)));
  return fmt::format("{}", fmt::join(values, ", "));
}

}  // namespace qbench
