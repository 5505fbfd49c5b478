#include "engine/backends/cudnn/device/tuner.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "engine/backends/cudnn/device/agreement.h"
#include "engine/backends/cudnn/device/check.h"
#include "engine/backends/cudnn/device/launch.h"
#include "engine/backends/cudnn/device/timing.h"

namespace qbench::cudnn {
namespace {

enum Operand : std::uint8_t { kData, kWeight, kResult, kMultiplier, kBias, kResidual, kScales };

constexpr std::size_t kMaxWorkspace = std::size_t{1} << 30;  // bytes, of the library alone
constexpr std::size_t kMaxKernels = 8;                       // tried of each way
constexpr std::size_t kMaxCompiledKernels = 4;  // of those, that take a second each to compile

const ConvolutionWork& work_of(const Step& step) { return std::get<ConvolutionWork>(step.work); }

bool has(std::span<std::byte* const> pointers, std::size_t operand) {
  return operand < pointers.size() && pointers[operand] != nullptr;
}

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

const std::vector<Way>& Tuner::find_ways(const Step& step) {
  const auto [entry, is_new] = ways_.try_emplace(tuning_key(step, options_, session_.identity()));
  const ConvolutionWork& work = work_of(step);
  if (!is_new || !fills_result(work.geometry, step.operands)) return entry->second;
  for (const WayKind kind : {WayKind::fused, WayKind::sums}) {
    const OperationGraph operations = describe(step, {.kind = kind});
    try {
      const LibraryGraph graph(operations, session_.target());
      add_ways(entry->second, kind, graph, [&](const KernelNotes& notes) {
        return is_allowed(notes, work.arithmetic, options_);
      });
    } catch (const Error&) {  // the library knows no such graph
    }
    if (operations.pointwise.empty()) break;  // nothing after the sums: both ways are the same
  }
  return entry->second;
}

void Tuner::make_kernels(const std::vector<Step>& steps) {
  std::vector<KernelStore::Wanted> wanted;
  for (const Step& step : steps) {
    if (!is_for_library(step)) continue;
    const auto known = cache_.find(tuning_key(step, options_, session_.identity()));
    if (known && known->kind != WayKind::own) wanted.push_back({&step, *known});
    if (known) continue;
    for (const Way& way : find_ways(step)) wanted.push_back({&step, way});
  }
  kernels_.make(wanted, [this] { session_.enter(); });
}

void Tuner::release() {
  workspace_ = DeviceMemory();
  kernels_.clear();
}

void Tuner::prepare(const Step& step, std::span<std::byte* const> pointers) {
  const cudaStream_t stream = session_.stream().get();
  const auto fill = [&](std::size_t operand, float low, float high) {
    if (!has(pointers, operand)) return;
    const Desc& desc = step.operands[operand].desc;
    launch_fill(pointers[operand], desc.dtype, elements_of(desc), low, high,
                static_cast<std::uint32_t>(operand), stream);
  };
  const auto spread = [&](std::size_t operand) {
    const float most = step.operands[operand].desc.dtype == DType::s8 ? 127.0F : 1.0F;
    fill(operand, -most, most);
  };
  spread(kData);
  if (has(pointers, kResidual)) spread(kResidual);
  fill(kScales, 0.005F, 0.02F);
}

std::unique_ptr<LibraryConvolution> Tuner::make(const Step& step, const Way& way) {
  auto kernel = kernels_.get(step, way);
  if (kernel == nullptr) return nullptr;
  return std::make_unique<LibraryConvolution>(session_, step, way, std::move(kernel));
}

Tuner::Tried Tuner::try_way(const Step& step, std::span<std::byte* const> pointers, const Way& way,
                            std::span<const float> expected, double to_beat) {
  const ConvolutionWork& work = work_of(step);
  const Desc& result = step.operands[kResult].desc;
  try {
    auto made = make(step, way);
    if (made == nullptr) return {};
    if (made->workspace_bytes() > kMaxWorkspace + bytes_of(sums_desc(work, step.operands)))
      return {};
    if (made->workspace_bytes() > workspace_.bytes()) {
      workspace_ = DeviceMemory();  // the old one goes first
      workspace_ = DeviceMemory(made->workspace_bytes());
    }
    made->bind(pointers, workspace_.data());
    made->run();
    session_.stream().wait();
    const std::vector<float> found = read_first_image(session_.stream(), result, pointers[kResult]);
    if (!agree(work.arithmetic, result.dtype, found, expected)) return {};
    const double ns = measure_ns(
        session_.stream(), [&] { made->run(); }, to_beat);
    return {way, std::move(made), ns};
  } catch (const Error&) {  // one way fewer
    cudaGetLastError();
    return {};
  }
}

Tuner::Tried Tuner::measure(const Step& step, std::span<std::byte* const> pointers) {
  const Stream& stream = session_.stream();
  prepare(step, pointers);
  const std::vector<float> expected = first_image_by_own_kernel(stream, step, pointers);
  Tried best;
  for (const Way& way : find_ways(step)) {
    Tried tried = try_way(step, pointers, way, expected, best.ns);
    if (tried.ns < best.ns) best = std::move(tried);
  }
  // Our own plain loop is slow, except that it reads each value once where that is all there is.
  if (best.made == nullptr || !is_depthwise(work_of(step).geometry)) return best;
  const double own = measure_ns(stream, [&] { launch_step(step, pointers, stream.get()); });
  return own < best.ns ? Tried{} : std::move(best);
}

std::unique_ptr<LibraryConvolution> Tuner::choose(const Step& step,
                                                  std::span<std::byte* const> pointers,
                                                  Way& chosen) {
  const std::string key = tuning_key(step, options_, session_.identity());
  chosen = {};
  if (const std::optional<Way> known = cache_.find(key)) {
    if (known->kind == WayKind::own) return nullptr;
    auto made = make(step, *known);
    if (made != nullptr) {
      chosen = *known;
      return made;
    }  // else it is of another driver, or the file damaged: measured again
  }
  Tried best = measure(step, pointers);
  chosen = best.way;
  cache_.store(key, chosen);
  return std::move(best.made);
}

}  // namespace qbench::cudnn
