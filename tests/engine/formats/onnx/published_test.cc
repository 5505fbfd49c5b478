// Published networks and the tests of the ONNX suite: each is right, or refused with one message.
#include <gmock/gmock.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>

#include "engine/backends/backends.h"
#include "engine/passes/passes.h"
#include "tests/engine/formats/onnx/testing.h"
#include "tests/engine/formats/testing.h"

namespace qbench {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;
using ::testing::IsEmpty;
using ::testing::IsSupersetOf;
using testing::Numbers;

Numbers run(const Graph& graph, const std::vector<Numbers>& values, std::size_t output) {
  std::vector<Numbers> results;
  for (NodeId id : graph.outputs())
    results.emplace_back(static_cast<std::size_t>(graph[id].type.shape.elements()));
  const std::vector<std::span<const float>> inputs(values.begin(), values.end());
  const std::vector<std::span<float>> outputs(results.begin(), results.end());
  usable_backends().front()->compile(graph, {})->run(inputs, outputs);
  return results.at(output);
}

std::vector<std::string> sorted_files(const fs::path& folder, const std::string& suffix) {
  std::vector<std::string> files;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.path().string().ends_with(suffix)) files.push_back(entry.path().string());
  }
  std::ranges::sort(files);
  return files;
}

// A message says which file it is about, and is short enough to read.
void expect_clear(const std::string& message, const std::string& file) {
  EXPECT_TRUE(message.starts_with(file + ": ")) << message;
  EXPECT_LE(std::ranges::count(message, '\n'), 10) << message;
  EXPECT_EQ(message.find("::"), std::string::npos) << message;
}

// --- networks with the values of another engine

Numbers input_numbers(const Json& input) {
  const Shape shape(input["shape"].get<std::vector<std::int64_t>>());
  Numbers numbers(static_cast<std::size_t>(shape.elements()));
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    const auto step = static_cast<double>((7919 * i + i / 97) % 256) - 128;
    numbers[i] = static_cast<float>(step / 64 * input["scale"].get<double>() +
                                    input["offset"].get<double>());
  }
  return numbers;
}

void expect_output(const Numbers& actual, const Json& expected, double tolerance) {
  const auto close = [](double a, double b, double bound) {
    EXPECT_LE(std::fabs(a - b), bound) << a << " and " << b;
  };
  const double bound = tolerance * expected["max_abs"].get<double>() + 5e-7;
  double sum = 0;
  double absolute = 0;
  for (float value : actual) {
    sum += value;
    absolute += std::fabs(value);
  }
  const double of_sums =
      tolerance * expected["abs_sum"].get<double>() + 5e-7 * static_cast<double>(actual.size());
  close(sum, expected["sum"], of_sums);
  close(absolute, expected["abs_sum"], of_sums);
  close(*std::ranges::max_element(actual), expected["max"], bound);
  close(*std::ranges::min_element(actual), expected["min"], bound);
  for (std::size_t i = 0; i < expected["first8"].size(); ++i)
    close(actual.at(i), expected["first8"][i], bound);
  for (std::size_t i = 0; i < expected["spread8"].size(); ++i)
    close(actual.at(i * actual.size() / 8), expected["spread8"][i], bound);
}

// Whether it was read and gave the right values; fails where they are wrong.
bool is_right(const std::string& file) {
  std::ifstream stream(fs::path(file).replace_extension(".json"));
  const Json reference = Json::parse(stream);
  ImportOptions options;
  const auto dims = reference["input"]["shape"].get<std::vector<std::int64_t>>();
  if (dims.size() == 4) options.image_shape = Shape{dims[1], dims[2], dims[3]};
  std::vector<Numbers> outputs;
  try {
    const Graph graph = optimize(import_model({file, ""}, options));
    for (std::size_t i = 0; i < graph.outputs().size(); ++i)
      outputs.push_back(run(graph, {input_numbers(reference["input"])}, i));
  } catch (const Error& error) {
    expect_clear(error.what(), file);
    return false;
  }
  EXPECT_EQ(outputs.size(), reference["outputs"].size());
  for (std::size_t i = 0; i < outputs.size(); ++i)
    expect_output(outputs[i], reference["outputs"][i], reference["tolerance"]);
  return true;
}

std::set<std::string> right_ones(const std::string& folder) {
  std::set<std::string> names;
  for (const std::string& file : sorted_files(testing::real_data() + folder, ".onnx")) {
    SCOPED_TRACE(file);
    if (is_right(file)) names.insert(fs::path(file).stem().string());
  }
  return names;
}

TEST(OnnxPublished, NetworksAreRightOrRefused) {
  SKIP_WITHOUT_REAL_DATA();
  EXPECT_THAT(right_ones("/networks"),
              IsSupersetOf({"mnist8", "super_resolution", "ultraface_rfb320_nopost",
                            "ultraface_slim320_nopost"}));
}

TEST(OnnxPublished, StructuresAreRightOrRefused) {
  SKIP_WITHOUT_REAL_DATA();
  EXPECT_THAT(right_ones("/networks/structures"), IsSupersetOf({"efficientnet_b0", "regnety"}));
}

// --- small files that are easily read wrong

struct SmallFile {
  const char* name;
  Shape output;
  double sum;
};

