#include "harness/accuracy/task.h"

#include <fmt/format.h>

#include <algorithm>
#include <variant>

#include "engine/core/error.h"

namespace qbench {

OutputForm output_form(const Graph& graph) {
  if (graph.inputs().size() != 1 || graph.outputs().size() != 1) {
    throw Error(fmt::format("the network has {} inputs and {} outputs, expected one of each",
                            graph.inputs().size(), graph.outputs().size()),
                ErrorKind::unsupported);
  }
  const Node& output = graph[graph.outputs().front()];
  const Shape& shape = output.type.shape;
  if (shape.rank() == 2) return {Task::classification, shape[1], shape[1]};
  if (std::holds_alternative<MultiBoxDetection>(output.op)) {
    const std::int64_t classes = graph[output.inputs.front()].type.shape[1] - 1;
    return {Task::detection, shape[1] * shape[2], classes};
  }
  throw Error(
      fmt::format("the network's output '{}' has shape {}, expected [N,classes] or detections",
                  output.name, to_string(shape)),
      ErrorKind::unsupported);
}

std::int64_t class_count(const Graph& graph) {
  const OutputForm form = output_form(graph);
  if (form.task != Task::detection) throw Error("the network is no detector");
  return form.classes;
}

Fit fit_for(const Graph& graph) {
  const bool detects = std::ranges::any_of(graph.outputs(), [&graph](NodeId id) {
    return std::holds_alternative<MultiBoxDetection>(graph[id].op);
  });
  return detects ? Fit::stretch : Fit::center_crop;
}

}  // namespace qbench
