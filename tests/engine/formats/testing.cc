#include "tests/engine/formats/testing.h"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <random>
#include <sstream>

#include "engine/formats/importer.h"
#include "engine/formats/parameters.h"

namespace qbench::testing {

TemporaryFile::TemporaryFile(const std::string& suffix) {
  static int count = 0;
  path_ = ::testing::TempDir() + "qbench_formats_" + std::to_string(getpid()) + "_" +
          std::to_string(++count) + suffix;
}
TemporaryFile::~TemporaryFile() { std::remove(path_.c_str()); }

std::string read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream content;
  content << in.rdbuf();
  return content.str();
}

void write_file(const std::string& path, std::string_view content) {
  std::ofstream(path, std::ios::binary) << content;
}

std::string real_data() {
  const char* folder = std::getenv("QBENCH_TEST_DATA");
  return folder == nullptr ? "" : folder;
}

SymbolEntry Net::variable(std::string name, SymbolAttributes attributes) {
  return node("null", std::move(name), std::move(attributes), {});
}

void Net::array(std::string name, Shape shape, float fill) {
  auto tensor = std::make_shared<Tensor>(DType::f32, std::move(shape));
  for (float& value : tensor->data<float>()) value = std::exchange(fill, fill + 1.0F / 16);
  arrays.push_back({std::move(name), std::move(tensor)});
}

SymbolEntry Net::parameter(std::string name, Shape shape, float fill, DType dtype) {
  if (dtype == DType::f32) {
    array("arg:" + name, std::move(shape), fill);
  } else {
    auto tensor = std::make_shared<Tensor>(DType::s8, std::move(shape));
    auto value = static_cast<std::int8_t>(fill);
    for (std::int8_t& element : tensor->data<std::int8_t>()) element = value++;
    arrays.push_back({"arg:" + name, std::move(tensor)});
  }
  return variable(std::move(name));
}

SymbolEntry Net::values(std::string name, std::vector<float> values) {
  arrays.push_back({"arg:" + name, std::make_shared<Tensor>(Tensor::of<float>(
                                       {static_cast<std::int64_t>(values.size())}, values))});
  return variable(std::move(name));
}

SymbolEntry Net::node(std::string op, std::string name, SymbolAttributes attributes,
                      std::vector<SymbolEntry> inputs) {
  symbol.nodes.push_back({.op = std::move(op),
                          .name = std::move(name),
                          .attributes = std::move(attributes),
                          .inputs = std::move(inputs)});
  return {static_cast<std::int32_t>(symbol.nodes.size()) - 1, 0};
}

namespace {

Graph import_with(Symbol symbol, Parameters parameters, const ImportOptions& options) {
  if (symbol.heads.empty())
    symbol.heads = {{static_cast<std::int32_t>(symbol.nodes.size()) - 1, 0}};
  return Importer(symbol, parameters, options).run();
}

}  // namespace

Graph Net::import(const ImportOptions& options) const {
  return import_with(symbol, Parameters("the file", arrays), options);
}

Graph Net::import() const { return import({.image_shape = Shape{4, 6, 6}}); }

Graph Net::import_random(std::uint64_t seed) const {
  return import_with(symbol, Parameters::random(seed), {.image_shape = Shape{4, 6, 6}});
}

std::string mutated(std::string content, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  const auto below = [&](std::size_t n) { return n == 0 ? 0 : random() % n; };
  for (std::size_t changes = 1 + below(3); changes > 0 && !content.empty(); --changes) {
    const std::size_t at = below(content.size());
    const std::size_t length = 1 + below(std::min<std::size_t>(8, content.size() - at));
    switch (below(5)) {
      case 0:
      case 1:
        content[at] = static_cast<char>(content[at] ^ (1 << below(8)));
        break;
      case 2:
        content.erase(at, length);
        break;
      case 3:
        content.insert(below(content.size()), content.substr(at, length));
        break;
      default:
        content.replace(at, length, std::string(length, static_cast<char>(random())));
    }
  }
  return content;
}

}  // namespace qbench::testing
