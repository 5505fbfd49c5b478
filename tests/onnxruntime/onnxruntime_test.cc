// Exported models in ONNX Runtime, an engine that shares nothing with this one.
//
// QBENCH_ORT_IMAGES says how many images the INT8 networks are compared on; -1: all there are.
// Needs node and `npm ci --ignore-scripts` in this folder; else the tests are skipped.
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>

#include "datasets/datasets.h"
#include "datasets/loader.h"
#include "engine/backends/backends.h"
#include "engine/core/isa.h"
#include "engine/quantizer/split_sums.h"
#include "engine/zoo/zoo.h"
#include "harness/model/model.h"

namespace qbench {
namespace {

namespace fs = std::filesystem;
using Numbers = std::vector<float>;

class Folder {
 public:
  Folder() : path_(fs::temp_directory_path() / ("qbench_ort_" + std::to_string(getpid()))) {
    fs::create_directories(path_);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() { fs::remove_all(path_); }
  std::string file(const std::string& name) const { return (path_ / name).string(); }

 private:
  fs::path path_;
};

class OnnxRuntime : public ::testing::Test {
 protected:
  void SetUp() override {
    if (std::string(QBENCH_NODE).empty()) GTEST_SKIP() << "node was not found by CMake";
    if (!fs::exists(std::string(QBENCH_ORT_DIR) + "/node_modules/onnxruntime-node"))
      GTEST_SKIP() << "no onnxruntime-node: npm ci --ignore-scripts in " QBENCH_ORT_DIR;
  }

  const Folder& folder() const { return folder_; }

  // The first output of the graph, exported and run there, for all of `images`.
  Numbers run_there(const Graph& graph, const Numbers& images, int batch) const {
    const std::string model = folder_.file("model.onnx");
    export_model(graph, {model, ""});
    std::ofstream(folder_.file("in"), std::ios::binary)
        .write(reinterpret_cast<const char*>(images.data()),
               static_cast<std::streamsize>(images.size() * sizeof(float)));
    const std::string command = std::string(QBENCH_NODE) + " " + QBENCH_ORT_DIR + "/run.mjs " +
                                model + " " + folder_.file("in") + " " + folder_.file("out") + " " +
                                std::to_string(batch);
    EXPECT_EQ(std::system(command.c_str()), 0) << command;
    std::ifstream file(folder_.file("out"), std::ios::binary | std::ios::ate);
    Numbers output(static_cast<std::size_t>(std::max<std::streamoff>(file.tellg(), 0)) /
                   sizeof(float));
    file.seekg(0);
    file.read(reinterpret_cast<char*>(output.data()),
              static_cast<std::streamsize>(output.size() * sizeof(float)));
    return output;
  }

 private:
  Folder folder_;
};

Numbers run_here(const Graph& graph, const Numbers& images, int batch) {
  const auto executable = compile_model(graph, *all_backends().front(), batch, {});
  const Graph sized = with_batch(graph, batch);
  const auto in = static_cast<std::size_t>(sized[sized.inputs()[0]].type.shape.elements());
  const auto out = static_cast<std::size_t>(sized[sized.outputs()[0]].type.shape.elements());
  Numbers results(images.size() / in * out);
  for (std::size_t i = 0; i < images.size() / in; ++i) {
    const std::vector<std::span<const float>> inputs = {std::span(images).subspan(i * in, in)};
    const std::vector<std::span<float>> outputs = {std::span(results).subspan(i * out, out)};
    executable->run(inputs, outputs);
  }
  return results;
}

Graph before_softmax(Graph graph) {
  const Node& last = graph[graph.outputs().at(0)];
  if (std::holds_alternative<Softmax>(last.op)) graph.set_outputs({last.inputs[0]});
  return prune(graph);
}

// Largest difference, relative to the largest value.
float difference(const Numbers& a, const Numbers& b) {
  if (a.size() != b.size() || a.empty()) return INFINITY;
  float largest = 0;
  float apart = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    largest = std::max(largest, std::fabs(b[i]));
    apart = std::max(apart, std::fabs(a[i] - b[i]));
  }
  return apart / std::max(largest, 1e-20F);
}

// ---------------------------------------------------------------------------------------------

// One output each: a classifier's logits; class scores and offsets of a detector.
std::vector<Graph> parts_to_compare(const Graph& graph) {
  const Node& last = graph[graph.outputs().at(0)];
  if (!std::holds_alternative<MultiBoxDetection>(last.op)) return {before_softmax(graph)};
  std::vector<Graph> parts;
  for (std::size_t input : {0U, 1U}) {
    Graph part = graph;
    part.set_outputs({last.inputs[input]});
    parts.push_back(prune(part));
  }
  return parts;
}

class F32Network : public OnnxRuntime, public ::testing::WithParamInterface<std::string> {};

TEST_P(F32Network, ComputesTheSame) {
  constexpr int kBatch = 1;
  const Graph graph = build_zoo_model(*find_zoo_model(GetParam())).graph;
  std::mt19937 generator(3);
  std::uniform_real_distribution<float> pixel(-2, 2);
  Numbers images(static_cast<std::size_t>(kBatch * graph[graph.inputs()[0]].type.shape.elements()));
  for (float& value : images) value = pixel(generator);

  for (const Graph& network : parts_to_compare(graph)) {
    const Numbers there = run_there(network, images, kBatch);
    const float apart = difference(run_here(optimize(network), images, kBatch), there);
    std::printf("  relative difference of %s: %.2g\n", network.nodes().back().name.c_str(),
                static_cast<double>(apart));
    EXPECT_LE(apart, 1e-4F);
  }
}

std::vector<std::string> zoo_names() {
  std::vector<std::string> names;
  for (const ZooModel& model : zoo()) {
    names.emplace_back(model.name);
  }
  return names;
}

INSTANTIATE_TEST_SUITE_P(Zoo, F32Network, ::testing::ValuesIn(zoo_names()), [](const auto& tested) {
  std::string name = tested.param;
  std::ranges::replace_if(
      name, [](char c) { return c == '.' || c == '-'; }, '_');
  return name;
});

// ---------------------------------------------------------------------------------------------

struct RealModel {
  std::string name;
  std::string records;
  Preprocess preprocess;
};

class QuantizedNetwork : public OnnxRuntime, public ::testing::WithParamInterface<RealModel> {
 protected:
  void SetUp() override {
    OnnxRuntime::SetUp();
    const char* folder = std::getenv("QBENCH_TEST_DATA");
    if (folder == nullptr) GTEST_SKIP() << "QBENCH_TEST_DATA names no folder of real models";
    data_ = folder;
  }

