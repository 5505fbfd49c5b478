// Graph to text, and the hash that is taken over that text.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <concepts>
#include <utility>
#include <vector>

#include "engine/core/hash.h"
#include "engine/graph/attribute_names.h"
#include "engine/graph/text.h"

namespace qbench {
namespace {

constexpr std::size_t kMostValues = 16;  // of a constant that are written out

std::string text_of(std::int64_t value) { return fmt::format("{}", value); }
std::string text_of(bool value) { return value ? "true" : "false"; }
std::string text_of(float value) { return fmt::format("{}", value); }  // shortest that reads back
std::string text_of(const std::vector<std::int64_t>& values) {
  return fmt::format("[{}]", fmt::join(values, ","));
}
std::string text_of(const std::vector<float>& values) {
  return fmt::format("[{}]", fmt::join(values, ","));
}
std::string text_of(const Shape& shape) { return to_string(shape); }
std::string text_of(const Extent2d& e) { return fmt::format("[{},{}]", e.h, e.w); }
std::string text_of(const Padding2d& p) {
  return fmt::format("[{},{},{},{}]", p.top, p.left, p.bottom, p.right);
}
template <class Enum>
requires std::is_enum_v<Enum> std::string text_of(Enum value) {
  return std::string(kEnumNames<Enum>.at(static_cast<std::size_t>(value)));
}
std::string text_of(const ActivationSpec& spec) {
  if (spec.alpha == 0 && spec.beta == 0) return text_of(spec.kind);
  if (spec.beta == 0) return fmt::format("{}({})", text_of(spec.kind), spec.alpha);
  return fmt::format("{}({},{})", text_of(spec.kind), spec.alpha, spec.beta);
}

using Attributes = std::vector<std::pair<std::string_view, std::string>>;

template <class T>
Attributes attributes_of(T op) {
  Attributes attributes;
  op.visit([&](std::string_view name, const auto& value) {
    attributes.emplace_back(name, text_of(value));
  });
  return attributes;
}

std::string quoted_name(std::string_view name) {
  const bool bare = std::ranges::all_of(name, is_word_character) && name != "return";
  if (bare) return std::string(name);
  std::string quoted = "\"";
  for (char c : name) {
    if (c == '"' || c == '\\') quoted += '\\';
    if (c == '\n') {
      quoted += "\\n";
    } else {
      quoted += c;
    }
  }
  return quoted + '"';
}

template <class T>
std::string values_text(const Tensor& tensor) {
  if constexpr (sizeof(T) == 1) {  // as numbers, not as characters
    const std::vector<int> numbers(tensor.data<T>().begin(), tensor.data<T>().end());
    return fmt::format(" values=[{}]", fmt::join(numbers, ","));
  } else {
    return fmt::format(" values=[{}]", fmt::join(tensor.data<T>(), ","));
  }
}

std::string value_text(const Tensor& tensor) {
  if (tensor.elements() <= kMostValues) {
    switch (tensor.dtype()) {
      case DType::f32:
        return values_text<float>(tensor);
      case DType::f64:
        return values_text<double>(tensor);
      case DType::s8:
        return values_text<std::int8_t>(tensor);
      case DType::u8:
        return values_text<std::uint8_t>(tensor);
      case DType::s32:
        return values_text<std::int32_t>(tensor);
      case DType::s64:
        return values_text<std::int64_t>(tensor);
      case DType::f16:
        break;  // no C++ type to write
    }
  }
  return " hash=" + Hasher().add(tensor.bytes()).hex().substr(0, 8);
}

std::string type_text(const TensorType& type) {
  std::string text = fmt::format("{}{}", to_string(type.dtype), to_string(type.shape));
  if (!type.quant) return text;
  if (type.quant->dynamic) return text + " dynamic";
  text += fmt::format(" scales=[{}]", fmt::join(type.quant->scales, ","));
  if (type.quant->axis != -1) text += fmt::format(" axis={}", type.quant->axis);
  return text;
}

// The node's line without a constant's values.
std::string node_text(const Graph& graph, const Node& node) {
  std::string text = fmt::format("{} = {}(", quoted_name(node.name), op_name(node.op));
  std::string_view separator;
  for (NodeId id : node.inputs) {
    text += fmt::format("{}{}", std::exchange(separator, ", "), quoted_name(graph[id].name));
  }
  if (!node.inputs.empty()) separator = "; ";
  std::visit(
      [&]<class T>(const T& op) {
        const Attributes attributes = attributes_of(op);
        const Attributes defaults = attributes_of(T{});
        for (std::size_t i = 0; i < attributes.size(); ++i) {
          if (attributes[i] == defaults[i]) continue;
          const auto& [name, value] = attributes[i];
          text += fmt::format("{}{}={}", std::exchange(separator, ", "), name, value);
        }
      },
      node.op);
  return text + ") : " + type_text(node.type);
}

std::string return_text(const Graph& graph) {
  std::string text = "return";
  std::string_view separator = " ";
  for (NodeId id : graph.outputs()) {
    text += fmt::format("{}{}", std::exchange(separator, ", "), quoted_name(graph[id].name));
  }
  return text;
}

}  // namespace

std::string print_graph(const Graph& graph) {
  std::string text;
  for (const Node& node : graph.nodes()) {
    text += node_text(graph, node);
    if (const auto* constant = std::get_if<Constant>(&node.op))
      text += value_text(*constant->value);
    text += '\n';
  }
  return text + return_text(graph) + '\n';
}

std::string hash_graph(const Graph& graph) {
  Hasher hasher;
  for (const Node& node : graph.nodes()) {
    hasher.add(node_text(graph, node));
    if (const auto* constant = std::get_if<Constant>(&node.op))
      hasher.add(constant->value->bytes());
  }
  return hasher.add(return_text(graph)).hex();
}

}  // namespace qbench
