#include "engine/backends/onednn/onednn_backend.h"

#include <fmt/format.h>

#include <algorithm>

#include "engine/backends/onednn/builder.h"
#include "engine/backends/onednn/executable.h"
#include "engine/backends/onednn/lower.h"
#include "engine/core/error.h"
#include "engine/core/isa.h"
#include "engine/core/threads.h"

namespace qbench {
namespace onednn {
namespace {

std::string where(const Graph& graph, NodeId id) {
  return fmt::format("node '{}' ({})", graph[id].name, op_name(graph[id].op));
}

std::vector<NodeId> find_observed(const Graph& graph, const CompileOptions& options) {
  std::vector<NodeId> ids;
  for (const std::string& name : options.observed) {
    const auto id = graph.find(name);
    if (!id) throw Error(fmt::format("no node '{}' to observe", name));
    const bool is_real = graph[*id].type.dtype == DType::f32 && !graph[*id].type.quant;
    if (!is_real || graph.as_constant(*id) != nullptr)
      throw Error("cannot be observed, expected an f32 value").at(where(graph, *id));
    ids.push_back(*id);
  }
  return ids;
}

void check_supported(const Graph& graph) {
  for (NodeId id = 0; id < graph.size(); ++id) {
    if (const auto reason = why_unsupported(graph, id))
      throw Error(*reason, ErrorKind::unsupported).at(where(graph, id));
  }
  for (const NodeId id : graph.outputs()) {
    if (graph[id].type.quant || graph[id].type.dtype != DType::f32)
      throw Error(fmt::format("is a {} output, expected f32", to_string(graph[id].type.dtype)))
          .at(where(graph, id));
  }
}

// How many images the graph's inputs hold; 0 when they do not agree.
std::int64_t batch_of(const Graph& graph) {
  std::int64_t batch = -1;
  for (const NodeId id : graph.inputs()) {
    const std::int64_t images = graph[id].type.shape[0];
    if (batch >= 0 && images != batch) return 0;
    batch = images;
  }
  return std::max<std::int64_t>(batch, 0);
}

bool mixes_images(const Op& op) {
  if (const auto* transpose = std::get_if<Transpose>(&op))
    return !transpose->permutation.empty() && transpose->permutation[0] != 0;
  if (const auto* concat = std::get_if<Concat>(&op)) return concat->axis == 0;
  if (const auto* softmax = std::get_if<Softmax>(&op)) return softmax->axis == 0;
  return false;
}

// Which values are the same for all images: constants, default boxes and what is made of them.
std::vector<bool> find_fixed(const Graph& graph) {
  std::vector<bool> fixed;
  for (const Node& node : graph.nodes()) {
    const auto is_fixed = [&](NodeId id) { return fixed[static_cast<std::size_t>(id)]; };
    const bool all = !node.inputs.empty() && std::ranges::all_of(node.inputs, is_fixed);
    fixed.push_back(all || std::holds_alternative<Constant>(node.op) ||
                    std::holds_alternative<MultiBoxPrior>(node.op));
  }
  return fixed;
}

// The graph for one image, if running it for each image of a batch is the same network: every other
// value has the images along axis 0 and no operator mixes them.
std::optional<Graph> for_one_image(const Graph& graph, std::int64_t batch) {
  std::optional<Graph> one;
  try {
    one = with_batch(graph, 1);
  } catch (const Error&) {
    return std::nullopt;
  }
  const std::vector<bool> fixed = find_fixed(*one);
  const auto is_fixed = [&](NodeId id) { return fixed[static_cast<std::size_t>(id)]; };
  if (std::ranges::any_of(one->outputs(), is_fixed)) return std::nullopt;
  for (NodeId id = 0; id < one->size(); ++id) {
    if (is_fixed(id)) continue;
    const Node& node = (*one)[id];
    Shape shape = node.type.shape;
    if (mixes_images(node.op) || shape.rank() == 0 || shape[0] != 1) return std::nullopt;
    shape[0] = batch;
    if (graph[*graph.find(node.name)].type.shape != shape) return std::nullopt;
  }
  return one;
}

bool has_dynamic(const Graph& graph) {
  return std::ranges::any_of(
      graph.nodes(), [](const Node& node) { return node.type.quant && node.type.quant->dynamic; });
}

struct Prepared {
  Graph graph;
  Division division;
};

Prepared prepare(const Graph& graph, const CompileOptions& options) {
  const std::int64_t batch = batch_of(graph);
  const bool observing = !options.observed.empty();
  const bool dynamic = has_dynamic(graph);
  const int threads = std::max(options.threads, 1);
  if (batch > 1 && (options.split_batch || observing || dynamic)) {
    if (auto one = for_one_image(graph, batch)) {
      const int runs = static_cast<int>(batch);
      const int workers = options.split_batch || observing ? std::min(threads, runs) : 1;
      return {*std::move(one), {runs, workers, observing ? 1 : threads / workers}};
    }
    if (observing || dynamic)
      throw Error("images of a batch cannot be told apart in this network", ErrorKind::unsupported);
  }
  return {prune(graph), {1, 1, observing ? 1 : threads}};
}

dnnl::cpu_isa for_library(Isa isa) {
  switch (isa) {
    case Isa::baseline:
      break;
    case Isa::avx2:
      return dnnl::cpu_isa::avx2;
    case Isa::avx2_vnni:
      return dnnl::cpu_isa::avx2_vnni;
    case Isa::avx512:
      return dnnl::cpu_isa::avx512_core;
    case Isa::avx512_vnni:
      return dnnl::cpu_isa::avx512_core_vnni;
    case Isa::avx512_amx:
      return dnnl::cpu_isa::avx512_core_amx;
  }
  return dnnl::cpu_isa::sse41;
}

class OnednnBackend final : public Backend {
 public:
  // The library takes its instruction set from the one switch, once, before its first kernel.
  OnednnBackend() {
    const dnnl::status status = dnnl::set_max_cpu_isa(for_library(isa()));
    if (status != dnnl::status::success && status != dnnl::status::unimplemented)
      throw Error(fmt::format("oneDNN cannot be held to the instruction set {}", to_string(isa())),
                  ErrorKind::environment);
  }

