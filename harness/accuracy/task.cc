#include "harness/accuracy/task.h"

#include <fmt/format.h>

#include <algorithm>
#include <variant>

#include "engine/core/error.h"
#include "engine/graph/list_values.h"

namespace qbench {

namespace {

// Classes of [N,K], [N,K,1,1], [N,1,K]: at most one dimension beside the batch is more than 1.
bool is_one_list(const Shape& shape) {
  if (shape.rank() < 2) return false;
  return std::count_if(shape.dims().begin() + 1, shape.dims().end(),
                       [](std::int64_t dim) { return dim > 1; }) <= 1;
}

}  // namespace

OutputForm output_form(const Graph& graph) {
  if (graph.inputs().size() != 1) {
    throw Error(fmt::format("the network has {} inputs ({}), expected one", graph.inputs().size(),
                            list_values(graph, graph.inputs())),
                ErrorKind::unsupported);
  }
  if (graph.outputs().size() != 1) {
    throw Error(
        fmt::format(
            "the network has {} outputs, expected one: choose it by --output, in a suite by "
            "output: {}",
            graph.outputs().size(), list_values(graph, graph.outputs())),
        ErrorKind::unsupported);
  }
  const Node& output = graph[graph.outputs().front()];
  const Shape& shape = output.type.shape;
  if (std::holds_alternative<MultiBoxDetection>(output.op)) {
    const std::int64_t classes = graph[output.inputs.front()].type.shape[1] - 1;
    return {Task::detection, shape[1] * shape[2], classes};
  }
  if (is_one_list(shape)) return {Task::classification, shape.elements(1), shape.elements(1)};
  throw Error(
      fmt::format("the network's output '{}' has shape {}, expected [N,classes] or detections; "
                  "--until (in a suite until) ends it at another node",
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
