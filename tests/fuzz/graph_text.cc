#include <optional>

#include "engine/graph/text.h"
#include "tests/fuzz/check_graph.h"
#include "tests/fuzz/fuzz.h"

namespace qbench::fuzz {

void graph_text(Bytes input) {
  std::optional<Graph> graph;
  if (accepts([&] { graph = parse_graph(text_of(input)); })) check_graph(*graph);
}

}  // namespace qbench::fuzz