TEST(OnnxPublished, SmallFilesGiveTheSumsOfAnotherEngine) {
  SKIP_WITHOUT_REAL_DATA();
  const SmallFile files[] = {
      {"int_concat_axis1_silent", {1, 2, 6, 7}, -1.390625},
      {"int_gather_rows", {1, 4, 4}, -3.875},
      {"int_slice_2d", {1, 2, 9, 11}, -1.390625},
      {"clip_min_above_max", {1, 3, 4, 4}, 48},
      {"external_data", {1, 10}, 11.168559},
      {"concat0", {1, 3, 8, 8}, -1.015625},
      {"transpose_known_big", {1, 3, 8, 8}, -1.015625},
  };
  for (const SmallFile& file : files) {
    SCOPED_TRACE(file.name);
    const std::string path = testing::real_data() + "/networks/cases/" + file.name + ".onnx";
    const Graph graph = import_model({path, ""}, {});
    EXPECT_EQ(graph[graph.outputs().at(0)].type.shape, file.output);
    const Json input = {
        {"shape", graph[graph.inputs().at(0)].type.shape.dims()}, {"scale", 1}, {"offset", 0}};
    double sum = 0;
    for (float value : run(graph, {input_numbers(input)}, 0)) sum += value;
    EXPECT_NEAR(sum, file.sum, 1e-4 * std::max(1.0, std::fabs(file.sum)));
  }
}

// --- tests of single operators

::onnx::TensorProto read_tensor(const fs::path& path) {
  ::onnx::TensorProto tensor;
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(tensor.ParseFromIstream(&file)) << path;
  return tensor;
}

enum class Outcome { right, refused, wrong };

// The model with what feeds its inputs from number `computed` on written into the file: most tests
// give weights as inputs.
Outcome try_operator(const fs::path& folder, int computed) {
  const fs::path data = folder / "test_data_set_0";
  ::onnx::ModelProto model;
  std::ifstream stream(folder / "model.onnx", std::ios::binary);
  EXPECT_TRUE(model.ParseFromIstream(&stream));
  ::onnx::GraphProto& graph_proto = *model.mutable_graph();
  std::vector<Numbers> inputs;
  std::int64_t batch = 1;
  for (int i = 0; fs::exists(data / ("input_" + std::to_string(i) + ".pb")); ++i) {
    ::onnx::TensorProto tensor = read_tensor(data / ("input_" + std::to_string(i) + ".pb"));
    if (i >= computed) {
      tensor.set_name(graph_proto.input(i).name());
      *graph_proto.add_initializer() = tensor;
      continue;
    }
    const std::optional<Numbers> numbers = testing::numbers_of(tensor);
    if (!numbers) return Outcome::refused;
    if (tensor.dims_size() > 0) batch = std::max<std::int64_t>(tensor.dims(0), 1);
    inputs.push_back(*numbers);
  }
  for (auto& opset : *model.mutable_opset_import()) {
    if (opset.domain().empty() && opset.version() < 7) opset.set_version(7);
  }
  const testing::TemporaryFile file(".onnx");
  testing::write_file(file.path(), model.SerializeAsString());
  const std::optional<Numbers> expected = testing::numbers_of(read_tensor(data / "output_0.pb"));
  Numbers actual;
  Graph graph;
  try {
    graph = import_model({file.path(), ""}, {.image_shape = {}, .batch = batch});
  } catch (const Error& error) {
    expect_clear(error.what(), file.path());
    return Outcome::refused;
  }
  try {
    actual = run(graph, inputs, 0);
  } catch (const Error&) {  // an integer as output, or inputs of different batches
    return Outcome::refused;
  }
  if (!expected || actual.size() != expected->size()) return Outcome::wrong;
  for (std::size_t i = 0; i < actual.size(); ++i) {
    const float bound = 1e-3F * std::fabs((*expected)[i]) + 1e-6F;
    const bool same = actual[i] == (*expected)[i] ||
                      (std::isnan(actual[i]) && std::isnan((*expected)[i])) ||
                      std::fabs(actual[i] - (*expected)[i]) <= bound;
    if (!same) return Outcome::wrong;
  }
  return Outcome::right;
}

TEST(OnnxPublished, OperatorsAreRightOrRefused) {
  SKIP_WITHOUT_REAL_DATA();
  const fs::path root = testing::real_data() + "/onnx_node";
  std::set<std::string> right;
  std::vector<std::string> wrong;
  for (const char* suite : {"newest", "v1.16"}) {
    for (const std::string& folder : sorted_files(root / suite, "")) {
      SCOPED_TRACE(folder);
      Outcome outcome = try_operator(folder, 1000);
      if (outcome == Outcome::refused) outcome = try_operator(folder, 1);
      const std::string name = std::string(suite) + "/" + fs::path(folder).filename().string();
      if (outcome == Outcome::right) right.insert(name);
      if (outcome == Outcome::wrong) wrong.push_back(name);
    }
  }
  EXPECT_THAT(wrong, IsEmpty());
  RecordProperty("right", static_cast<int>(right.size()));
  std::ifstream before(root / "passes_8e6ed51.txt");
  for (std::string name, how; before >> name >> how;)
    EXPECT_TRUE(right.contains(name)) << name << " was read before";
}

}  // namespace
}  // namespace qbench
