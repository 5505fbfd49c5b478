#include "engine/formats/symbol.h"

#include <gmock/gmock.h>

#include <sstream>

#include "tests/engine/formats/testing.h"

namespace qbench {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::message_of;
using ::testing::Pair;

TEST(Symbol, TheOldestSpelling) {
  const Symbol symbol = parse_symbol(R"({
    "nodes": [
      {"op": "null", "param": {}, "name": "data", "inputs": [], "backward_source_id": -1},
      {"op": "Activation", "param": {"act_type": "relu", "lr_mult": "param"},
       "attr": {"lr_mult": "2"}, "name": "relu", "inputs": [[0, 0]], "backward_source_id": -1}],
    "arg_nodes": [0], "heads": [[1, 0]]})");
  EXPECT_EQ(symbol.version, 800);
  EXPECT_TRUE(symbol.nodes[0].is_variable());
  EXPECT_THAT(symbol.nodes[1].attributes,
              ElementsAre(Pair("__lr_mult__", "2"), Pair("act_type", "relu")));
  EXPECT_THAT(symbol.nodes[1].inputs, ElementsAre(SymbolEntry{0, 0}));
  EXPECT_THAT(symbol.heads, ElementsAre(SymbolEntry{1, 0}));
}

TEST(Symbol, TheUsualSpelling) {
  const Symbol symbol = parse_symbol(R"json({
    "nodes": [{"op": "null", "name": "x", "attrs": {"__shape__": "(1,)"}, "inputs": []},
              {"op": "f", "name": "y", "attr": {"a": "old"}, "attrs": {"a": "new"},
               "inputs": [[0, 0, 1], [0, 2, 0]]}],
    "arg_nodes": [0], "node_row_ptr": [0, 1, 2], "heads": [[1, 0, 0], [0, 0, 0]],
    "attrs": {"mxnet_version": ["int", 10901]}})json");
  EXPECT_EQ(symbol.version, 10901);
  EXPECT_THAT(symbol.nodes[1].attributes, ElementsAre(Pair("a", "new")));
  EXPECT_THAT(symbol.nodes[1].inputs, ElementsAre(SymbolEntry{0, 0}, SymbolEntry{0, 2}));
}

std::string one_node(const std::string& node) {
  return R"({"nodes": [)" + node + R"(], "arg_nodes": [], "heads": [[0, 0, 0]]})";
}

std::string nested_subgraphs(int depth) {
  std::string json = one_node(R"({"op":"null","name":"x","inputs":[]})");
  for (int i = 0; i < depth; ++i) {
    json.insert(0, R"({"op":"f","name":"x","inputs":[],"subgraphs":[)").append("]}");
    json = one_node(json);
  }
  return json;
}

TEST(Symbol, SubgraphsAreReadAndWritten) {
  const Symbol symbol = parse_symbol(nested_subgraphs(4));
  const Symbol* inner = &symbol;
  for (int i = 0; i < 4; ++i) inner = &inner->nodes[0].subgraphs[0];
  EXPECT_TRUE(inner->nodes[0].is_variable());

  std::ostringstream once;
  std::ostringstream twice;
  write_symbol(once, symbol);
  write_symbol(twice, parse_symbol(once.str()));
  EXPECT_EQ(once.str(), twice.str());
}

TEST(Symbol, AWrittenSymbolLooksLikeMxnets) {
  Symbol symbol;
  symbol.nodes.push_back({.op = "null", .name = "data"});
  symbol.nodes.push_back(
      {.op = "Flatten", .name = "a \"b\"", .attributes = {{"k", "(1, 2)"}}, .inputs = {{0, 0}}});
  symbol.nodes[1].outputs = 3;
  symbol.heads = {{1, 0}};
  symbol.version = 10500;
  std::ostringstream out;
  write_symbol(out, symbol);
  EXPECT_EQ(out.str(), R"json({
  "nodes": [
    {
      "op": "null",
      "name": "data",
      "inputs": []
    },
    {
      "op": "Flatten",
      "name": "a \"b\"",
      "attrs": {
        "k": "(1, 2)"
      },
      "inputs": [[0, 0, 0]]
    }
  ],
  "arg_nodes": [0],
  "node_row_ptr": [0, 1, 4],
  "heads": [[1, 0, 0]],
  "attrs": {"mxnet_version": ["int", 10500]}
}
)json");
}

