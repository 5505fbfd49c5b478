#include "tests/fuzz/check_graph.h"

#include "engine/graph/text.h"
#include "engine/passes/passes.h"
#include "tests/fuzz/fuzz.h"

namespace qbench::fuzz {

void check_graph(const Graph& graph) {
  hash_graph(graph);
  const std::string text = print_graph(graph);
  const bool readable = text.find(" hash=") == std::string::npos;  // all values are in the text
  if (readable) require(print_graph(parse_graph(text)) == text, "the text form reads back");
  const Graph optimized = optimize(graph);
  require(optimized.outputs().size() == graph.outputs().size(), "optimizing keeps the outputs");
  for (std::size_t i = 0; i < graph.outputs().size(); ++i) {
    require(optimized[optimized.outputs()[i]].type == graph[graph.outputs()[i]].type,
            "optimizing keeps the outputs' types");
  }
}

}  // namespace qbench::fuzz
