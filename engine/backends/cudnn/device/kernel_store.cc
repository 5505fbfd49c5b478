#include "engine/backends/cudnn/device/kernel_store.h"

#include <algorithm>
#include <thread>

#include "engine/core/error.h"
#include "engine/core/threads.h"

namespace qbench::cudnn {
namespace {

std::string key_of(const OperationGraph& operations, const Way& way) {
  return to_text(way) + " " + to_text(operations);
}

}  // namespace

OperationGraph describe(const Step& step, const Way& way) {
  const auto& work = std::get<ConvolutionWork>(step.work);
  return way.kind == WayKind::fused ? fused_graph(work, step.operands)
                                    : sums_graph(work, step.operands);
}

void KernelStore::Missing::make(const std::shared_ptr<const Target>& target,
                                const std::function<void()>& enter) {
  try {
    enter();
    place->made = std::make_shared<LibraryKernel>(operations, choice, target);
  } catch (const Error& error) {  // not for this device, or this graph
    place->why_not = error.what();
  }
}

std::vector<KernelStore::Missing> KernelStore::find_missing(std::span<const Wanted> wanted) {
  std::vector<Missing> missing;
  for (const Wanted& each : wanted) {
    OperationGraph operations = describe(*each.step, each.way);
    const auto [entry, is_new] = kernels_.try_emplace(key_of(operations, each.way));
    if (is_new) missing.push_back({std::move(operations), each.way.choice, &entry->second});
  }
  return missing;
}

const std::vector<std::shared_ptr<const Target>>& KernelStore::targets(std::size_t count) {
  constexpr std::size_t kMost = 16;  // each takes memory of the device
  const std::size_t cores = std::max(std::thread::hardware_concurrency(), 1U);
  const std::size_t wanted = std::max<std::size_t>(std::min({count, cores, kMost}), 1);
  while (targets_.size() < wanted) {
    try {
      targets_.push_back(make_target_());
    } catch (const Error&) {
      if (targets_.empty()) throw;
      break;  // fewer will do
    }
  }
  return targets_;
}

void KernelStore::make(std::span<const Wanted> wanted, const std::function<void()>& enter) {
  std::vector<Missing> missing = find_missing(wanted);
  if (missing.empty()) return;
  const std::vector<std::shared_ptr<const Target>>& own = targets(missing.size());
  share_work(std::ssize(missing), static_cast<int>(own.size()), [&](std::int64_t at, int worker) {
    missing[static_cast<std::size_t>(at)].make(own[static_cast<std::size_t>(worker)], enter);
  });
}

std::shared_ptr<const LibraryKernel> KernelStore::get(const Step& step, const Way& way) {
  const Wanted wanted{&step, way};
  for (Missing& missing : find_missing({&wanted, 1})) missing.make(targets(1).front(), [] {});
  const Kernel& kernel = kernels_.at(key_of(describe(step, way), way));
  if (kernel.made == nullptr) throw Error(kernel.why_not, ErrorKind::unsupported);
  return kernel.made;
}

}  // namespace qbench::cudnn
