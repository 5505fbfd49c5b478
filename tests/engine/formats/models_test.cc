// Real models, and what broken files of them do.
#include <gmock/gmock.h>

#include <chrono>
#include <nlohmann/json.hpp>

#include "engine/backends/reference/reference_backend.h"
#include "engine/graph/text.h"
#include "engine/passes/passes.h"
#include "engine/quantizer/quantizer.h"
#include "tests/engine/formats/testing.h"

namespace qbench {
namespace {

using testing::message_of;

std::string path_of(const std::string& file) { return testing::real_data() + "/" + file; }

ModelFiles files_of(const std::string& model) {
  return {path_of("models/" + model + "-symbol.json"), path_of("models/" + model + "-0000.params")};
}

struct RealModel {
  const char* name;
  Shape image;
  std::size_t parameters;  // as the models' own documentation counts them
};

std::vector<RealModel> real_models() {
  return {{"squeezenet1.0", {3, 227, 227}, 1248424},
          {"mobilenet1.0", {3, 224, 224}, 4221032},
          {"mobilenet0.25", {3, 224, 224}, 467336},
          {"resnet20_cifar10", {3, 32, 32}, 273658}};
}

const RealModel kDetector = {"ssd_mobilenet_v1_coco", {3, 300, 300}, 3999129};

std::vector<RealModel> real_models_and_detector() {
  std::vector<RealModel> models = real_models();
  models.push_back(kDetector);
  return models;
}

TEST(Models, ImportWithAllTheirParameters) {
  SKIP_WITHOUT_REAL_DATA();
  for (const RealModel& model : real_models()) {
    const Graph graph =
        import_model(files_of(model.name), {.image_shape = model.image, .batch = 2});
    EXPECT_EQ(constant_bytes(graph) / sizeof(float), model.parameters) << model.name;
    const Node& last = graph.nodes().back();
    EXPECT_EQ(last.name, "softmax");
    EXPECT_EQ(last.type.shape[0], 2);
  }
}

TEST(Models, ComeBackTheSameFromFiles) {
  SKIP_WITHOUT_REAL_DATA();
  for (const RealModel& model : real_models_and_detector()) {
    SCOPED_TRACE(model.name);
    const Graph graph = import_model(files_of(model.name), {.image_shape = model.image});
    const testing::TemporaryFile symbol("-symbol.json");
    const testing::TemporaryFile params(".params");
    export_model(graph, {symbol.path(), params.path()});
    EXPECT_EQ(hash_graph(import_model({symbol.path(), params.path()}, {})), hash_graph(graph));

    const Graph fused = optimize(graph);
    export_model(fused, {symbol.path(), params.path()});
    EXPECT_EQ(print_graph(optimize(import_model({symbol.path(), params.path()}, {}))),
              print_graph(fused));

    CalibrationTable table;
    float top = 1;
    for (const std::string& name : tensors_to_calibrate(fused, {})) {
      const Range range{name == "data" ? -128.0F : 0.0F, top *= 1.03F};
      table.ranges[name] = {range, range, range};
    }
    for (const CalibrationTable* mode : {static_cast<const CalibrationTable*>(nullptr),
                                         static_cast<const CalibrationTable*>(&table)}) {
      const Graph quantized = quantize(fused, {}, mode).graph;
      export_model(quantized, {symbol.path(), params.path()});
      EXPECT_EQ(hash_graph(import_model({symbol.path(), params.path()}, {})),
                hash_graph(quantized));
    }
  }
}

TEST(Models, RunWithoutParameters) {
  SKIP_WITHOUT_REAL_DATA();
  for (const RealModel& model : real_models()) {
    const Graph graph =
        import_model({files_of(model.name).symbol, ""}, {.image_shape = model.image});
    EXPECT_EQ(constant_bytes(graph) / sizeof(float), model.parameters) << model.name;
  }
}

TEST(Models, DetectorWithAllItsParameters) {
  SKIP_WITHOUT_REAL_DATA();
  const Graph graph = import_model(files_of(kDetector.name), {.image_shape = kDetector.image});
  const auto& detection = std::get<MultiBoxDetection>(graph[graph.outputs().at(0)].op);
  EXPECT_EQ(detection.top_k, 400);
  EXPECT_EQ(detection.threshold, 0.02F);
  EXPECT_EQ(graph[graph.outputs()[0]].type.shape, (Shape{1, 1917, 6}));
  const std::vector<NodeId>& inputs = graph[graph.outputs()[0]].inputs;
  EXPECT_EQ(graph[inputs[0]].type.shape, (Shape{1, 81, 1917}));
  EXPECT_EQ(graph[inputs[1]].type.shape, (Shape{1, 7668}));
  EXPECT_NE(graph.as_constant(inputs[2]), nullptr);
  EXPECT_EQ(constant_bytes(graph) / sizeof(float), kDetector.parameters);
}

TEST(Models, AFileFromBefore09ComputesWhatItsAuthorsDid) {
  SKIP_WITHOUT_REAL_DATA();
  const ModelFiles files{path_of("formats/det1-symbol.json"), path_of("formats/det1-0001.params")};
  const auto reference =
      nlohmann::json::parse(testing::read_file(path_of("formats/det1_reference.json")));
  int cases = 0;
  for (const auto& c : reference.at("cases")) {
    const auto shape = c.at("input").at("shape").get<std::vector<std::int64_t>>();
    const auto input = c.at("input").at("values").get<std::vector<float>>();
    const Graph graph = import_model(files, {.image_shape = Shape{shape[1], shape[2], shape[3]}});
    std::vector<std::vector<float>> results;
    std::vector<std::span<float>> outputs;
    results.reserve(graph.outputs().size());
    for (NodeId id : graph.outputs()) {
      results.emplace_back(static_cast<std::size_t>(graph[id].type.shape.elements()));
      outputs.emplace_back(results.back());
    }
    const std::vector<std::span<const float>> inputs = {input};
    reference_backend().compile(graph, {})->run(inputs, outputs);
    for (std::size_t i = 0; i < results.size(); ++i) {
      const std::string& name = graph[graph.outputs()[i]].name;
      const auto expected = c.at("outputs").at(name).at("values").get<std::vector<float>>();
      EXPECT_THAT(results[i], ::testing::Pointwise(::testing::FloatNear(2e-6F), expected)) << name;
      ++cases;
    }
  }
  EXPECT_EQ(cases, 4);
}

// Importing a broken pair ends in a graph or an Error, soon. Gives how many were refused.
int import_mutants(const ModelFiles& from, int count, bool break_symbol, const Shape& image) {
  const testing::TemporaryFile symbol("-symbol.json");
  const testing::TemporaryFile params(".params");
  const std::string whole_symbol = testing::read_file(from.symbol);
  const std::string whole_params = testing::read_file(from.params);
  testing::write_file(symbol.path(), whole_symbol);
  testing::write_file(params.path(), whole_params);
  int refused = 0;
  for (int seed = 0; seed < count; ++seed) {
    const auto number = static_cast<std::uint64_t>(seed);
    if (break_symbol) {
      testing::write_file(symbol.path(), testing::mutated(whole_symbol, number));
    } else {
      testing::write_file(params.path(), testing::mutated(whole_params, number));
    }
    const auto begin = std::chrono::steady_clock::now();
    refused += message_of([&] {
                 import_model({symbol.path(), params.path()}, {.image_shape = image});
               }) != "no error";
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5)) << seed;
  }
  return refused;
}

