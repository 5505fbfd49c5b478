// Building a graph from an MXNet symbol: the walk over its nodes, and what the rule of one operator
// sees of it.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/formats/attributes.h"
#include "engine/formats/formats.h"
#include "engine/formats/parameters.h"
#include "engine/formats/symbol.h"
#include "engine/graph/graph.h"

namespace qbench {

class Importer;

// One operator node while it is imported.
class OperatorImport {
 public:
  // `own_name` is the symbol's for it; `name` the graph's, which no other node has.
  OperatorImport(Importer& importer, const SymbolNode& node, std::string_view op,
                 std::string own_name, std::string name)
      : attributes(node.attributes),
        importer_(importer),
        node_(node),
        op_(op),
        own_name_(std::move(own_name)),
        name_(std::move(name)) {}

  const Attributes attributes;
  const SymbolNode& node() const { return node_; }
  std::string_view op() const { return op_; }        // a quantized twin has its f32 operator's
  const std::string& name() const { return name_; }  // of the graph's node
  std::size_t input_count() const { return node_.inputs.size(); }

  // The value of an input. A variable becomes a Constant where it has a value, else an Input.
  NodeId data(std::size_t input);
  TensorType type(NodeId id) const;  // a copy: adding nodes moves the graph's

  // An f32 Constant of that shape, from input number `input`. Where the node has fewer inputs, the
  // variable is "<node>_<argument>"; `argument` also says how random values are drawn.
  NodeId parameter(std::size_t input, std::string_view argument, const Shape& shape);

  // For rules that compute with parameters: the variable's name, its values and its attributes.
  std::string variable(std::size_t input, std::string_view argument) const;
  Attributes variable_attributes(std::size_t input) const;
  Parameters& parameters();

  // Adds the node that stands for this operator. `calibrated` gives its type where it is quantized.
  NodeId add(Op op, std::vector<NodeId> inputs);
  NodeId add(Op op, std::vector<NodeId> inputs, std::optional<Graph::Quantization> quantization);
  // Adds a node beside it, named "<name>_<suffix>".
  NodeId add_named(std::string_view suffix, Op op, std::vector<NodeId> inputs);
  NodeId add_scalar(std::string_view suffix, float value);
  NodeId add_value(std::string_view suffix, Tensor value);
  // `id` is what output `output` delivers, of an operator that has several. The rule's result is
  // output 0.
  void deliver(std::int32_t output, NodeId id);
  // Adds the Constant that stands for the variable at `input`, under another name or type than the
  // variable's own; or finds it where another operator has added it.
  NodeId add_constant(std::size_t input, const std::string& name,
                      std::shared_ptr<const Tensor> value,
                      std::optional<QuantParams> params = std::nullopt);

 private:
  Importer& importer_;
  const SymbolNode& node_;
  std::string_view op_;
  std::string own_name_;
  std::string name_;
};

// What the attributes min_calib_range and max_calib_range say of a node's output; nothing without
// them. The type is the attribute out_type's, else `dtype`, else u8 where the minimum is not
// negative.
std::optional<Graph::Quantization> calibrated(const Attributes& attributes,
                                              std::optional<DType> dtype = std::nullopt);

struct OperatorRule {
  std::string_view op;  // MXNet's name
  NodeId (*import)(OperatorImport& node);
  std::string_view twin_of = {};  // the f32 operator that this is the quantized form of
};

std::span<const OperatorRule> layer_rules();      // layer_rules.cc
std::span<const OperatorRule> array_rules();      // array_rules.cc
std::span<const OperatorRule> detection_rules();  // detection_rules.cc
std::span<const OperatorRule> slice_rules();      // slice_rules.cc
std::span<const OperatorRule> quantized_rules();  // quantized_rules.cc

class Importer {
 public:
  Importer(const Symbol& symbol, Parameters& parameters, const ImportOptions& options);
  Graph run();

 private:
  friend class OperatorImport;

  void name_operators();
  std::vector<SymbolEntry> delivered() const;
  std::string output_name(const SymbolEntry& entry) const;
  void import_operator(std::size_t position);
  bool delivers(const SymbolEntry& entry) const;
  NodeId value(const SymbolEntry& entry);
  NodeId import_variable(const SymbolNode& node);
  Shape input_shape(const SymbolNode& node);
  std::int64_t channels_by_first_layer(const std::string& input) const;
  std::string free_name(const std::string& name) const;
  template <class Add>  // NodeId()
  NodeId add_variable(std::size_t position, Add&& add);
  Graph in_symbol_order() const;

  const Symbol& symbol_;
  Parameters& parameters_;
  const ImportOptions& options_;
  Graph graph_;
  std::string main_input_;                     // the variable that `image_shape` is for
  std::vector<std::string> names_;             // in the graph, of the symbol's nodes
  std::set<std::string, std::less<>> taken_;   // these names
  std::vector<std::optional<NodeId>> values_;  // of the symbol's nodes, output 0
  std::map<std::pair<std::int32_t, std::int32_t>, NodeId> further_;  // of node and output, from 1
  std::size_t position_ = 0;            // of the symbol node being imported
  std::vector<std::size_t> positions_;  // of the graph's nodes in the symbol
};

}  // namespace qbench
