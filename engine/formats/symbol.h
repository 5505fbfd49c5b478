// MXNet symbol files (NAME-symbol.json): the network as a list of nodes in topological order.
//
// Reads the files of all versions and brings them to one form: attributes merged from `param`,
// `attr` and `attrs`, hidden keys underscored, entries with three numbers.
#pragma once

#include <cstdint>
#include <functional>
#include <iosfwd>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace qbench {

struct SymbolNode;

// One output of a node.
struct SymbolEntry {
  std::int32_t node = 0;
  std::int32_t output = 0;
  bool operator==(const SymbolEntry&) const = default;
};

using SymbolAttributes = std::map<std::string, std::string, std::less<>>;

struct Symbol {
  std::vector<SymbolNode> nodes;
  std::vector<SymbolEntry> heads;  // what the network delivers
  int version = 0;                 // 10000 * major + 100 * minor + patch
  // Of the arrays it was written with (hash_of in params.h); empty: the file does not say.
  std::string parameters_hash = {};
};

struct SymbolNode {
  std::string op;  // "null" for a variable
  std::string name;
  SymbolAttributes attributes = {};
  std::vector<SymbolEntry> inputs = {};  // of nodes before this one
  std::vector<Symbol> subgraphs = {};    // of fused nodes
  std::int32_t outputs = 1;              // how many; written, not read

  bool is_variable() const { return op == "null"; }
};

// Throws Error naming the file and the line and column, or the node.
Symbol read_symbol(const std::string& path);
Symbol parse_symbol(std::string_view json);

void write_symbol(std::ostream& out, const Symbol& symbol);

}  // namespace qbench
