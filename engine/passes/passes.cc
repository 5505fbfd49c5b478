// The list of passes, and running it.
#include "engine/passes/passes.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <chrono>

#include "engine/core/error.h"
#include "engine/passes/rewrites.h"

namespace qbench {
namespace {

// Removals first, because they bring operators together; an activation last, because it ends what
// a node can absorb.
constexpr std::array kPasses = {
    Pass{"remove_identity", "remove what copies its input: Dropout, Flatten before FullyConnected",
         remove_identity},
    Pass{"fold_constants",
         "compute sums, products, joins and reshapes of constants, and default boxes",
         fold_constants},
    Pass{"fold_padding", "zero padding into Convolution and Pool", fold_padding},
    Pass{"fold_channel_scale", "per-channel Multiply and Add into weights and bias",
         fold_channel_scale},
    Pass{"fold_batch_norm", "BatchNorm into weights and bias", fold_batch_norm},
    Pass{"fuse_conv_residual", "Add into the Convolution before it", fuse_conv_residual},
    Pass{"fuse_conv_activation", "Activation into Convolution", fuse_conv_activation},
    Pass{"fuse_fc_activation", "Activation into FullyConnected", fuse_fc_activation},
    Pass{"fuse_add_activation", "Activation into Add", fuse_add_activation},
};

void check_names(std::span<const std::string> disabled) {
  for (const std::string& name : disabled) {
    if (std::ranges::find(kPasses, name, &Pass::name) != kPasses.end()) continue;
    std::vector<std::string_view> known;
    for (const Pass& pass : kPasses) known.push_back(pass.name);
    throw Error(fmt::format("'{}' is no pass, expected {}", name, fmt::join(known, ", ")));
  }
}

// Passes must leave inputs and outputs as the caller knows them.
void check_interface(const Graph& before, const Graph& after, std::string_view pass) {
  const auto same = [&](const std::vector<NodeId>& a, const std::vector<NodeId>& b) {
    return std::ranges::equal(a, b, [&](NodeId x, NodeId y) {
      return before[x].name == after[y].name && before[x].type == after[y].type;
    });
  };
  if (same(before.inputs(), after.inputs()) && same(before.outputs(), after.outputs())) return;
  throw Error(fmt::format("pass '{}' changed the inputs or outputs of the graph", pass));
}

}  // namespace

std::span<const Pass> fp32_passes() { return kPasses; }

Graph optimize(const Graph& graph, std::span<const std::string> disabled,
               std::vector<PassResult>* results) {
  check_names(disabled);
  Graph current = prune(graph);
  for (const Pass& pass : kPasses) {
    if (std::ranges::find(disabled, pass.name) != disabled.end()) continue;
    const auto start = std::chrono::steady_clock::now();
    std::optional<Graph> rewritten = pass.run(current);
    const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
    if (results != nullptr) {
      results->push_back({pass.name, rewritten.has_value(), elapsed.count()});
    }
    if (!rewritten) continue;
    check_interface(current, *rewritten, pass.name);
    current = *std::move(rewritten);
  }
  return current;
}

}  // namespace qbench
