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
// Up to here the definitions of all operators that have a rule were compared: what newer versions
// than those of set 21 add is element types, and attributes that the rules know or refuse.
inline constexpr std::int64_t kLastOpset = 27;

using TensorPtr = std::shared_ptr<const Tensor>;

// Of a kind or element type that nothing here reads; an error only where it is asked for.
struct Unreadable {
  std::string why;
};

using Attribute = std::variant<Unreadable, std::int64_t, float, std::string,
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
  std::string unreadable = {};                    // why, where it is no tensor of a type above
};

struct NamedTensor {
  std::string name;
  TensorPtr value;              // nothing where it is unreadable
  std::string unreadable = {};  // why: an element type that nothing here reads
};

struct ModelDef {
  std::int64_t opset = 13;
  std::vector<NodeDef> nodes;
  std::vector<NamedTensor> initializers;
  std::vector<ValueDef> inputs;
  std::vector<ValueDef> outputs;
};

// With the tensors that lie in files beside it. Throws Error naming the file and the place where it
// is no model, or where data is missing, lies outside of the model's folder, or has another size
// than its dimensions say.
ModelDef read_model(const std::string& path);
// Those files, each once: paths that can be opened from here. Throws Error as read_model does.
std::vector<std::string> external_files(const std::string& path);
// A dimension of -1 is written as the symbol N. Throws Error above 2 GiB, which the format cannot
// hold.
void write_model(std::ostream& out, const ModelDef& model);

}  // namespace qbench::onnx
