#include "engine/formats/onnx/onnx.h"

#include "engine/core/error.h"
#include "engine/core/output_file.h"
#include "engine/formats/onnx/exporter.h"
#include "engine/formats/onnx/importer.h"
#include "engine/formats/onnx/model.h"
#include "engine/formats/onnx/narrow.h"

namespace qbench {

bool is_onnx(const ModelFiles& files) { return files.symbol.ends_with(".onnx"); }

Graph import_onnx(const ModelFiles& files, const ImportOptions& options) {
  if (!files.params.empty())
    throw Error(files.symbol + ": an ONNX file holds its parameters, expected no parameter file");
  onnx::ModelDef model = onnx::read_model(files.symbol);
  try {
    onnx::narrow(model, options);
    Graph graph = onnx::Importer(model, options).run();
    onnx::check_parameters(model);
    return graph;
  } catch (const Error& error) {
    throw error.at(files.symbol);
  }
}

std::vector<std::string> data_files_of_onnx(const std::string& symbol) {
  return onnx::external_files(symbol);
}

void export_onnx(const Graph& graph, const ModelFiles& files) {
  const onnx::ModelDef model = onnx::export_graph(graph);
  OutputFile file(files.symbol);
  onnx::write_model(file.stream(), model);
  file.commit();
}

}  // namespace qbench
