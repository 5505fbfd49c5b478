// Quantized values of a graph as QuantizeLinear and DequantizeLinear, zero points 0.
#pragma once

#include <map>
#include <string>

#include "engine/formats/onnx/model_builder.h"
#include "engine/graph/graph.h"

namespace qbench::onnx {

class QuantizedValues {
 public:
  QuantizedValues(const Graph& graph, ModelBuilder& builder) : graph_(graph), builder_(builder) {}

  // Writes the value `id`, from its f32 form `real`, as the node `name`. Throws Error (unsupported)
  // for a scale that is found at run time.
  void quantize(NodeId id, const std::string& real, const std::string& name);
  // Gives the f32 form of a quantized value or parameter.
  std::string dequantize(NodeId id);
  std::string dequantize(NodeId id, const std::string& name);

  // Quantizes `real`, values of `id` in another shape, and gives their f32 form.
  std::string again(NodeId id, const std::string& real);

  // A layer's bias in units of its accumulator, as s32, so that the layer can be computed on
  // integers; as f32 where it does not fit s32. Gives the f32 form.
  std::string bias(NodeId id, NodeId data, NodeId weight);

 private:
  // The scale, written once for each value.
  const std::string& scale(NodeId id);

  const Graph& graph_;
  ModelBuilder& builder_;
  std::map<NodeId, std::string> values_;
  std::map<NodeId, std::string> scales_;
};

}  // namespace qbench::onnx
