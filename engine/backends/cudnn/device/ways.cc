#include "engine/backends/cudnn/device/ways.h"

#include <fmt/format.h>

#include <algorithm>

#include "engine/core/error.h"

namespace qbench::cudnn {
namespace {

enum Operand : std::uint8_t { kData, kWeight, kResult, kMultiplier, kBias, kResidual, kScales };

constexpr std::size_t kMaxKernels = 8;          // tried of each way
constexpr std::size_t kMaxCompiledKernels = 4;  // of those, that take a second each to compile
constexpr std::size_t kMaxSettings = 12;        // more of those, of each engine for integers

const ConvolutionWork& work_of(const Step& step) { return std::get<ConvolutionWork>(step.work); }

bool has(const Step& step, std::size_t operand) {
  return operand < step.operands.size() && step.operands[operand].buffer >= 0;
}

std::string text_of(const ConvolutionGeometry& g) {
  const auto pair = [](const Extent2d& e) { return fmt::format("{}x{}", e.h, e.w); };
  return fmt::format("n{} c{} k{} g{} in{} out{} f{} s{} d{} p{}", g.images, g.in_channels,
                     g.out_channels, g.groups, pair(g.in), pair(g.out), pair(g.kernel),
                     pair(g.stride), pair(g.dilation), pair(g.padding));
}

std::string text_of(Arithmetic arithmetic) {
  switch (arithmetic) {
    case Arithmetic::f32:
      return "f32";
    case Arithmetic::tf32:
      return "tf32";
    case Arithmetic::f16:
      return "f16";
    case Arithmetic::s8:
      break;
  }
  return "s8";
}

// Some of what the library proposes for the graph, best first.
template <class Allowed>
void add_ways(std::vector<Way>& ways, WayKind kind, const LibraryGraph& graph, Allowed&& allowed) {
  std::size_t kernels = 0;
  std::size_t compiled = 0;
  for (const auto mode : {CUDNN_HEUR_MODE_A, CUDNN_HEUR_MODE_FALLBACK}) {
    for (const Proposal& proposal : graph.proposals(mode)) {
      const Way way{kind, proposal.choice};
      if (!allowed(proposal.notes) || std::ranges::find(ways, way) != ways.end()) continue;
      if (kernels == kMaxKernels) return;
      if (proposal.notes.compiled_at_run_time && compiled++ >= kMaxCompiledKernels) continue;
      ways.push_back(way);
      ++kernels;
    }
  }
}

// For integers the library proposes the same settings whatever the shape, with no regard for which
// is fast: some of all that there are, evenly spread.
void add_settings(std::vector<Way>& ways, const LibraryGraph& graph, Settings& settings) {
  std::vector<std::int64_t> engines;
  for (const Way& way : ways) {
    if (std::ranges::find(engines, way.choice.engine) == engines.end())
      engines.push_back(way.choice.engine);
  }
  for (const std::int64_t engine : engines) {
    const auto [entry, is_new] = settings.try_emplace(engine);
    std::vector<EngineChoice>& all = entry->second;
    if (is_new) all = graph.settings(engine);
    const std::size_t count = std::min(all.size(), kMaxSettings);
    for (std::size_t i = 0; i < count; ++i) {
      const Way way{WayKind::fused, all[i * all.size() / count]};
      if (std::ranges::find(ways, way) == ways.end()) ways.push_back(way);
    }
  }
}

void add_reason(FoundWays& found, WayKind kind, std::string_view reason) {
  if (!found.why_not.empty()) found.why_not += "; ";
  found.why_not += fmt::format("{}: {}", kind == WayKind::fused ? "fused" : "sums", reason);
}

}  // namespace

bool is_allowed(const KernelNotes& notes, Arithmetic arithmetic, const TuningOptions& options) {
  if (notes.reduced_precision || notes.reorders_weights || notes.nondeterministic) return false;
  if (notes.transforms && !options.transforms) return false;
  // In f32 tensor cores round the inputs to 10 bits.
  return arithmetic != Arithmetic::f32 || !notes.tensor_core;
}

bool is_for_library(const Step& step) {
  const auto* work = std::get_if<ConvolutionWork>(&step.work);
  if (work == nullptr) return false;
  const bool channels_last = step.operands[kResult].desc.layout == Layout::channels_last;
  return !(channels_last && is_depthwise(work->geometry));
}

std::string tuning_key(const Step& step, const TuningOptions& options,
                       const std::string& identity) {
  const ConvolutionWork& work = work_of(step);
  const Desc& result = step.operands[kResult].desc;
  std::string parts;
  for (const std::size_t operand : {kMultiplier, kBias, kResidual, kScales})
    parts += has(step, operand) ? '1' : '0';
  return fmt::format(
      "{}; {}{} {} {} {} operands {} activation {}{}{} {}", identity, text_of(work.arithmetic),
      options.transforms ? "" : " exact", text_of(work.geometry),
      result.layout == Layout::channels_last ? "nhwc" : "nchw", to_string(result.dtype), parts,
      static_cast<int>(work.activation.kind), work.unit == 1 ? "" : " scaled",
      work.activation.alpha == 0 ? "" : " low", work.residual_ratio == 1 ? "" : "ratio");
}

FoundWays find_ways(const Step& step, const TuningOptions& options, const Target& target,
                    Settings& settings) {
  const ConvolutionWork& work = work_of(step);
  if (!fills_result(work.geometry, step.operands))
    return {{}, "the library would leave padding channels as they are"};
  FoundWays found;
  for (const WayKind kind : {WayKind::fused, WayKind::sums}) {
    const OperationGraph operations = describe(step, {.kind = kind});
    const std::size_t before = found.ways.size();
    try {
      const LibraryGraph graph(operations, target);
      add_ways(found.ways, kind, graph, [&](const KernelNotes& notes) {
        return is_allowed(notes, work.arithmetic, options);
      });
      if (kind == WayKind::fused && work.arithmetic == Arithmetic::s8)
        add_settings(found.ways, graph, settings);
      if (found.ways.size() == before) add_reason(found, kind, "none proposed");
    } catch (const Error& error) {  // the library knows no such graph
      add_reason(found, kind, error.what());
    }
    if (operations.pointwise.empty()) break;  // nothing after the sums: both ways are the same
  }
  return found;
}

}  // namespace qbench::cudnn
