// What a network is for, by its outputs.
#include "harness/accuracy/task.h"

#include <gmock/gmock.h>

#include "engine/core/error.h"

namespace qbench {
namespace {

using testing::HasSubstr;

Graph delivering(const std::vector<std::vector<std::int64_t>>& shapes) {
  Graph graph;
  const NodeId x = graph.add("x", Input{Shape{2, 3, 4, 5}});
  std::vector<NodeId> outputs;
  for (const auto& dims : shapes)
    outputs.push_back(graph.add("y" + std::to_string(outputs.size()), Reshape{dims}, {x}));
  graph.set_outputs(outputs);
  return graph;
}

TEST(OutputForm, DimensionsOfOneAreNoObstacle) {
  for (const auto& dims : std::vector<std::vector<std::int64_t>>{
           {2, 60}, {2, 60, 1, 1}, {2, 1, 1, 60}, {2, 60, 1}, {2, 1, 60}}) {
    const OutputForm form = output_form(delivering({dims}));
    EXPECT_EQ(form.task, Task::classification);
    EXPECT_EQ(form.values, 60);
  }
}

std::string message_for(const Graph& graph) {
  try {
    output_form(graph);
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::unsupported);
    return error.what();
  }
  return "no error";
}

TEST(OutputForm, OtherShapesAreNamed) {
  EXPECT_THAT(message_for(delivering({{2, 3, 20}})),
              HasSubstr("output 'y0' has shape [2,3,20], expected [N,classes] or detections"));
}

TEST(OutputForm, SeveralOutputsAreListed) {
  EXPECT_THAT(message_for(delivering({{2, 60}, {2, 3, 20}})),
              HasSubstr("2 outputs, expected one: choose it by --output, in a suite by output: "
                        "'y0' [2,60], 'y1' [2,3,20]"));
}

TEST(OutputForm, SeveralInputsAreListed) {
  Graph graph;
  const NodeId a = graph.add("a", Input{Shape{1, 4}});
  const NodeId b = graph.add("b", Input{Shape{1, 4}});
  graph.set_outputs({graph.add("sum", Add{}, {a, b})});
  EXPECT_THAT(message_for(graph), HasSubstr("2 inputs ('a' [1,4], 'b' [1,4]), expected one"));
}

}  // namespace
}  // namespace qbench
