#include "engine/formats/onnx/onnx.h"

#include <optional>

#include "tests/fuzz/check_graph.h"
#include "tests/fuzz/fuzz.h"

namespace qbench::fuzz {

void onnx(Bytes input) {
  static const Folder folder;
  const std::string file = folder.write("model.onnx", input);
  std::optional<Graph> graph;
  if (!accepts([&] { graph = import_onnx({file, ""}, {}); })) return;
  check_graph(*graph);

  const ModelFiles exported{folder.path("exported.onnx"), ""};
  if (!accepts([&] { export_onnx(*graph, exported); })) return;
  const Graph again = import_onnx(exported, {});
  require(again.outputs().size() == graph->outputs().size(), "an exported model can be imported");
}

}  // namespace qbench::fuzz
