#include "engine/formats/symbol.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>
#include <ostream>
#include <sstream>

#include "engine/core/error.h"

namespace qbench {
namespace {

using Json = nlohmann::json;

constexpr int kVersionWhenMissing = 800;
constexpr const char* kParametersHash = "qbench_parameters";
constexpr int kDeepestJson = 48;
constexpr int kDeepestSubgraph = 4;
constexpr std::streamoff kLargestFile = std::streamoff{64} << 20;  // real ones have at most 1 MB

// Written without underscores by old versions.
constexpr std::array<std::string_view, 5> kHiddenKeys = {"ctx_group", "lr_mult", "wd_mult",
                                                         "force_mirroring", "mirror_stage"};

std::string_view kind(const Json& json) { return json.type_name(); }

const Json& member(const Json& object, const char* key) {
  if (!object.is_object()) throw Error(fmt::format("{}, expected an object", kind(object)));
  const auto found = object.find(key);
  if (found == object.end()) throw Error(fmt::format("'{}' is missing", key));
  return *found;
}

const Json& array_member(const Json& object, const char* key) {
  const Json& value = member(object, key);
  if (!value.is_array())
    throw Error(fmt::format("'{}' is {}, expected an array", key, kind(value)));
  return value;
}

std::string text_member(const Json& object, const char* key) {
  const Json& value = member(object, key);
  if (!value.is_string())
    throw Error(fmt::format("'{}' is {}, expected a string", key, kind(value)));
  return value.get<std::string>();
}

// A whole number below `limit`.
std::int32_t index_from(const Json& json, std::size_t limit, std::string_view what) {
  const bool whole = json.is_number_unsigned();
  if (!whole || json.get<std::uint64_t>() >= limit) {
    throw Error(fmt::format("{} is {}, expected a whole number below {}", what,
                            json.is_primitive() ? json.dump() : std::string(kind(json)), limit));
  }
  return json.get<std::int32_t>();
}

// [node, output] or [node, output, version]; the version says nothing here.
SymbolEntry entry_from(const Json& json, std::size_t nodes) {
  if (!json.is_array() || json.size() < 2 || json.size() > 3)
    throw Error("an entry is not of the form [node, output, version]");
  constexpr std::size_t kMostOutputs = 1 << 16;
  return {index_from(json[0], nodes, "the node of an entry"),
          index_from(json[1], kMostOutputs, "the output of an entry")};
}

std::vector<SymbolEntry> entries_from(const Json& json, std::size_t nodes) {
  std::vector<SymbolEntry> entries;
  entries.reserve(json.size());
  for (const Json& entry : json) entries.push_back(entry_from(entry, nodes));
  return entries;
}

std::string modern_key(const std::string& key) {
  for (std::string_view hidden : kHiddenKeys) {
    if (key == hidden) return "__" + key + "__";
  }
  return key;
}

// Where the same key stands in several of the dictionaries, the newest spelling's wins.
SymbolAttributes attributes_from(const Json& node) {
  SymbolAttributes attributes;
  for (const char* spelling : {"attrs", "attr", "param"}) {
    const auto found = node.find(spelling);
    if (found == node.end()) continue;
    if (!found->is_object())
      throw Error(fmt::format("'{}' is {}, expected an object", spelling, kind(*found)));
    for (const auto& [key, value] : found->items()) {
      if (!value.is_string())
        throw Error(fmt::format("attribute '{}' is {}, expected a string", key, kind(value)));
      attributes.emplace(modern_key(key), value.get<std::string>());
    }
  }
  return attributes;
}

Symbol symbol_from(const Json& json, int depth);

SymbolNode node_from(const Json& json, std::size_t position, int depth) {
  SymbolNode node{.op = text_member(json, "op"),
                  .name = text_member(json, "name"),
                  .attributes = attributes_from(json),
                  .inputs = entries_from(array_member(json, "inputs"), position),
                  .subgraphs = {},
                  .outputs = 1};
  if (node.is_variable() && !node.inputs.empty()) throw Error("a variable has inputs");
  if (json.contains("subgraphs")) {
    if (depth >= kDeepestSubgraph)
      throw Error(fmt::format("more than {} subgraphs inside each other", kDeepestSubgraph));
    for (const Json& subgraph : array_member(json, "subgraphs"))
      node.subgraphs.push_back(symbol_from(subgraph, depth + 1));
  }
  return node;
}

std::string describe(const Json& node, std::size_t position) {
  const bool named = node.is_object() && node.contains("name") && node["name"].is_string();
  return named ? fmt::format("node {} '{}'", position, node["name"].get<std::string>())
               : fmt::format("node {}", position);
}

int version_from(const Json& json) {
  const auto attributes = json.find("attrs");
  if (attributes == json.end()) return kVersionWhenMissing;
  if (!attributes->is_object()) throw Error("'attrs' of the graph is not an object");
  const auto version = attributes->find("mxnet_version");
  if (version == attributes->end()) return kVersionWhenMissing;
  // ["int", 10500]
  if (!version->is_array() || version->size() != 2 || !(*version)[1].is_number_integer())
    throw Error("'mxnet_version' is not of the form [\"int\", number]");
  return (*version)[1].get<int>();
}

std::string parameters_hash_from(const Json& json) {
  const auto attributes = json.find("attrs");
  if (attributes == json.end()) return {};
  const auto hash = attributes->find(kParametersHash);
  if (hash == attributes->end()) return {};
  if (!hash->is_array() || hash->size() != 2 || !(*hash)[1].is_string())  // ["str", "1f0c..."]
    throw Error(fmt::format("'{}' is not of the form [\"str\", text]", kParametersHash));
  return (*hash)[1].get<std::string>();
}

Symbol symbol_from(const Json& json, int depth) {
  Symbol symbol;
  const Json& nodes = array_member(json, "nodes");
  symbol.nodes.reserve(nodes.size());
  for (const Json& node : nodes) {
    const std::size_t position = symbol.nodes.size();
    try {
      symbol.nodes.push_back(node_from(node, position, depth));
    } catch (const Error& error) {
      throw error.at(describe(node, position));
    }
  }
  try {
    symbol.heads = entries_from(array_member(json, "heads"), symbol.nodes.size());
  } catch (const Error& error) {
    throw error.at("heads");
  }
  if (symbol.heads.empty()) throw Error("no heads: the network delivers nothing");
  symbol.version = version_from(json);
  symbol.parameters_hash = parameters_hash_from(json);
  return symbol;
}

// What nlohmann says, without its own prefix "[json.exception.parse_error.101] ".
std::string_view message(std::string_view what) {
  const auto end = what.find("] ");
  return end == std::string_view::npos ? what : what.substr(end + 2);
}

std::string quoted(const std::string& text) {
  try {
    return Json(text).dump();
  } catch (const Json::exception&) {  // a string that is not UTF-8
    throw Error("a name is not UTF-8 and cannot be written");
  }
}

// Written as MXNet does: one line for each list of numbers.
class Writer {
 public:
  explicit Writer(std::ostream& out) : out_(out) {}

