#include "engine/backends/reference/reference_backend.h"

#include <fmt/format.h>

#include "engine/backends/reference/executable.h"
#include "engine/backends/reference/support.h"
#include "engine/core/error.h"

namespace qbench {
namespace {

class ReferenceBackend final : public Backend {
 public:
  std::string name() const override { return "reference"; }
  std::string description() const override { return "plain loops, f32 and exact INT8"; }

  std::optional<std::string> unsupported(const Graph& graph, NodeId node) const override {
    return reference::unsupported(graph, node);
  }

  // One thread whatever the options say: the judge has no order of execution to get wrong.
  std::unique_ptr<Executable> compile(const Graph& graph,
                                      const CompileOptions& options) const override {
    for (NodeId id = 0; id < graph.size(); ++id) {
      const std::optional<std::string> reason = unsupported(graph, id);
      if (!reason) continue;
      throw Error(fmt::format("node '{}' ({}): {}", graph[id].name, op_name(graph[id].op), *reason),
                  ErrorKind::unsupported);
    }
    return std::make_unique<reference::ReferenceExecutable>(graph, options.observed);
  }
};

}  // namespace

const Backend& reference_backend() {
  static const ReferenceBackend backend;
  return backend;
}

}  // namespace qbench
