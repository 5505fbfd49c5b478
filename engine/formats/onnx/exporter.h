// Building an ONNX model from a graph.
#pragma once

#include "engine/formats/onnx/model.h"
#include "engine/graph/graph.h"

namespace qbench::onnx {

// Operator set 13. Fused operators become plain ones; an integer operator becomes its f32 form
// between DequantizeLinear and QuantizeLinear. The first dimension of inputs is left open where the
// graph allows it. A MultiBoxDetection at the end is left out: its inputs are the outputs.
// Throws Error naming the node that ONNX has no form for.
ModelDef export_graph(const Graph& graph);

}  // namespace qbench::onnx
