#include "engine/backends/cudnn/device/tuner.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "engine/backends/cudnn/device/agreement.h"
#include "engine/backends/cudnn/device/check.h"
#include "engine/backends/cudnn/device/launch.h"
#include "engine/backends/cudnn/device/timing.h"

namespace qbench::cudnn {
namespace {

enum Operand : std::uint8_t { kData, kWeight, kResult, kMultiplier, kBias, kResidual, kScales };

constexpr std::size_t kMaxWorkspace = std::size_t{1} << 30;  // bytes, of the library alone

const ConvolutionWork& work_of(const Step& step) { return std::get<ConvolutionWork>(step.work); }

bool has(std::span<std::byte* const> pointers, std::size_t operand) {
  return operand < pointers.size() && pointers[operand] != nullptr;
}

// Where the cache keeps that an engine must not be tried again, for whatever shape.
std::string broken_key(const std::string& identity, const Step& step, const Way& way) {
  return fmt::format("{}; {} breaks the device: {}", identity,
                     to_string(step.operands[kData].desc.dtype),
                     to_text({way.kind, {way.choice.engine}}));
}

void fill_operands(const Step& step, std::span<std::byte* const> pointers, cudaStream_t stream) {
  const auto fill = [&](std::size_t operand, float low, float high) {
    if (!has(pointers, operand)) return;
    const Desc& desc = step.operands[operand].desc;
    launch_fill(pointers[operand], desc.dtype, elements_of(desc), low, high,
                static_cast<std::uint32_t>(operand), stream);
  };
  for (const std::size_t operand : {kData, kResidual}) {
    if (!has(pointers, operand)) continue;
    const float most = step.operands[operand].desc.dtype == DType::s8 ? 127.0F : 1.0F;
    fill(operand, -most, most);
  }
  fill(kScales, 0.005F, 0.02F);
}

}  // namespace

Tuner::Tuner(const Session& session, TuningCache& cache, TuningOptions options)
    : session_(session),
      cache_(cache),
      options_(options),
      kernels_([&session] { return session.make_target(); }) {}

const FoundWays& Tuner::ways_of(const Step& step, const std::string& key) {
  const auto [entry, is_new] = ways_.try_emplace(key);
  if (!is_new) return entry->second;
  FoundWays& found = entry->second;
  found = find_ways(step, options_, session_.target(), settings_);
  const auto broken = [&](const Way& way) { return is_broken(step, way); };
  if (std::erase_if(found.ways, broken) > 0)
    found.why_not = "a kernel that broke the device before is left out";
  return found;
}

bool Tuner::is_broken(const Step& step, const Way& way) const {
  return cache_.find(broken_key(session_.identity(), step, way)).has_value();
}

void Tuner::make_kernels(const std::vector<Step>& steps) {
  std::vector<KernelStore::Wanted> wanted;
  for (const Step& step : steps) {
    if (!is_for_library(step)) continue;
    const std::string key = tuning_key(step, options_, session_.identity());
    const auto known = cache_.find(key);
    if (known && !is_broken(step, *known)) {
      if (known->kind != WayKind::own) wanted.push_back({&step, *known});
      continue;
    }
    for (const Way& way : ways_of(step, key).ways) wanted.push_back({&step, way});
  }
  kernels_.make(wanted, [this] { session_.enter(); });
}

void Tuner::release() {
  workspace_ = DeviceMemory();
  kernels_.clear();
}

Tuner::Trial Tuner::prepare(const Step& step, std::span<std::byte* const> pointers) {
  fill_operands(step, pointers, session_.stream().get());
  return {step, pointers, first_image_by_own_kernel(session_.stream(), step, pointers)};
}

// To what no right kernel leaves there: the last kernel's result may have been right.
void Tuner::clear_result(const Trial& trial) {
  check(cudaMemsetAsync(trial.pointers[kResult], 0xFF, bytes_of(trial.step.operands[kResult].desc),
                        session_.stream().get()),
        "could not clear a result");
}

void Tuner::expect_right(const Trial& trial) {
  const Desc& result = trial.step.operands[kResult].desc;
  const std::vector<float> found =
      read_first_image(session_.stream(), result, trial.pointers[kResult]);
  if (!agree(work_of(trial.step).arithmetic, result.dtype, found, trial.expected))
    throw Error("it computes something else than our own kernel");
}

bool Tuner::runs_recorded(const Trial& trial, const LibraryConvolution& made) {
  try {
    const auto recorded = LaunchGraph::capture(session_.stream(), [&] { made.run(); });
    if (recorded == nullptr) return false;
    clear_result(trial);
    recorded->launch(session_.stream());
    session_.stream().wait();
    return true;
  } catch (const Error&) {
    if (session_.is_lost()) throw;
    return false;
  }
}

Tuner::Tried Tuner::make_and_try(const Trial& trial, const Way& way) {
  const ConvolutionWork& work = work_of(trial.step);
  auto made = std::make_unique<LibraryConvolution>(session_, trial.step, way,
                                                   kernels_.get(trial.step, way));
  const std::size_t bytes = made->workspace_bytes();
  if (bytes > kMaxWorkspace + bytes_of(sums_desc(work, trial.step.operands)))
    throw Error(fmt::format("it wants {} bytes of workspace", bytes));
  if (bytes > workspace_.bytes()) {
    workspace_ = DeviceMemory();  // the old one goes first
    workspace_ = DeviceMemory(bytes);
  }
  made->bind(trial.pointers, workspace_.data());
  clear_result(trial);
  made->run();
  session_.stream().wait();
  const bool recorded = runs_recorded(trial, *made);
  expect_right(trial);  // recorded, where it can be
  return {way, std::move(made), recorded};
}

Tuner::Tried Tuner::try_way(Trial& trial, const Way& way) {
  try {
    return make_and_try(trial, way);
  } catch (const Error& error) {  // one way fewer
    if (session_.is_lost()) {
      cache_.store(broken_key(session_.identity(), trial.step, way), {});
      throw Error(fmt::format("cuDNN's kernel '{}' broke the GPU for this process; the next one "
                              "leaves it out: {}",
                              to_text(way), error.what()),
                  ErrorKind::environment);
    }
    if (trial.unfit++ == 0) trial.first_unfit = fmt::format("{}: {}", to_text(way), error.what());
    return {};
  }
}

// Infinite where the kernel fails now, or is not worth measuring to the end.
double Tuner::time_of(const LibraryConvolution& made, double to_beat) {
  try {
    return measure_ns(
        session_.stream(), [&] { made.run(); }, to_beat);
  } catch (const Error&) {
    if (session_.is_lost()) throw;
    return Tried{}.ns;
  }
}

// One that can be recorded before any that cannot.
Tuner::Tried Tuner::fastest(Trial& trial, const std::vector<Way>& ways) {
  Tried best;
  for (const Way& way : ways) {
    Tried tried = try_way(trial, way);
    if (tried.made == nullptr || (best.recorded && !tried.recorded)) continue;
    if (tried.recorded && !best.recorded) best = {};
    tried.ns = time_of(*tried.made, best.ns);
    if (tried.ns < best.ns) best = std::move(tried);
  }
  return best;
}

Chosen Tuner::choose(const Step& step, std::span<std::byte* const> pointers) {
  const std::string key = tuning_key(step, options_, session_.identity());
  const std::optional<Way> known = cache_.find(key);
  const bool is_known = known && !is_broken(step, *known);
  if (is_known && known->kind == WayKind::own) return {};
  if (!is_known && ways_of(step, key).ways.empty())
    return {.way = {}, .made = nullptr, .unfit = ways_of(step, key).why_not};

  Trial trial = prepare(step, pointers);
  if (is_known) {
    Tried tried = try_way(trial, *known);
    if (tried.made != nullptr) return {tried.way, std::move(tried.made), ""};
  }
  const FoundWays& found = ways_of(step, key);
  Tried best = fastest(trial, found.ways);
  Chosen chosen;
  chosen.unfit = found.why_not;
  if (trial.unfit > 0)
    chosen.unfit += fmt::format("{}{} unfit, {}", found.why_not.empty() ? "" : "; ", trial.unfit,
                                trial.first_unfit);
  // What fails here may not fail in another process: not remembered.
  if (best.made == nullptr) return chosen;
  // Our own plain loop is slow, except that it reads each value once where that is all there is.
  const bool may_be_slower = is_depthwise(work_of(step).geometry);
  const auto own = [&] { launch_step(step, pointers, session_.stream().get()); };
  if (!may_be_slower || measure_ns(session_.stream(), own) >= best.ns) {
    chosen.way = best.way;
    chosen.made = std::move(best.made);
  }
  cache_.store(key, chosen.way);
  return chosen;
}

}  // namespace qbench::cudnn
