#include "engine/formats/mxnet.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <vector>

#include "engine/core/error.h"
#include "engine/core/output_file.h"
#include "engine/formats/exporter.h"
#include "engine/formats/importer.h"
#include "engine/formats/parameters.h"
#include "engine/formats/params.h"
#include "engine/formats/symbol.h"

namespace qbench {

namespace {

// A symbol holds ranges that were calibrated with its parameters: with others it computes, but
// nonsense.
void check_pair(const ModelFiles& files, const Symbol& symbol, const Parameters& parameters) {
  if (symbol.parameters_hash.empty() || files.params.empty()) return;
  std::vector<std::string_view> names;
  for (const SymbolNode& node : symbol.nodes) {
    if (node.is_variable()) names.push_back(node.name);
  }
  if (parameters.hash_of_used(names) == symbol.parameters_hash) return;
  throw Error(
      fmt::format("{} was not written with the parameters that are in {}: expected the "
                  "parameter file it was written with; else quantize or export the model "
                  "again",
                  files.symbol, files.params));
}

bool is_quantized(const Graph& graph) {
  return std::ranges::any_of(graph.nodes(),
                             [](const Node& node) { return node.type.quant.has_value(); });
}

void note_unchecked_pair(const ModelFiles& files, const ImportOptions& options) {
  if (options.notices == nullptr) return;
  options.notices->push_back(
      fmt::format("{} does not say which parameters it was quantized with: that {} is theirs was "
                  "not checked",
                  files.symbol, files.params));
}

}  // namespace

bool is_mxnet(const ModelFiles& files) { return files.symbol.ends_with(".json"); }

Graph import_mxnet(const ModelFiles& files, const ImportOptions& options) {
  const Symbol symbol = read_symbol(files.symbol);
  Parameters parameters = files.params.empty()
                              ? Parameters::random(options.seed)
                              : Parameters(files.params, read_params(files.params));
  check_pair(files, symbol, parameters);
  try {
    Graph graph = Importer(symbol, parameters, options).run();
    if (symbol.parameters_hash.empty() && !files.params.empty() && is_quantized(graph))
      note_unchecked_pair(files, options);
    return graph;
  } catch (const Error& error) {
    throw error.at(files.symbol);
  }
}

void export_mxnet(const Graph& graph, const ModelFiles& files) {
  if (files.params.empty()) throw Error(files.symbol + ": no name for the parameter file");
  ExportedModel model = export_graph(graph);
  model.symbol.parameters_hash = hash_of(model.arrays);
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
