// An ONNX model as plain data, so that protocol buffers are known to two files only. Names are
// those of the ONNX specification (github.com/onnx/onnx, docs/IR.md).
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <variant>
#include <vector>

#include "engine/core/tensor.h"

namespace qbench::onnx {

inline constexpr std::int64_t kFirstOpset = 7;
inline constexpr std::int64_t kLastOpset = 21;

using TensorPtr = std::shared_ptr<const Tensor>;

// monostate: of a kind that no operator here has (a subgraph, a list of strings).
using Attribute = std::variant<std::monostate, std::int64_t, float, std::string,
                               std::vector<std::int64_t>, std::vector<float>, TensorPtr>;

struct NodeDef {
  std::string op;
  std::string name = {};    // may be empty
  std::string domain = {};  // empty: the standard operators
  std::map<std::string, Attribute, std::less<>> attributes = {};
  std::vector<std::string> inputs;  // names of values; empty: an optional input left out
  std::vector<std::string> outputs;
};

struct ValueDef {
  std::string name;
  DType dtype = DType::f32;
  std::optional<std::vector<std::int64_t>> dims;  // -1: not fixed; nothing: rank unknown
};

struct NamedTensor {
  std::string name;
  TensorPtr value;
};

struct ModelDef {
  std::int64_t opset = 13;
  std::vector<NodeDef> nodes;
  std::vector<NamedTensor> initializers;
  std::vector<ValueDef> inputs;
  std::vector<ValueDef> outputs;
};

// Throws Error naming the file and the place where it is no model, or one with data elsewhere.
ModelDef read_model(const std::string& path);
// A dimension of -1 is written as the symbol N. Throws Error above 2 GiB, which the format cannot
// hold.
void write_model(std::ostream& out, const ModelDef& model);

}  // namespace qbench::onnx