TEST(Symbol, WhatIsWrongIsSaidWithItsPlace) {
  const auto inputs = [](const std::string& entries) {
    return one_node(R"({"op":"null","name":"a","inputs":[]}, {"op":"f","name":"b","inputs":)" +
                    entries + "}");
  };
  const std::pair<std::string, std::string> cases[] = {
      {"", "empty, expected a symbol as JSON"},
      {" \n", "empty, expected a symbol as JSON"},
      {"{", "unexpected end of input"},
      {"{\n\"nodes\": [,]}", "line 2, column 11"},
      {"[]", "array, expected an object"},
      {"{}", "'nodes' is missing"},
      {R"({"nodes": {}})", "'nodes' is object, expected an array"},
      {R"({"nodes": []})", "heads: 'heads' is missing"},
      {R"({"nodes": [], "heads": []})", "no heads"},
      {R"({"nodes": [], "heads": [[0,0]]})", "the node of an entry is 0, expected a whole number"},
      {one_node("7"), "node 0: number, expected an object"},
      {one_node(R"({"name":"a","inputs":[]})"), "node 0 'a': 'op' is missing"},
      {one_node(R"({"op":1,"name":"a","inputs":[]})"), "'op' is number, expected a string"},
      {one_node(R"({"op":"f","name":null,"inputs":[]})"), "'name' is null, expected a string"},
      {one_node(R"({"op":"f","name":"a"})"), "'inputs' is missing"},
      {one_node(R"({"op":"f","name":"a","inputs":[[0,0,0]]})"),
       "node 0 'a': the node of an entry is 0, expected a whole number below 0"},
      {one_node(R"({"op":"f","name":"a","inputs":[],"attrs":[]})"), "'attrs' is array"},
      {one_node(R"({"op":"f","name":"a","inputs":[],"attrs":{"k":3}})"),
       "attribute 'k' is number, expected a string"},
      {one_node(R"({"op":"f","name":"a","inputs":[],"subgraphs":3})"), "'subgraphs' is number"},
      {one_node(R"({"op":"f","name":"a","inputs":[],"subgraphs":[3]})"), "number, expected an obj"},
      {inputs("[[1,0,0]]"), "node 1 'b': the node of an entry is 1"},  // itself
      {inputs("[[0]]"), "not of the form [node, output, version]"},
      {inputs("[0]"), "not of the form"},
      {inputs("[[0,0,0,0]]"), "not of the form"},
      {inputs("[[-1,0,0]]"), "the node of an entry is -1"},
      {inputs("[[0.5,0,0]]"), "the node of an entry is 0.5"},
      {inputs("[[0,99999999999,0]]"), "the output of an entry is 99999999999"},
      {inputs("[[\"0\",0,0]]"), "the node of an entry is \"0\""},
      {one_node(
           R"({"op":"null","name":"a","inputs":[]}, {"op":"null","name":"b","inputs":[[0,0]]})"),
       "a variable has inputs"},
      {R"({"nodes": [{"op":"null","name":"a","inputs":[]}], "heads": [[0,0]], "attrs": 3})",
       "'attrs' of the graph is not an object"},
      {R"({"nodes": [{"op":"null","name":"a","inputs":[]}], "heads": [[0,0]],
           "attrs": {"mxnet_version": 3}})",
       "'mxnet_version' is not of the form"},
      {nested_subgraphs(5), "more than 4 subgraphs inside each other"},
      {std::string(100000, '['), "nested more than 48 deep"},
      {"{\"nodes\": [{\"op\": \"\xff\"}]}", "invalid string"},
  };
  for (const auto& c : cases) {
    EXPECT_THAT(message_of([&] { parse_symbol(c.first); }), HasSubstr(c.second))
        << c.first.substr(0, 200);
  }
}

TEST(Symbol, TheFileIsNamed) {
  EXPECT_THAT(message_of([] { read_symbol("/nowhere/x-symbol.json"); }),
              HasSubstr("/nowhere/x-symbol.json: cannot be read: No such file"));
}

}  // namespace
}  // namespace qbench
