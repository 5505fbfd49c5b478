// Leaving out of an ONNX model what was not asked for.
#pragma once

#include "engine/formats/formats.h"
#include "engine/formats/onnx/model.h"

namespace qbench::onnx {

// Leaves the outputs that are delivered (the file's, or the one that the options name), the nodes
// that they depend on, and the inputs that these read. Throws Error when the options name no output
// or node of the file, and naming the parameter when one that is read holds NaN.
void narrow(ModelDef& model, const ImportOptions& options);

}  // namespace qbench::onnx