  // Without the closing brace. `last` follows the symbol's own members.
  void write(const Symbol& symbol, std::string_view last = {}) {
    line("{{");
    ++depth_;
    line("\"nodes\": [");
    ++depth_;
    std::vector<std::size_t> variables;
    std::vector<std::int64_t> row_ends = {0};
    for (std::size_t i = 0; i < symbol.nodes.size(); ++i) {
      const SymbolNode& node = symbol.nodes[i];
      if (node.is_variable()) variables.push_back(i);
      row_ends.push_back(row_ends.back() + node.outputs);
      write(node, i + 1 < symbol.nodes.size() ? "}," : "}");
    }
    --depth_;
    line("],");
    line("\"arg_nodes\": [{}],", fmt::join(variables, ", "));
    line("\"node_row_ptr\": [{}],", fmt::join(row_ends, ", "));
    line("\"heads\": [{}]{}", entries(symbol.heads), last);
    --depth_;
  }

 private:
  void write(const SymbolNode& node, std::string_view end) {
    line("{{");
    ++depth_;
    line("\"op\": {},", quoted(node.op));
    line("\"name\": {},", quoted(node.name));
    if (!node.attributes.empty()) {
      line("\"attrs\": {{");
      ++depth_;
      std::size_t left = node.attributes.size();
      for (const auto& [key, value] : node.attributes)
        line("{}: {}{}", quoted(key), quoted(value), --left == 0 ? "" : ",");
      --depth_;
      line("}},");
    }
    line("\"inputs\": [{}]{}", entries(node.inputs), node.subgraphs.empty() ? "" : ",");
    if (!node.subgraphs.empty()) {
      line("\"subgraphs\": [");
      ++depth_;
      for (const Symbol& subgraph : node.subgraphs) {
        write(subgraph);
        line("}}{}", &subgraph == &node.subgraphs.back() ? "" : ",");
      }
      --depth_;
      line("]");
    }
    --depth_;
    line("{}", end);
  }

  static std::string entries(std::span<const SymbolEntry> entries) {
    std::string text;
    for (const SymbolEntry& entry : entries) {
      fmt::format_to(std::back_inserter(text), "{}[{}, {}, 0]", text.empty() ? "" : ", ",
                     entry.node, entry.output);
    }
    return text;
  }

  template <class... Args>
  void line(fmt::format_string<Args...> format, Args&&... args) {
    out_ << std::string(2 * depth_, ' ') << fmt::format(format, std::forward<Args>(args)...)
         << '\n';
  }

  std::ostream& out_;
  std::size_t depth_ = 0;
};

}  // namespace

Symbol read_symbol(const std::string& path) {
  errno = 0;
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  if (!(in && text << in.rdbuf()))
    throw Error(fmt::format("{}: cannot be read: {}", path, std::strerror(errno)));
  try {
    return parse_symbol(text.view());
  } catch (const Error& error) {
    throw error.at(path);
  }
}

Symbol parse_symbol(std::string_view text) {
  if (text.find_first_not_of(" \t\r\n") == std::string_view::npos)
    throw Error("empty, expected a symbol as JSON");
  if (text.size() > static_cast<std::size_t>(kLargestFile))
    throw Error(fmt::format("{} bytes, expected at most {}", text.size(), kLargestFile));
  const auto shallow = [](int depth, Json::parse_event_t, Json&) {
    if (depth > kDeepestJson) throw Error(fmt::format("nested more than {} deep", kDeepestJson));
    return true;
  };
  try {
    return symbol_from(Json::parse(text, shallow), 0);
  } catch (const Json::exception& error) {
    throw Error(std::string(message(error.what())));
  }
}

void write_symbol(std::ostream& out, const Symbol& symbol) {
  std::string attributes = fmt::format("\"mxnet_version\": [\"int\", {}]", symbol.version);
  if (!symbol.parameters_hash.empty())
    attributes +=
        fmt::format(", \"{}\": [\"str\", {}]", kParametersHash, quoted(symbol.parameters_hash));
  Writer(out).write(symbol, fmt::format(",\n  \"attrs\": {{{}}}", attributes));
  out << "}\n";
}

}  // namespace qbench
