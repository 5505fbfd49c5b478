// Turns what QuantizeLinear and DequantizeLinear say around operators into operators on integers.

#include <algorithm>
#include <map>
#include <utility>

#include "engine/formats/onnx/importer.h"
#include "engine/graph/op_properties.h"

namespace qbench::onnx {
namespace {

// Several nodes that one will stand for, in place of the last of them.
struct Fusion {
  Op op;
  std::vector<NodeId> inputs;
  std::string name;
  std::optional<Graph::Quantization> quantization;
};

class Fuser {
 public:
  explicit Fuser(const Graph& graph)
      : graph_(graph),
        uses_(count_uses(graph)),
        readers_(static_cast<std::size_t>(graph.size()), -1),
        is_taken_(static_cast<std::size_t>(graph.size()), false) {
    for (NodeId id = 0; id < graph.size(); ++id) {
      for (NodeId input : graph[id].inputs) readers_[index(input)] = id;
    }
  }

  Graph run() {
    for (NodeId id = 0; id < graph_.size(); ++id) {
      if (!is_taken_[index(id)]) fuse_from(id);
    }
    return Rewriter(graph_).run([&](Rewriter& to, NodeId id) -> std::optional<NodeId> {
      const auto found = fusions_.find(id);
      if (found != fusions_.end()) {
        const Fusion& fusion = found->second;
        return to.graph().add(fusion.name, fusion.op, to(fusion.inputs), fusion.quantization);
      }
      if (is_taken_[index(id)]) return to(graph_[id].inputs[0]);  // which nothing will read
      return std::nullopt;
    });
  }

 private:
  static std::size_t index(NodeId id) { return static_cast<std::size_t>(id); }

  template <class T>
  bool is(NodeId id) const {
    return id >= 0 && std::holds_alternative<T>(graph_[id].op);
  }

  // The one node that reads `id`, if it may become part of another; else -1.
  NodeId only_reader(NodeId id) const {
    const NodeId reader = uses_[index(id)] == 1 ? readers_[index(id)] : -1;
    return reader >= 0 && !is_taken_[index(reader)] ? reader : -1;
  }

  void fuse_from(NodeId id) {
    const qbench::Node& node = graph_[id];
    if (is<Convolution>(id) || is<FullyConnected>(id)) {
      fuse_layer(id);
    } else if (is<Add>(id)) {
      fuse_sum(id);
    } else if (keeps_integers(node.op)) {
      const NodeId next = only_reader(id);
      if (is<Quantize>(next) && all_dequantized(node))
        replace({id, next}, {node.op, sources(node), node.name, {}});
    }
  }

  bool all_dequantized(const qbench::Node& node) const {
    return std::ranges::all_of(node.inputs, [&](NodeId id) { return is<Dequantize>(id); });
  }

  std::vector<NodeId> sources(const qbench::Node& node) const {
    std::vector<NodeId> result;
    for (NodeId id : node.inputs) result.push_back(graph_[id].inputs[0]);
    return result;
  }

  // Takes an activation that only `chain` feeds into it.
  void take_activation(std::vector<NodeId>& chain, ActivationSpec& activation) const {
    const NodeId next = only_reader(chain.back());
    if (activation.kind != ActivationKind::none || !is<Activation>(next)) return;
    activation = std::get<Activation>(graph_[next].op).spec;
    chain.push_back(next);
  }

  void take_quantize(std::vector<NodeId>& chain) const {
    const NodeId next = only_reader(chain.back());
    if (is<Quantize>(next)) chain.push_back(next);
  }

  void fuse_layer(NodeId id) {
    const qbench::Node& node = graph_[id];
    const bool integer = graph_[node.inputs[0]].type.quant.has_value();
    Fusion fusion{node.op, node.inputs, node.name, {}};
    if (auto* convolution = std::get_if<Convolution>(&fusion.op)) {
      if (fuse_residual(id, integer, *convolution)) return;
    }
    if (is<FullyConnected>(id)) fusion.inputs[0] = before_flatten(fusion.inputs[0]);
    std::vector<NodeId> chain = {id};
    ActivationSpec& activation = is<Convolution>(id)
                                     ? std::get<Convolution>(fusion.op).activation
                                     : std::get<FullyConnected>(fusion.op).activation;
    take_activation(chain, activation);
    if (integer) take_quantize(chain);
    replace(chain, std::move(fusion));
  }

  // FullyConnected flattens by itself.
  NodeId before_flatten(NodeId data) const {
    if (is<Flatten>(data)) return graph_[data].inputs[0];
    const auto found = fusions_.find(data);
    const bool flattens =
        found != fusions_.end() && std::holds_alternative<Flatten>(found->second.op);
    return flattens ? found->second.inputs[0] : data;
  }

  // convolution + something -> [activation] -> [Quantize]. A quantized result needs a quantized
  // residual.
  bool fuse_residual(NodeId id, bool integer, Convolution convolution) {
    const NodeId sum = only_reader(id);
    if (!is<Add>(sum) || convolution.activation.kind != ActivationKind::none) return false;
    const std::vector<NodeId>& terms = graph_[sum].inputs;
    NodeId residual = terms[0] == id ? terms[1] : terms[0];
    if (graph_[residual].type.shape != graph_[id].type.shape) return false;
    std::vector<NodeId> chain = {id, sum};
    convolution.activation = std::get<Add>(graph_[sum].op).activation;
    take_activation(chain, convolution.activation);
    if (integer) take_quantize(chain);
    if (is<Quantize>(chain.back())) {
      if (!is<Dequantize>(residual)) return false;
      residual = graph_[residual].inputs[0];
    }
    convolution.has_residual = true;
    std::vector<NodeId> inputs = graph_[id].inputs;
    inputs.push_back(residual);
    replace(chain, {convolution, std::move(inputs), graph_[id].name, {}});
    return true;
  }

  void fuse_sum(NodeId id) {
    const qbench::Node& node = graph_[id];
    Add sum = std::get<Add>(node.op);
    std::vector<NodeId> chain = {id};
    take_activation(chain, sum.activation);
    const bool same_shapes = graph_[node.inputs[0]].type.shape == graph_[node.inputs[1]].type.shape;
    const bool integer = all_dequantized(node) && same_shapes;
    if (integer) take_quantize(chain);
    replace(chain, {sum, integer ? sources(node) : node.inputs, node.name, {}});
  }

  // Outputs keep their names; else the first node gives its own.
  void replace(const std::vector<NodeId>& chain, Fusion fusion) {
    const NodeId last = chain.back();
    const bool is_output = std::ranges::find(graph_.outputs(), last) != graph_.outputs().end();
    if (is_output) fusion.name = graph_[last].name;
    const TensorType& type = graph_[last].type;
    if (type.quant) fusion.quantization = Graph::Quantization{type.dtype, *type.quant};
    for (NodeId id : chain) is_taken_[index(id)] = true;
    fusions_.insert_or_assign(last, std::move(fusion));
  }

  const Graph& graph_;
  std::vector<int> uses_;
  std::vector<NodeId> readers_;  // of a value with one reader
  std::vector<bool> is_taken_;   // by a fusion
  std::map<NodeId, Fusion> fusions_;
};

}  // namespace

Graph fuse_quantized(const Graph& graph) { return Fuser(graph).run(); }

}  // namespace qbench::onnx
