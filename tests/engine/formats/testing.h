// What the tests of the formats share: files, networks built node by node, messages.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/core/error.h"
#include "engine/formats/formats.h"
#include "engine/formats/params.h"
#include "engine/formats/symbol.h"
#include "engine/graph/graph.h"

namespace qbench::testing {

// A path that no other test uses, removed at the end with what stands there.
class TemporaryFile {
 public:
  explicit TemporaryFile(const std::string& suffix = "");
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  ~TemporaryFile();
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

std::string read_file(const std::string& path);
void write_file(const std::string& path, std::string_view content);

// The folder of real data, empty when QBENCH_TEST_DATA is not set.
std::string real_data();
#define SKIP_WITHOUT_REAL_DATA()            \
  if (qbench::testing::real_data().empty()) \
  GTEST_SKIP() << "QBENCH_TEST_DATA names no folder of real models"

// What the call says of its failure; "no error" when it does not fail.
template <class Call>
std::string message_of(Call&& call) {
  try {
    std::forward<Call>(call)();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

// A network and its parameters, built node by node.
class Net {
 public:
  SymbolEntry variable(std::string name, SymbolAttributes attributes = {});
  // A variable with values: `fill`, `fill` + 1, ... (s8) or steps of 1/16 (f32).
  SymbolEntry parameter(std::string name, Shape shape, float fill = 0, DType dtype = DType::f32);
  SymbolEntry values(std::string name, std::vector<float> values);
  SymbolEntry node(std::string op, std::string name, SymbolAttributes attributes,
                   std::vector<SymbolEntry> inputs);
  void array(std::string name, Shape shape, float fill = 0);  // without a variable

  Symbol symbol;
  std::vector<NamedArray> arrays;

  // Delivers the last node where there are no heads.
  Graph import(const ImportOptions& options) const;
  // Data [1,4,6,6]. Parameters from `arrays`.
  Graph import() const;
  Graph import_random(std::uint64_t seed) const;
};

// Changes some bytes of `content`: flipped bits, cut, doubled and overwritten stretches.
std::string mutated(std::string content, std::uint64_t seed);

}  // namespace qbench::testing
