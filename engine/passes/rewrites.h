// The rewrites behind the list in passes.cc, one per file. Each gives the rewritten graph, or
// nothing when there was nothing to do.
#pragma once

#include <optional>

#include "engine/graph/graph.h"

namespace qbench {

std::optional<Graph> remove_identity(const Graph& graph);
std::optional<Graph> fold_constants(const Graph& graph);
std::optional<Graph> fold_padding(const Graph& graph);
std::optional<Graph> fold_channel_scale(const Graph& graph);
std::optional<Graph> fold_batch_norm(const Graph& graph);
std::optional<Graph> fuse_conv_residual(const Graph& graph);
std::optional<Graph> fuse_conv_activation(const Graph& graph);
std::optional<Graph> fuse_fc_activation(const Graph& graph);
std::optional<Graph> fuse_add_activation(const Graph& graph);

}  // namespace qbench
