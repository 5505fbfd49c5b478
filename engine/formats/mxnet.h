// The format of Apache MXNet: NAME-symbol.json with NAME-0000.params.
#pragma once

#include "engine/formats/formats.h"

namespace qbench {

bool is_mxnet(const ModelFiles& files);
Graph import_mxnet(const ModelFiles& files, const ImportOptions& options);
void export_mxnet(const Graph& graph, const ModelFiles& files);

}  // namespace qbench
