// Operators that take some of the channels, run by the reference backend.
#include <gmock/gmock.h>

#include "engine/backends/reference/reference_backend.h"
#include "engine/graph/text.h"
#include "tests/engine/formats/testing.h"

namespace qbench {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::message_of;
using testing::Net;

SymbolEntry output(SymbolEntry entry, int number) { return {entry.node, number}; }

// All outputs for data [1,4,1,2] of 1 2, 3 4, 5 6, 7 8.
std::vector<std::vector<float>> run(const Graph& graph) {
  const std::vector<float> data{1, 2, 3, 4, 5, 6, 7, 8};
  std::vector<std::vector<float>> values;
  std::vector<std::span<float>> outputs;
  for (const NodeId id : graph.outputs())
    values.emplace_back(static_cast<std::size_t>(graph[id].type.shape.elements()));
  for (std::vector<float>& value : values) outputs.emplace_back(value);
  const std::span<const float> inputs[] = {data};
  reference_backend().compile(graph, {})->run(inputs, outputs);
  return values;
}

Graph import(Net net, std::vector<SymbolEntry> heads) {
  net.symbol.heads = std::move(heads);
  return net.import({.image_shape = Shape{4, 1, 2}});
}

TEST(SliceImport, SplitsChannels) {
  for (const char* op : {"SliceChannel", "split"}) {
    Net net;
    const SymbolEntry split = net.node(op, "s", {{"num_outputs", "2"}}, {net.variable("data")});
    const SymbolEntry relu = net.node("relu", "r", {}, {output(split, 1)});
    const Graph graph = import(net, {split, relu, output(split, 1)});
    EXPECT_EQ(graph[graph.outputs()[0]].type.shape, (Shape{1, 2, 1, 2}));
    EXPECT_THAT(run(graph), ElementsAre(ElementsAre(1, 2, 3, 4), ElementsAre(5, 6, 7, 8),
                                        ElementsAre(5, 6, 7, 8)));
  }
}

TEST(SliceImport, SqueezesSinglesWhenAsked) {
  Net net;
  const SymbolEntry split =
      net.node("SliceChannel", "s", {{"num_outputs", "4"}, {"axis", "1"}, {"squeeze_axis", "True"}},
               {net.variable("data")});
  const Graph graph = import(net, {split, output(split, 3)});
  EXPECT_EQ(graph[graph.outputs()[1]].type.shape, (Shape{1, 1, 2}));
  EXPECT_THAT(run(graph), ElementsAre(ElementsAre(1, 2), ElementsAre(7, 8)));
}

TEST(SliceImport, TakesARangeOfChannels) {
  struct Case {
    const char* begin;
    const char* end;
    std::vector<float> expected;
  };
  for (const Case& c : {Case{"1", "3", {3, 4, 5, 6}}, Case{"2", "None", {5, 6, 7, 8}},
                        Case{"-1", "None", {7, 8}}, Case{"0", "-3", {1, 2}}}) {
    Net net;
    const SymbolEntry part =
        net.node("slice_axis", "s", {{"axis", "1"}, {"begin", c.begin}, {"end", c.end}},
                 {net.variable("data")});
    EXPECT_THAT(run(import(net, {part})), ElementsAre(c.expected));
  }
}

TEST(SliceImport, OfVectors) {
  Net net;
  const SymbolEntry flat = net.node("Flatten", "f", {}, {net.variable("data")});
  const SymbolEntry split = net.node("split", "s", {{"num_outputs", "4"}}, {flat});
  const Graph graph = import(net, {output(split, 2)});
  EXPECT_THAT(run(graph), ElementsAre(ElementsAre(5, 6)));
}

TEST(SliceImport, WhatDoesNotFitIsRefused) {
  const auto message = [](const char* op, SymbolAttributes attributes) {
    return message_of([&] {
      Net net;
      net.node(op, "s", std::move(attributes), {net.variable("data")});
      net.import();
    });
  };
  EXPECT_THAT(message("split", {{"num_outputs", "3"}}),
              HasSubstr("num_outputs is 3, expected a divisor of 4"));
  EXPECT_THAT(message("split", {{"num_outputs", "2"}, {"squeeze_axis", "1"}}),
              HasSubstr("squeeze_axis where a part has 2 channels"));
  EXPECT_THAT(message("split", {{"num_outputs", "2"}, {"axis", "2"}}),
              HasSubstr("axis 2 of [1,4,6,6], supported is axis 1"));
  EXPECT_THAT(message("slice_axis", {{"axis", "1"}, {"begin", "3"}, {"end", "2"}}),
              HasSubstr("channels 3 to 2 of 4"));
}

}  // namespace
}  // namespace qbench
