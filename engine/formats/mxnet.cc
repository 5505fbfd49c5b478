#include "engine/formats/mxnet.h"

#include "engine/core/error.h"
#include "engine/core/output_file.h"
#include "engine/formats/exporter.h"
#include "engine/formats/importer.h"
#include "engine/formats/parameters.h"
#include "engine/formats/params.h"
#include "engine/formats/symbol.h"

namespace qbench {

bool is_mxnet(const ModelFiles& files) { return files.symbol.ends_with(".json"); }

Graph import_mxnet(const ModelFiles& files, const ImportOptions& options) {
  const Symbol symbol = read_symbol(files.symbol);
  Parameters parameters = files.params.empty()
                              ? Parameters::random(options.seed)
                              : Parameters(files.params, read_params(files.params));
  try {
    return Importer(symbol, parameters, options).run();
  } catch (const Error& error) {
    throw error.at(files.symbol);
  }
}

void export_mxnet(const Graph& graph, const ModelFiles& files) {
  if (files.params.empty()) throw Error(files.symbol + ": no name for the parameter file");
  const ExportedModel model = export_graph(graph);
  OutputFile symbol(files.symbol);
  OutputFile params(files.params);
  write_symbol(symbol.stream(), model.symbol);
  write_params(params.stream(), model.arrays);
  symbol.finish();
  params.finish();
  params.commit();
  symbol.commit();
}

}  // namespace qbench