TEST(Models, BrokenFilesAreRefused) {
  SKIP_WITHOUT_REAL_DATA();
  const ModelFiles det1{path_of("formats/det1-symbol.json"), path_of("formats/det1-0001.params")};
  EXPECT_GT(import_mutants(det1, 3000, true, {3, 12, 12}), 1000);
  EXPECT_GT(import_mutants(det1, 1000, false, {3, 12, 12}), 200);

  const testing::TemporaryFile symbol("-symbol.json");
  const testing::TemporaryFile params(".params");
  const Graph resnet =
      optimize(import_model(files_of("resnet20_cifar10"), {.image_shape = Shape{3, 32, 32}}));
  export_model(quantize(resnet, {}, nullptr).graph, {symbol.path(), params.path()});
  EXPECT_GT(import_mutants({symbol.path(), params.path()}, 1000, true, {3, 32, 32}), 200);
}

TEST(Models, AFileCutAnywhereIsRefused) {
  SKIP_WITHOUT_REAL_DATA();
  const std::string params = testing::read_file(path_of("formats/det1-0001.params"));
  const std::string symbol = testing::read_file(path_of("formats/det1-symbol.json"));
  for (std::size_t size = 0; size < params.size(); size += size < 600 ? 1 : 97) {
    std::istringstream in(params.substr(0, size));
    EXPECT_NE(message_of([&] { read_params(in, size); }), "no error") << size;
  }
  const std::size_t end = symbol.rfind('}');
  for (std::size_t size = 0; size <= end; ++size)
    EXPECT_NE(message_of([&] { parse_symbol(symbol.substr(0, size)); }), "no error") << size;
}

}  // namespace
}  // namespace qbench