  Graph quantized(const Dataset& dataset) const {
    const RealModel& model = GetParam();
    const std::string stem = data_ + "/models/" + model.name;
    const Preprocess& p = model.preprocess;
    const LoadedModel loaded = load_model({stem + "-symbol.json", stem + "-0000.params"},
                                          {.image_shape = Shape{p.channels, p.height, p.width}});
    const CalibrationData data{.dataset = dataset, .preprocess = p};
    const std::vector<std::string> modes = {"naive"};
    const std::vector<int> batches = {2};
    const Calibrated calibrated =
        calibrate_model(loaded, {}, {*all_backends().front()}, data, modes, batches, "");
    return before_softmax(quantize(loaded.graph, {}, &calibrated.result.tables.front()).graph);
  }

  std::string data_;
};

// Prints how near `here` is to `there`. Gives the number of images with the same first class.
int report(const char* what, const Numbers& here, const Numbers& there, std::int64_t images) {
  const float apart = difference(here, there);
  if (std::isinf(apart)) return 0;
  const std::size_t classes = here.size() / static_cast<std::size_t>(images);
  int same = 0;
  for (std::size_t i = 0; i < here.size(); i += classes) {
    const auto best = [&](const Numbers& values) {
      const auto image = std::span(values).subspan(i, classes);
      return std::ranges::max_element(image) - image.begin();
    };
    same += best(here) == best(there) ? 1 : 0;
  }
  std::printf("  %s: %d of %d images with the same top-1, relative difference %.2g\n", what, same,
              static_cast<int>(images), static_cast<double>(apart));
  return same;
}

TEST_P(QuantizedNetwork, DecidesTheSame) {
  if (!has_byte_products(isa()))
    GTEST_SKIP() << "ONNX Runtime's sums of bytes saturate on this processor";
  constexpr int kBatch = 16;
  const char* wanted = std::getenv("QBENCH_ORT_IMAGES");
  const auto dataset = open_dataset(data_ + "/records/" + GetParam().records);
  const Graph graph = quantized(*dataset);
  Loader loader(*dataset, GetParam().preprocess,
                {.batch_size = kBatch,
                 .first = 160,
                 .count = wanted == nullptr ? 128 : std::atoi(wanted),
                 .threads = 0});
  const std::int64_t count = loader.size() / kBatch * kBatch;
  Numbers images;
  for (auto batch = loader.next(); batch && batch->size == kBatch; batch = loader.next()) {
    const auto values = batch->data.data<float>();
    images.insert(images.end(), values.begin(), values.end());
  }

  const std::string file = folder().file("network.onnx");
  export_model(graph, {file, ""});
  const Numbers original = run_here(graph, images, kBatch);
  const Numbers read_back = run_here(import_model({file, ""}, {}), images, kBatch);
  const Numbers there = run_there(graph, images, kBatch);
  const int same_as_file = report("the file, read back", read_back, there, count);
  const int same_as_original = report("before the biases were rounded", original, there, count);
  // Where values are not equal to the last bit, a tie may be decided otherwise.
  EXPECT_GE(same_as_file, count - count / 100 - 1);
  EXPECT_LE(difference(read_back, there), 0.02F);
  EXPECT_GE(same_as_original, count * 95 / 100);

  const Graph split = split_sums(graph);
  if (split.size() == graph.size()) return;
  const int same_split = report("sums apart", original, run_there(split, images, kBatch), count);
  EXPECT_GE(same_split, count * 95 / 100);
}

INSTANTIATE_TEST_SUITE_P(
    Real, QuantizedNetwork,
    ::testing::Values(
        RealModel{"squeezenet1.0",
                  "imagenet_imagen.rec",
                  {.height = 227, .width = 227, .rgb_mean = {123, 117, 104}}},
        RealModel{
            "mobilenet1.0",
            "imagenet_imagen.rec",
            {.height = 224, .width = 224, .rgb_mean = {128, 128, 128}, .rgb_std = {128, 128, 128}}},
        RealModel{"resnet20_cifar10",
                  "cifar10_test2000.rec",
                  {.height = 32,
                   .width = 32,
                   .rgb_mean = {123.675F, 116.28F, 103.53F},
                   .rgb_std = {58.395F, 57.12F, 57.375F}}}),
    [](const auto& tested) {
      std::string name = tested.param.name;
      std::erase(name, '.');
      return name;
    });

}  // namespace
}  // namespace qbench
