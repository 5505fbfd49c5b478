#include "engine/backends/cudnn/device/kernel_store.h"

#include <algorithm>
#include <atomic>
#include <thread>

#include "engine/core/error.h"

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

void KernelStore::Missing::make(const Target& target) {
  try {
    *place = std::make_shared<LibraryKernel>(operations, choice, target);
  } catch (const Error&) {  // not for this device, or this graph: stays null
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

void KernelStore::run_on_all_cores(std::vector<Missing> missing,
                                   const std::function<void(Missing&)>& work) {
  const std::size_t cores = std::max(std::thread::hardware_concurrency(), 1U);
  std::atomic<std::size_t> next = 0;
  std::vector<std::jthread> threads;
  for (std::size_t i = 0; i < std::min(cores, missing.size()); ++i)
    threads.emplace_back([&] {
      for (std::size_t at = next++; at < missing.size(); at = next++) work(missing[at]);
    });
}

std::shared_ptr<const LibraryKernel> KernelStore::get(const Step& step, const Way& way) {
  const Wanted wanted{&step, way};
  for (Missing& missing : find_missing({&wanted, 1})) missing.make(target_);
  return kernels_.at(key_of(describe(step, way), way));
}

}  // namespace qbench::cudnn