  std::string name() const override { return "onednn"; }

  std::string description() const override {
    const dnnl_version_t& version = *dnnl_version();
    return fmt::format("oneDNN {}.{}.{} on CPU, {}", version.major, version.minor, version.patch,
                       to_string(isa()));
  }

  std::optional<std::string> unsupported(const Graph& graph, NodeId node) const override {
    return why_unsupported(graph, node);
  }

  std::unique_ptr<Executable> compile(const Graph& graph,
                                      const CompileOptions& options) const override {
    check_supported(graph);
    const std::vector<NodeId> observed = find_observed(graph, options);
    // Observed nodes that nothing needs are computed all the same: as further outputs they are kept
    // when the graph is rewritten for one image.
    Graph wanted = graph;
    std::vector<NodeId> outputs = graph.outputs();
    outputs.insert(outputs.end(), observed.begin(), observed.end());
    wanted.set_outputs(std::move(outputs));
    auto [prepared, division] = prepare(wanted, options);
    // OpenMP ends the process when it is refused a thread.
    if (division.threads_inside > 1)
      require_threads(division.workers * division.threads_inside - 1);
    const OpenMpThreads threads(division.threads_inside);  // kernels are made for so many

    std::vector<NodeId> given_out = prepared.outputs();
    given_out.resize(graph.outputs().size());
    BuildOptions build{.winograd = options.winograd && observed.empty()};
    for (const std::string& name : options.observed) build.observed.push_back(*prepared.find(name));
    Plan plan = build_plan(prepared, given_out, build);
    return std::make_unique<OnednnExecutable>(std::move(plan), division);
  }

 private:
  static Plan build_plan(Graph& graph, std::vector<NodeId> outputs, const BuildOptions& options) {
    graph.set_outputs(std::move(outputs));
    Builder builder(graph, options);
    for (NodeId id = 0; id < graph.size(); ++id) {
      try {
        lower(builder, id);
      } catch (const Error& error) {
        throw error.at(where(graph, id));
      } catch (const dnnl::error& error) {
        throw Error(fmt::format("oneDNN: {}", error.what()), ErrorKind::unsupported)
            .at(where(graph, id));
      }
    }
    return builder.finish();
  }
};

}  // namespace
}  // namespace onednn

const Backend& onednn_backend() {
  static const onednn::OnednnBackend kBackend;
  return kBackend;
}

}  // namespace qbench
