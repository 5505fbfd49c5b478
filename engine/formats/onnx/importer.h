// Building a graph from an ONNX model. Each operator has a rule in one of the tables below.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/formats/formats.h"
#include "engine/formats/onnx/blockers.h"
#include "engine/formats/onnx/model.h"
#include "engine/graph/graph.h"

namespace qbench::onnx {

// What a name in the file stands for: a value computed in the graph, one known from the file, or
// neither, where a node that is not supported would deliver it.
struct Value {
  std::optional<NodeId> node;
  TensorPtr known;
  std::optional<QuantParams> quant;  // of `known`: s8 that stands for real numbers
  std::string name;                  // of a known one
};

// A value that is the mean of `images` [N,C,H,W] over one of their axes, 2 or 3.
struct PartialMean {
  NodeId images = -1;
  std::size_t axis = 0;
};

class Importer;

// One node of the file while its rule runs.
class NodeImport {
 public:
  NodeImport(Importer& importer, const NodeDef& node, std::string name)
      : importer_(importer), node_(node), name_(std::move(name)) {}

  const std::string& op() const { return node_.op; }
  std::int64_t opset() const;

  // Attributes. An attribute that no rule asks for is an error, as is an input. Each call throws
  // Error where the attribute is missing without a fallback, or of another kind.
  bool has(std::string_view key) const { return node_.attributes.contains(key); }
  std::int64_t integer(std::string_view key, std::optional<std::int64_t> fallback);
  float number(std::string_view key, std::optional<float> fallback);
  std::string text(std::string_view key, std::string_view fallback);
  std::vector<std::int64_t> integers(std::string_view key);  // empty where it is missing
  std::vector<float> numbers(std::string_view key);
  TensorPtr tensor(std::string_view key);
  void ignore(std::initializer_list<std::string_view> keys);  // meaningless at inference
  // Throws Error (unsupported) unless the attribute is missing or has this value.
  void expect(std::string_view key, std::int64_t value);
  // Throws Error (unsupported) for an attribute or input that was never asked for.
  void expect_no_others() const;

  std::size_t output_count() const;  // without those that have no name

  // Inputs.
  std::size_t input_count() const;  // without those left out at the end
  bool has_input(std::size_t i) const { return i < input_count() && !node_.inputs[i].empty(); }
  const Value& input(std::size_t i);
  NodeId data(std::size_t i);  // as f32 in the graph; what is known becomes a Constant
  TensorPtr known(std::size_t i, std::string_view what);  // throws Error where it is computed
  std::vector<std::int64_t> known_integers(std::size_t i, std::string_view what);
  std::int64_t known_integer(std::size_t i, std::string_view what);  // a single one
  TensorPtr known_plain(std::size_t i, std::string_view what);       // dequantized
  // From the attribute, or since operator set `since` from the input; empty where it is missing.
  std::vector<std::int64_t> integers(std::string_view key, std::size_t i, std::int64_t since);

  const qbench::Node& operator[](NodeId id) const;  // until a node is added
  Shape shape(NodeId id) const { return (*this)[id].type.shape; }
  // The quantized value that `id` brings back to f32, if it does.
  std::optional<NodeId> quantized(NodeId id) const;

  std::optional<PartialMean> partial_mean(NodeId id) const;
  void set_partial_mean(NodeId id, const PartialMean& mean);

  // Results. `add` makes the node that has this one's name, `add_named` one beside it.
  NodeId add(Op op, std::vector<NodeId> inputs,
             std::optional<Graph::Quantization> quantization = std::nullopt);
  NodeId add_named(std::string_view suffix, Op op, std::vector<NodeId> inputs);
  // A Constant of that name, or another one where the name is taken by another value.
  NodeId constant(const std::string& name, TensorPtr value,
                  std::optional<QuantParams> quant = std::nullopt);
  NodeId scalar(std::string_view suffix, float value);
  std::string known_name(std::size_t i) { return input(i).name; }

 private:
  const Attribute* find(std::string_view key);
  template <class T>
  const T* find_as(std::string_view key, std::string_view kind);

  Importer& importer_;
  const NodeDef& node_;
  std::string name_;
  std::set<std::string_view> asked_for_;
  std::set<std::size_t> read_;  // inputs
};

struct OperatorRule {
  std::string_view op;
  Value (*import)(NodeImport& node);
};
std::span<const OperatorRule> layer_rules();     // layer_rules.cc
std::span<const OperatorRule> array_rules();     // array_rules.cc
std::span<const OperatorRule> reduce_rules();    // reduce_rules.cc
std::span<const OperatorRule> known_rules();     // known_rules.cc: of values known from the file
std::span<const OperatorRule> quantize_rules();  // quantize_rules.cc

// Floating point and dequantized values as f32.
TensorPtr to_real(const Value& value);
// A list of integers or a single one. Throws Error where there are more than 1024.
std::vector<std::int64_t> to_integers(const Tensor& tensor);
Value known_value(TensorPtr tensor);
Value integers_value(const std::vector<std::int64_t>& values);
// Add, Sub, Mul or Div of known integers, as shapes are computed with; nothing for other values.
std::optional<Value> integer_arithmetic(NodeImport& node);

// Operators between Dequantize and Quantize become operators on integers; sums and activations
// become part of the layers before them, as the passes do it for FP32.
Graph fuse_quantized(const Graph& graph);

class Importer {
 public:
  Importer(const ModelDef& model, const ImportOptions& options);
  Graph run();

 private:
  friend class NodeImport;

  void add_input(const ValueDef& input);
  NodeId input_node(const ValueDef& input);
  Shape input_shape(const ValueDef& input) const;
  void import_node(const NodeDef& def, const std::string& place);
  Value import_known_or_computed(const NodeDef& def);
  void define(const NodeDef& def, Value value);
  Value& value(const std::string& name);
  NodeId real(Value& value);
  NodeId constant(const std::string& name, TensorPtr value, std::optional<QuantParams> quant);
  std::string free_name(const std::string& name);

  const ModelDef& model_;
  const ImportOptions& options_;
  std::string main_input_;  // the input that `image_shape` is for
  Graph graph_;
  std::map<std::string, Value, std::less<>> values_;
  std::map<std::string, std::string, std::less<>> unreadable_;  // initializers, and why
  std::set<std::string, std::less<>> unavailable_;              // second outputs
  std::map<std::string, std::int64_t> numbers_;                 // last one appended to a name
  std::map<NodeId, PartialMean> partial_means_;
  std::size_t computed_bytes_ = 0;  // of values known without being stored
  Blockers blockers_;
};

}  // namespace qbench::onnx
