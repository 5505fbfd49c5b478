#include "engine/zoo/bind_parameters.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/core/error.h"
#include "engine/core/nearest_name.h"

namespace qbench {
namespace {

std::string nearest_to(std::string_view name, const std::vector<std::string_view>& candidates) {
  const std::string_view nearest = nearest_name(name, candidates);
  return nearest.empty() ? "" : fmt::format("; the nearest is '{}'", nearest);
}

// From the names of a file to those of a network.
class Names {
 public:
  explicit Names(const ZooNetwork& network) : graph_(network.graph) {
    for (const auto& [parameter, path] : network.gluon_names) by_path_.emplace(path, parameter);
    if (by_path_.empty()) return;
    const std::string& any = by_path_.begin()->second;  // "resnetv10_conv0_weight"
    instance_ = any.substr(0, any.find('_'));
  }

  std::optional<NodeId> find(std::string_view name) const {
    if (name.starts_with("arg:") || name.starts_with("aux:")) name.remove_prefix(4);
    if (const auto path = by_path_.find(name); path != by_path_.end())
      return constant(path->second);
    if (const auto exact = constant(name)) return exact;
    return constant(as_first_instance(name));
  }

  std::vector<std::string_view> all() const {
    std::vector<std::string_view> names;
    for (NodeId id = 0; id < graph_.size(); ++id) {
      if (graph_.as_constant(id) != nullptr) names.push_back(graph_[id].name);
    }
    for (const auto& [path, parameter] : by_path_) names.push_back(path);
    return names;
  }

 private:
  std::optional<NodeId> constant(std::string_view name) const {
    const std::optional<NodeId> id = graph_.find(name);
    return id && graph_.as_constant(*id) != nullptr ? id : std::nullopt;
  }

  // Gluon numbers the networks of a process: "resnetv13_conv0_weight" -> "resnetv10_..."
  std::string as_first_instance(std::string_view name) const {
    if (instance_.empty()) return {};
    const std::string_view base = std::string_view(instance_).substr(0, instance_.size() - 1);
    if (!name.starts_with(base)) return {};
    const std::string_view rest = name.substr(base.size());
    const std::size_t digits = rest.find_first_not_of("0123456789");
    if (digits == 0 || digits == std::string_view::npos || rest[digits] != '_') return {};
    return instance_ + std::string(rest.substr(digits));
  }

  const Graph& graph_;
  std::map<std::string, std::string, std::less<>> by_path_;
  std::string instance_;  // "resnetv10"; empty: no Gluon network
};

// Parameters of the network -> arrays.
using Bound = std::map<NodeId, std::pair<std::string_view, std::shared_ptr<const Tensor>>>;

Bound match(const Graph& graph, const Names& names, const NamedTensors& arrays) {
  Bound bound;
  for (const auto& [name, value] : arrays) {
    const std::optional<NodeId> id = names.find(name);
    if (!id) {
      throw Error(fmt::format("array '{}' is no parameter of the network{}", name,
                              nearest_to(name, names.all())));
    }
    const std::string& parameter = graph[*id].name;
    if (value == nullptr) throw Error(fmt::format("array '{}' has no value", name));
    const TensorType& type = graph[*id].type;
    if (value->dtype() != type.dtype || value->shape() != type.shape) {
      throw Error(fmt::format("array '{}' is {}{}, expected {}{} for parameter '{}'", name,
                              to_string(value->dtype()), to_string(value->shape()),
                              to_string(type.dtype), to_string(type.shape), parameter));
    }
    const auto [first, is_new] = bound.emplace(*id, std::pair(std::string_view(name), value));
    if (!is_new) {
      throw Error(fmt::format("arrays '{}' and '{}' are both parameter '{}'", first->second.first,
                              name, parameter));
    }
  }
  return bound;
}

void expect_all(const Graph& graph, const Bound& bound, const NamedTensors& arrays) {
  for (NodeId id = 0; id < graph.size(); ++id) {
    if (graph.as_constant(id) == nullptr || bound.contains(id)) continue;
    std::vector<std::string_view> names;
    for (const auto& [name, value] : arrays) names.push_back(name);
    throw Error(fmt::format("no array for parameter '{}' of shape {}{}", graph[id].name,
                            to_string(graph[id].type.shape), nearest_to(graph[id].name, names)));
  }
}

}  // namespace

Graph bind_parameters(const ZooNetwork& network, const NamedTensors& arrays,
                      const std::string& file) {
  Bound bound;
  try {
    bound = match(network.graph, Names(network), arrays);
    expect_all(network.graph, bound, arrays);
  } catch (const Error& error) {
    throw error.at(file);
  }
  return Rewriter(network.graph).run([&](Rewriter& to, NodeId id) -> std::optional<NodeId> {
    const auto found = bound.find(id);
    if (found == bound.end()) return std::nullopt;
    return to.graph().constant(to.old()[id].name, found->second.second);
  });
}

}  // namespace qbench
