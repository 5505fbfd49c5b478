// Reading a model from files and writing it to files, whatever the format.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/graph/graph.h"

namespace qbench {

struct ModelFiles {
  std::string symbol;  // NAME-symbol.json, or the one file of a format that has one
  std::string params;  // NAME-0000.params; empty: parameters are drawn at random
};

struct ImportOptions {
  // [C,H,W] of the data input in place of the file's; nothing: as the file says.
  std::optional<Shape> image_shape;
  std::int64_t batch = 1;
  std::uint64_t seed = 0;  // of random parameters
  // [C,H,W] of what neither the file nor `image_shape` says; nothing: an error.
  std::optional<Shape> usual_shape = {};
  // The one value that is delivered, at most one of: the output of that name; the node or value of
  // that name, whatever follows it. Empty: all outputs of the file.
  std::string output = {};
  std::string until = {};
  std::vector<std::string>* notices = nullptr;  // what a user should know is added there
};

// FP32 or quantized, as the files are. Parameters become constants; label inputs disappear. Nodes
// that what is delivered does not need are not looked at.
// Throws Error naming file, place and what was expected; also where a number in the model is none
// that a network can compute with (check_numbers.h).
Graph import_model(const ModelFiles& files, const ImportOptions& options);

// Writes the symbol and parameter files, each to a temporary name that is then renamed.
void export_model(const Graph& graph, const ModelFiles& files);

// Whether the network's file holds its parameters too, so that there is no second one.
bool holds_parameters(const std::string& symbol);

// Files beyond `file` that hold a part of its data, as an ONNX file may name them; none for other
// files. Throws Error where one of them is missing.
std::vector<std::string> data_files(const std::string& file);

struct Format {
  std::string_view name;         // "mxnet"
  std::string_view description;  // one line, with the file names it goes by
  bool one_file;                 // the network's file holds its parameters
  bool (*recognizes)(const ModelFiles& files);
  Graph (*import_model)(const ModelFiles& files, const ImportOptions& options);
  void (*export_model)(const Graph& graph, const ModelFiles& files);
  std::vector<std::string> (*data_files)(const std::string& symbol);  // nullptr: there are none
};
const std::vector<Format>& formats();

}  // namespace qbench
