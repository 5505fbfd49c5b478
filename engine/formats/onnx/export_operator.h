// One operator of the graph as ONNX nodes, without the activation and the residual it carries.
#pragma once

#include <string>
#include <vector>

#include "engine/formats/onnx/model_builder.h"
#include "engine/graph/graph.h"

namespace qbench::onnx {

// Adds it on f32 values of these names. The last node and its output are called `name`, which is
// given back. Throws Error (unsupported) where ONNX has no form for it.
std::string add_operator(ModelBuilder& builder, const Graph& graph, const qbench::Node& node,
                         const std::string& name, std::vector<std::string> inputs);

std::string add_activation(ModelBuilder& builder, const ActivationSpec& spec,
                           const std::string& name, const std::string& input);

}  // namespace qbench::onnx
