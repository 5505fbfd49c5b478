#include "engine/formats/fused.h"

#include <fmt/format.h>

#include <vector>

#include "engine/core/error.h"
#include "engine/formats/attributes.h"
#include "engine/formats/layers.h"

namespace qbench {
namespace {

class Reader {
 public:
  explicit Reader(const Symbol& body) : body_(body), outer_(body.nodes.size()) {}

  FusedLayer read() {
    for (std::size_t i = 0; i < body_.nodes.size(); ++i) {
      const SymbolNode& node = body_.nodes[i];
      if (node.is_variable()) {
        outer_[i] = fused_.inputs++;
        continue;
      }
      try {
        read(node);
      } catch (const Error& error) {
        throw error.at(fmt::format("inner node '{}' ({})", node.name, node.op));
      }
      chain_ = i;
    }
    if (fused_.layer == nullptr) throw Error("the subgraph has no layer");
    if (body_.heads.size() != 1 || static_cast<std::size_t>(body_.heads[0].node) != chain_)
      throw Error("the subgraph does not deliver its last operator's value");
    return fused_;
  }

 private:
  void read(const SymbolNode& node) {
    if (node.op == "Convolution" || node.op == "FullyConnected") {
      if (fused_.layer != nullptr) throw Error("a second layer in a subgraph, expected one");
      fused_.layer = &node;
      fused_.data = outer(node, 0);
      fused_.weight = outer(node, 1);
      if (node.inputs.size() > 2) fused_.bias = outer(node, 2);
      return;
    }
    if (fused_.layer == nullptr) throw Error("stands before the layer");
    if (fused_.activation.kind != ActivationKind::none) throw Error("stands after an activation");
    if (node.op == "elemwise_add" || node.op == "_plus" || node.op == "broadcast_add") {
      read_sum(node);
    } else if (node.op == "BatchNorm") {
      read_batch_norm(node);
    } else {
      expect_chain(node, 0);
      fused_.activation = activation_from(node.op, Attributes(node.attributes));
    }
  }

  void read_batch_norm(const SymbolNode& node) {
    expect_chain(node, 0);
    if (fused_.residual || fused_.batch_norm != nullptr || node.inputs.size() != 5)
      throw Error("expected once, before a sum, with gamma, beta, mean and variance");
    fused_.batch_norm = &node;
    fused_.batch_norm_parameters = outer(node, 1);
    for (std::size_t i = 2; i < 5; ++i) {
      if (outer(node, i) != fused_.batch_norm_parameters + i - 1)
        throw Error("parameters in another order than gamma, beta, mean, variance");
    }
  }

  void read_sum(const SymbolNode& node) {
    if (fused_.residual || node.inputs.size() != 2) throw Error("expected one sum of two values");
    const bool chain_first = static_cast<std::size_t>(node.inputs[0].node) == chain_;
    expect_chain(node, chain_first ? 0 : 1);
    fused_.residual = outer(node, chain_first ? 1 : 0);
  }

  void expect_chain(const SymbolNode& node, std::size_t input) const {
    const bool follows =
        input < node.inputs.size() && static_cast<std::size_t>(node.inputs[input].node) == chain_;
    if (!follows) throw Error("does not follow the operator before it");
  }

  // The number of the outer input that is inner input `input`.
  std::size_t outer(const SymbolNode& node, std::size_t input) const {
    if (input >= node.inputs.size())
      throw Error(fmt::format("{} inputs, expected {} or more", node.inputs.size(), input + 1));
    const auto& number = outer_[static_cast<std::size_t>(node.inputs[input].node)];
    if (!number) throw Error(fmt::format("input {} is computed inside of the subgraph", input));
    return *number;
  }

  const Symbol& body_;
  std::vector<std::optional<std::size_t>> outer_;
  std::size_t chain_ = 0;  // the operator read last
  FusedLayer fused_;
};

}  // namespace

FusedLayer read_fused(const SymbolNode& node) {
  if (node.subgraphs.size() != 1) {
    throw Error(fmt::format("{} subgraphs in a fused node, expected 1", node.subgraphs.size()));
  }
  FusedLayer fused = Reader(node.subgraphs[0]).read();
  if (node.inputs.size() < fused.inputs) {
    throw Error(fmt::format("{} inputs for a subgraph of {}", node.inputs.size(), fused.inputs));
  }
  return fused;
}

}  // namespace qbench
