// The format ONNX: one file NAME.onnx. docs/formats.md says what is read and written.
#pragma once

#include <string>
#include <vector>

#include "engine/formats/formats.h"

namespace qbench {

bool is_onnx(const ModelFiles& files);
// Throws Error naming the file, the node and what is supported.
Graph import_onnx(const ModelFiles& files, const ImportOptions& options);
// Files beside it that hold tensors. Throws Error where one is missing or outside of its folder.
std::vector<std::string> data_files_of_onnx(const std::string& symbol);
// A graph with quantized values is written with QuantizeLinear and DequantizeLinear.
void export_onnx(const Graph& graph, const ModelFiles& files);

}  // namespace qbench
