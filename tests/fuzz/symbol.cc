#include "engine/formats/symbol.h"

#include <optional>
#include <sstream>

#include "engine/formats/exporter.h"
#include "engine/formats/importer.h"
#include "tests/fuzz/check_graph.h"
#include "tests/fuzz/fuzz.h"

namespace qbench::fuzz {
namespace {

std::string written(const Symbol& symbol) {
  std::ostringstream out;
  write_symbol(out, symbol);
  return out.str();
}

}  // namespace

void symbol(Bytes input) {
  Symbol symbol;
  if (!accepts([&] { symbol = parse_symbol(text_of(input)); })) return;
  const ImportOptions options{.image_shape = Shape{3, 16, 16}};
  Parameters parameters = Parameters::random(1);
  std::optional<Graph> graph;
  if (!accepts([&] { graph = Importer(symbol, parameters, options).run(); })) return;
  check_graph(*graph);

  ExportedModel model;
  if (!accepts([&] { model = export_graph(*graph); })) return;
  Parameters stored("stored", std::move(model.arrays));
  const Symbol read = parse_symbol(written(model.symbol));
  const Graph again = Importer(read, stored, {}).run();
  require(again.outputs().size() == graph->outputs().size(), "an exported model can be imported");
}

}  // namespace qbench::fuzz
