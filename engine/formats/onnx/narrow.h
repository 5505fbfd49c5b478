// Leaving out of an ONNX model what was not asked for.
#pragma once

#include "engine/formats/formats.h"
#include "engine/formats/onnx/model.h"

namespace qbench::onnx {

// Where the options name an output or a node to end at: leaves that one output, the nodes that it
// depends on, and the inputs that these read. Throws Error when the file has no such output or
// node.
void narrow(ModelDef& model, const ImportOptions& options);

// Throws Error naming the parameter when one that a node reads holds NaN.
void check_parameters(const ModelDef& model);

}  // namespace qbench::onnx
