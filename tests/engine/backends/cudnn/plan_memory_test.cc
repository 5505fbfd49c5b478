// What plans promise of memory: used again but never by two at once, shown before it is used again.
#include <gtest/gtest.h>

#include "engine/backends/reference/reference_backend.h"
#include "engine/graph/text.h"
#include "tests/engine/backends/case_runner.h"
#include "tests/engine/backends/cudnn/host_executor.h"
#include "tests/engine/backends/cudnn/signed_graph.h"
#include "tests/engine/backends/small_networks.h"

namespace qbench {
namespace {

using cudnn::Buffer;
using cudnn::Plan;
using cudnn::Step;
using cudnn::View;

void expect_no_overlaps(const Plan& plan) {
  for (std::size_t i = 0; i < plan.buffers.size(); ++i) {
    const Buffer& a = plan.buffers[i];
    if (a.place != Buffer::Place::arena || a.first < 0) continue;
    EXPECT_LE(a.offset + a.bytes, plan.arena_bytes);
    EXPECT_EQ(a.offset % 256, 0U);
    for (std::size_t j = 0; j < i; ++j) {
      const Buffer& b = plan.buffers[j];
      if (b.place != Buffer::Place::arena || b.first < 0) continue;
      const bool together = a.first <= b.last && b.first <= a.last;
      const bool apart = a.offset + a.bytes <= b.offset || b.offset + b.bytes <= a.offset;
      EXPECT_TRUE(!together || apart) << "buffers " << j << " and " << i;
    }
  }
}

TEST(PlanMemory, MemoryIsUsedAgainButNeverByTwoAtOnce) {
  for (const Graph& graph :
       {squeezenet_like(2, false), resnet_like(2, false), with_signed_values(resnet_like(2, true)),
        ssd_like(2), with_signed_values(dynamic_like(2))}) {
    for (const FloatMath math : {FloatMath::f32, FloatMath::f16}) {
      const Plan plan = HostBackend(math).plan(graph);
      expect_no_overlaps(plan);
      std::size_t all = 0;
      for (const Buffer& buffer : plan.buffers) {
        if (buffer.place == Buffer::Place::arena) all += buffer.bytes;
      }
      EXPECT_LT(plan.arena_bytes, all * 2 / 3);
      EXPECT_GT(plan.arena_bytes, 0U);
    }
  }
}

TEST(PlanMemory, OperandsLieInsideTheirBuffers) {
  for (const Graph& graph : {ssd_like(2), with_signed_values(mobilenet_like(2, true))}) {
    const Plan plan = HostBackend().plan(graph);
    for (const Step& step : plan.steps) {
      for (const View& view : step.operands) {
        if (view.buffer < 0) continue;
        const Buffer& buffer = plan.buffers[static_cast<std::size_t>(view.buffer)];
        EXPECT_LE(view.offset + bytes_of(view.desc), buffer.bytes) << step.node;
      }
    }
  }
}

TEST(PlanMemory, AValueThatIsReadLaterIsNotOverwritten) {
  const Graph graph = parse_graph(R"(
    data = Input(shape=[1,16,6,6])
    w = Constant() : f32[16,16,3,3] values=random(1)
    a = Convolution(data, w; padding=[1,1,1,1])
    b = Activation(a; spec=relu)
    c = Add(b, a)
    t = Transpose(a; permutation=[0,2,3,1])
    u = Reshape(t; dims=[1,16,6,6])
    d = Add(c, u)
    e = Add(a, d; activation=relu)
    return e, b)");
  const Values inputs = draw_inputs({.name = "", .graph = graph, .input = {-1, 1}});
  const Values expected = run_on(reference_backend(), graph, inputs);
  for (const bool row_major : {false, true})
    expect_close(graph, run_on(HostBackend(FloatMath::f32, row_major), graph, inputs), expected);
}

// The sum's first term is free to be overwritten, but the second is the same memory in another
// order.
TEST(PlanMemory, AValueIsNotOverwrittenWhileItIsReadInAnotherOrder) {
  const Graph graph = parse_graph(R"(
    data = Input(shape=[1,16,4,4])
    w = Constant() : f32[16,16,1,1] values=random(1)
    a = Convolution(data, w)
    t = Transpose(a; permutation=[0,2,3,1])
    u = Reshape(t; dims=[1,16,4,4])
    s = Add(a, u)
    y = Activation(s; spec=relu)
    return y)");
  const Values inputs = draw_inputs({.name = "", .graph = graph, .input = {-1, 1}});
  expect_close(graph, run_on(HostBackend(), graph, inputs),
               run_on(reference_backend(), graph, inputs));
}

TEST(PlanMemory, ShowsEveryObservedValueWhateverItIsKeptIn) {
  Graph graph = squeezenet_like(2, false);
  std::vector<std::string> names;
  std::vector<NodeId> ids;
  for (NodeId id = 0; id < graph.size(); ++id) {
    if (graph.as_constant(id) != nullptr) continue;
    names.push_back(graph[id].name);
    ids.push_back(id);
  }
  const Values inputs = draw_inputs({.name = "", .graph = graph, .input = {-1, 1}});
  Graph shown = graph;
  shown.set_outputs(ids);
  const Values expected = run_on(reference_backend(), shown, inputs);
  for (const bool row_major : {false, true}) {
    HostExecutable executable(HostBackend(FloatMath::f32, row_major).plan(graph, names));
    Values seen(names.size());
    std::vector<float> y(static_cast<std::size_t>(graph[graph.outputs()[0]].type.shape.elements()));
    const std::span<const float> in[] = {inputs[0]};
    const std::span<float> out[] = {y};
    executable.run_observed(in, out, [&](int, std::size_t i, std::span<const float> values) {
      seen.at(i).insert(seen[i].end(), values.begin(), values.end());
    });
    expect_close(shown, seen, expected);
  }
}

}  // namespace
}  // namespace qbench
