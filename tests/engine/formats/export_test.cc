#include <gmock/gmock.h>
#include <sys/resource.h>

#include <csignal>
#include <filesystem>

#include "engine/core/hash.h"
#include "engine/core/quant_params.h"
#include "engine/formats/describe.h"
#include "engine/formats/params.h"
#include "engine/graph/text.h"
#include "engine/passes/passes.h"
#include "engine/quantizer/quantizer.h"
#include "tests/engine/formats/testing.h"

namespace qbench {
namespace {

using ::testing::HasSubstr;
using testing::message_of;

struct TemporaryModel {
  testing::TemporaryFile symbol{"-symbol.json"};
  testing::TemporaryFile params{"-0000.params"};
  ModelFiles files() const { return {symbol.path(), params.path()}; }
};

Graph round_trip(const Graph& graph) {
  const TemporaryModel model;
  export_model(graph, model.files());
  return import_model(model.files(),
                      {.image_shape = {}, .batch = graph[graph.inputs()[0]].type.shape[0]});
}

TEST(Export, EveryRealOperatorComesBackTheSame) {
  const Graph graph = parse_graph(R"(
data = Input(shape=[2,4,9,9]) : f32[2,4,9,9]
second = Input(shape=[2,4,9,9]) : f32[2,4,9,9]
gamma = Constant() : f32[4] values=[1,2,3,4]
beta = Constant() : f32[4] values=[0.1,0.2,0.3,0.4]
mean = Constant() : f32[4] values=[0,1,0,1]
variance = Constant() : f32[4] values=[1,1,2,2]
bn = BatchNorm(data, gamma, beta, mean, variance; epsilon=2e-05, fix_gamma=true) : f32[2,4,9,9]
w = Constant() : f32[8,2,3,3] values=random(1)
b = Constant() : f32[8] values=random(2)
conv = Convolution(bn, w, b; stride=[2,1], dilation=[1,2], padding=[1,2,1,2], groups=2, has_bias=true) : f32[2,8,5,9]
plain = Convolution(second, w; padding=[1,1,1,1], groups=2) : f32[2,8,9,9]
relu = Activation(plain; spec=relu) : f32[2,8,9,9]
relu6 = Activation(relu; spec=clip(0,6)) : f32[2,8,9,9]
leaky = Activation(relu6; spec=leaky(0.1)) : f32[2,8,9,9]
sigmoid = Activation(leaky; spec=sigmoid) : f32[2,8,9,9]
tanh = Activation(sigmoid; spec=tanh) : f32[2,8,9,9]
slope = Constant() : f32[8] values=random(3)
prelu = PRelu(tanh, slope) : f32[2,8,9,9]
max = Pool(prelu; kernel=[3,3], stride=[2,2], padding=[0,1,1,0], ceil_mode=true) : f32[2,8,5,5]
average = Pool(max; kind=average, kernel=[2,2], padding=[1,1,1,1], count_include_pad=false) : f32[2,8,6,6]
global = Pool(average; kind=average, global=true) : f32[2,8,1,1]
scale = Constant() : f32[1,8,1,1] values=random(4)
scaled = Multiply(average, scale) : f32[2,8,6,6]
squared = Multiply(scaled, scaled) : f32[2,8,6,6]
sum = Add(squared, average) : f32[2,8,6,6]
shifted = Add(sum, scale) : f32[2,8,6,6]
both = Concat(sum, shifted) : f32[2,16,6,6]
deep = Concat(sum, shifted; axis=2) : f32[2,8,12,6]
norm = L2Normalize(both; mode=spatial, epsilon=1e-05) : f32[2,16,6,6]
norm2 = L2Normalize(norm) : f32[2,16,6,6]
lrn = Lrn(norm2; size=3, alpha=0.2, beta=0.5, bias=1) : f32[2,16,6,6]
pad = Pad(lrn; padding=[1,2,3,4], value=-0.5) : f32[2,16,10,12]
moved = Transpose(pad; permutation=[0,2,3,1]) : f32[2,10,12,16]
shaped = Reshape(moved; dims=[0,-1,16]) : f32[2,120,16]
drop = Dropout(shaped) : f32[2,120,16]
same = Identity(drop) : f32[2,120,16]
probability = Softmax(same; axis=2) : f32[2,120,16]
flat = Flatten(probability) : f32[2,1920]
fw = Constant() : f32[3,1920] values=random(5)
fb = Constant() : f32[3] values=random(6)
fc = FullyConnected(flat, fw, fb; has_bias=true) : f32[2,3]
rank0 = Constant() : f32[] values=[3]
times = Multiply(fc, rank0) : f32[2,3]
prior = MultiBoxPrior(global; sizes=[0.1,0.2], ratios=[1,0.333], step_y=0.25, step_x=0.5, offset_y=0.75, offset_x=0.25, clip=true) : f32[1,3,4]
scores = Constant() : f32[2,2,3] values=random(7)
offsets = Constant() : f32[2,12] values=random(8)
found = MultiBoxDetection(scores, offsets, prior; clip=false, threshold=0.02, nms_threshold=0.45, force_suppress=true, top_k=400, variances=[1,2,3,4]) : f32[2,3,6]
return times, global, deep, conv, found
)");
  EXPECT_EQ(print_graph(round_trip(graph)), print_graph(graph));
}

TEST(Export, FusedRealOperatorsAreSeparateNodesThatFuseAgain) {
  const Graph graph = parse_graph(R"(
data = Input(shape=[1,4,8,8]) : f32[1,4,8,8]
w = Constant() : f32[4,4,3,3] values=random(1)
b = Constant() : f32[4] values=random(2)
first = Convolution(data, w, b; stride=[2,2], padding=[0,0,1,1], has_bias=true, activation=clip(0,6)) : f32[1,4,4,4]
v = Constant() : f32[4,4,1,1] values=random(3)
second = Convolution(first, v, first; has_residual=true, activation=relu) : f32[1,4,4,4]
sum = Add(second, first; activation=leaky(0.1)) : f32[1,4,4,4]
fw = Constant() : f32[2,64] values=random(5)
fc = FullyConnected(sum, fw; activation=relu) : f32[1,2]
return fc
)");
  const Graph plain = round_trip(graph);
  for (const Node& node : plain.nodes()) {
    if (const auto* op = std::get_if<Convolution>(&node.op)) {
      EXPECT_EQ(op->activation, ActivationSpec{});
      EXPECT_FALSE(op->has_residual);
      EXPECT_EQ(op->padding, Padding2d{});
    }
  }
  EXPECT_EQ(print_graph(optimize(plain)), print_graph(graph));
}

const char* const kQuantized = R"(
data = Input(shape=[1,3,8,8]) : f32[1,3,8,8]
q = Quantize(data) : s8[1,3,8,8] scales=[0.017]
w = Constant() : s8[4,3,3,3] scales=[0.1,0.2,0.3,0.7] axis=0 values=random(1)
b = Constant() : f32[4] values=[1,2,3,4]
conv = Convolution(q, w, b; stride=[2,2], padding=[0,0,1,1], has_bias=true, activation=clip(0,6)) : u8[1,4,4,4] scales=[0.023529412]
v = Constant() : s8[4,4,1,1] scales=[0.3] values=random(2)
next = Convolution(conv, v) : s8[1,4,4,4] scales=[0.1]
sum = Convolution(next, v, b, next; has_bias=true, has_residual=true, activation=leaky(0.2)) : s8[1,4,4,4] scales=[0.3]
shifted = Add(next, sum; activation=clip(-1,3)) : s8[1,4,4,4] scales=[0.2]
real = Add(next, sum) : f32[1,4,4,4]
relu = Activation(shifted; spec=relu) : u8[1,4,4,4] scales=[0.01]
limited = Activation(relu; spec=clip(0,1)) : u8[1,4,4,4] scales=[0.01]
bent = Activation(next; spec=leaky(0.5)) : s8[1,4,4,4] scales=[0.1]
pool = Pool(conv; kernel=[2,2], padding=[1,0,0,1]) : u8[1,4,4,4] scales=[0.023529412]
mean = Pool(pool; kind=average, global=true) : u8[1,4,1,1] scales=[0.007]
both = Concat(conv, pool) : u8[1,8,4,4] scales=[0.023529412]
mixed = Concat(relu, next) : s8[1,8,4,4] scales=[0.11]
wide = Pad(mixed; padding=[1,1,1,1]) : s8[1,8,6,6] scales=[0.11]
moved = Transpose(wide; permutation=[0,2,3,1]) : s8[1,6,6,8] scales=[0.11]
shaped = Reshape(moved; dims=[0,-1]) : s8[1,288] scales=[0.11]
flat = Flatten(both) : u8[1,128] scales=[0.023529412]
same = Identity(flat) : u8[1,128] scales=[0.023529412]
drop = Dropout(same) : u8[1,128] scales=[0.023529412]
fw = Constant() : s8[5,128] scales=[1,0.5,0.25,0.2,0.1] axis=0 values=random(3)
fb = Constant() : f32[5] values=[1,2,3,4,5]
fc = FullyConnected(drop, fw, fb; has_bias=true) : f32[1,5]
fc8 = FullyConnected(drop, fw; activation=relu) : u8[1,5] scales=[0.5]
out8 = Dequantize(fc8) : f32[1,5]
probability = Softmax(fc) : f32[1,5]
rw = Constant() : f32[4,3,3,3] values=random(4)
excluded = Convolution(data, rw; stride=[2,2], padding=[0,0,1,1], activation=relu) : f32[1,4,4,4]
joined = Add(excluded, real; activation=relu) : f32[1,4,4,4]
again = Convolution(excluded, rw2, joined; has_residual=true) : f32[1,4,4,4]
bare = Convolution(data, rw; stride=[3,3], padding=[0,0,1,1]) : f32[1,4,3,3]
dynamic = Quantize(joined) : u8[1,4,4,4] dynamic
dconv = Convolution(dynamic, v, b; has_bias=true, activation=relu) : f32[1,4,4,4]
dpool = Pool(dynamic; kernel=[2,2]) : u8[1,4,3,3] dynamic
dreal = Dequantize(dpool) : f32[1,4,3,3]
ow = Constant() : s8[1,4,1,1] scales=[0.4] axis=0 values=[1,2,3,4]
one = Convolution(conv, ow) : f32[1,1,4,4]
tw = Constant() : s8[1,4,1,1] scales=[0.4] values=[1,2,3,4]
tensor = Convolution(conv, tw) : f32[1,1,4,4]
ends = Dequantize(bent) : f32[1,4,4,4]
mend = Dequantize(mean) : f32[1,4,1,1]
lend = Dequantize(limited) : f32[1,4,4,4]
send = Dequantize(shaped) : f32[1,288]
return probability, out8, again, bare, dconv, dreal, one, tensor, ends, mend, lend, send
)";

Graph quantized_graph() {
  std::string text = kQuantized;
  const std::string before = "again = ";
  text.insert(text.find(before), "rw2 = Constant() : f32[4,4,1,1] values=random(7)\n");
  return parse_graph(text);
}

TEST(Export, QuantizedOperatorsComeBackBitForBit) {
  const Graph graph = quantized_graph();
  const Graph again = round_trip(graph);
  EXPECT_EQ(print_graph(again), print_graph(graph));
  EXPECT_EQ(hash_graph(again), hash_graph(graph));
}

TEST(Export, QuantizedFilesUseMxnetsVocabulary) {
  const TemporaryModel model;
  export_model(quantized_graph(), model.files());
  const std::string symbol = testing::read_file(model.symbol.path());
  for (const char* expected :
       {R"("op": "_sg_mkldnn_conv")", R"("op": "_sg_mkldnn_fully_connected")",
        R"("op": "_contrib_quantize_v2")", R"("op": "_contrib_dequantize")",
        R"("op": "_contrib_quantized_pooling")", R"("op": "_contrib_quantized_concat")",
        R"("op": "_contrib_quantized_flatten")", R"("op": "_contrib_quantized_act")",
        R"("op": "_contrib_quantized_elemwise_add")", R"("name": "quantized_conv")",
        R"("with_postsum_act": "true")", R"("enable_float_output": "true")", R"("w_quantize_min")",
        R"("min_calib_range": "0")"})
    EXPECT_THAT(symbol, HasSubstr(expected));

  std::map<std::string, std::string> arrays;
  for (const NamedArray& array : read_params(model.params.path()))
    arrays[array.name] =
        std::string(to_string(array.value->dtype())) + to_string(array.value->shape());
  EXPECT_EQ(arrays.at("arg:w_quantize"), "s8[4,3,3,3]");
  EXPECT_EQ(arrays.at("arg:w_quantize_min"), "f32[4]");
  EXPECT_EQ(arrays.at("arg:v_quantize_max"), "f32[1]");
  EXPECT_EQ(arrays.at("arg:b"), "f32[4]");
}

TEST(Export, ScalesThatNoRangeGivesAreKept) {
  int without_range = 0;
  float scale = 0.01F;
  for (int i = 0; i < 2000; ++i) {
    scale = std::nextafter(scale * 1.001F, 1.0F);
    for (const DType dtype : {DType::s8, DType::u8}) {
      const std::optional<float> range = range_for(scale, dtype);
      if (range) {
        EXPECT_EQ(scale_for({0, *range}, dtype), scale);
      }
      without_range += !range.has_value();
    }
  }
  EXPECT_GT(without_range, 0);

  while (range_for(scale, DType::s8)) scale = std::nextafter(scale, 1.0F);
  Graph graph;
  const NodeId data = graph.add("data", Input{{1, 1, 2, 2}});
  const NodeId q = graph.add("q", Quantize{}, {data},
                             Graph::Quantization{DType::s8, QuantParams{.scales = {scale}}});
  Tensor weight(DType::s8, {2, 1, 1, 1});
  const NodeId w = graph.constant("w", std::make_shared<const Tensor>(std::move(weight)),
                                  QuantParams{.scales = {scale, 0.25F}, .axis = 0});
  graph.set_outputs({graph.add("c", Convolution{}, {q, w})});
  EXPECT_EQ(hash_graph(round_trip(graph)), hash_graph(graph));
}

TEST(Export, AllModesShareOneParameterFile) {
  const Graph graph = optimize(parse_graph(R"(
data = Input(shape=[1,3,8,8]) : f32[1,3,8,8]
w = Constant() : f32[4,3,3,3] values=random(1)
b = Constant() : f32[4] values=random(2)
conv = Convolution(data, w, b; padding=[1,1,1,1], has_bias=true, activation=relu) : f32[1,4,8,8]
v = Constant() : f32[4,4,3,3] values=random(3)
next = Convolution(conv, v, conv; padding=[1,1,1,1], has_residual=true, activation=relu) : f32[1,4,8,8]
pool = Pool(next; kind=average, global=true) : f32[1,4,1,1]
fw = Constant() : f32[2,4] values=random(5)
fc = FullyConnected(pool, fw) : f32[1,2]
return fc
)"));
  const QuantScheme scheme;
  std::vector<std::string> hashes;
  std::vector<std::string> symbols;
  for (float top : {0.0F, 1.0F, 2.7F}) {  // none, and two calibrations
    CalibrationTable table;
    for (const std::string& name : tensors_to_calibrate(graph, scheme)) {
      const Range range{name == "data" ? -top : 0, top};
      table.ranges[name] = {range, range, range};
    }
    const Graph quantized = quantize(graph, scheme, top == 0 ? nullptr : &table).graph;
    EXPECT_EQ(hash_graph(round_trip(quantized)), hash_graph(quantized));
    const TemporaryModel model;
    export_model(quantized, model.files());
    hashes.push_back(hash_file(model.params.path()));
    symbols.push_back(hash_file(model.symbol.path()));
  }
  EXPECT_EQ(hashes[0], hashes[1]);
  EXPECT_EQ(hashes[1], hashes[2]);
  EXPECT_NE(symbols[0], symbols[1]);
  EXPECT_NE(symbols[1], symbols[2]);
}

TEST(Export, SavedQuantizedModelsRunWithRandomParameters) {
  const TemporaryModel model;
  export_model(quantized_graph(), model.files());
  const Graph graph =
      import_model({model.symbol.path(), ""}, {.image_shape = {}, .batch = 1, .seed = 3});
  EXPECT_EQ(graph.size(), quantized_graph().size());
  const Node& weight = graph[*graph.find("w")];
  EXPECT_EQ(weight.type.dtype, DType::s8);
  EXPECT_EQ(weight.type.quant->scales.size(), 4U);
}

TEST(Export, WhatHasNoFormIsRefused) {
  Graph graph;
  const NodeId u8 = graph.constant("c", std::make_shared<const Tensor>(DType::u8, Shape{1, 2}),
                                   QuantParams{.scales = {1}});
  graph.set_outputs({graph.add("d", Dequantize{}, {u8})});
  EXPECT_THAT(message_of([&] { round_trip(graph); }),
              HasSubstr("node 'c' (Constant): a constant quantized to another type than s8"));

  Graph names;
  const NodeId data = names.add("data", Input{{1, 2}});
  const NodeId real = names.constant("w_quantize", Tensor(DType::f32, {1, 2}));
  const NodeId stored = names.constant("w", std::make_shared<const Tensor>(DType::s8, Shape{1, 2}),
                                       QuantParams{.scales = {1}});
  names.set_outputs(
      {names.add("a", Multiply{}, {data, real}), names.add("b", Dequantize{}, {stored})});
  const TemporaryModel model;
  EXPECT_THAT(message_of([&] { export_model(names, model.files()); }),
              HasSubstr("a second variable 'w_quantize' would be written"));
}

TEST(Export, FilesThatCannotBeWritten) {
  Graph graph;
  graph.set_outputs({graph.add("data", Input{{1, 2}})});
  EXPECT_THAT(message_of([&] {
                export_model(graph, {"/nowhere/a-symbol.json", "/nowhere/a.params"});
              }),
              HasSubstr("/nowhere/a-symbol.json: cannot be written: No such file"));
  EXPECT_THAT(message_of([&] {
                export_model(graph, {"a-symbol.json", ""});
              }),
              HasSubstr("no name for the parameter file"));
  EXPECT_THAT(message_of([&] {
                export_model(graph, {"a.tflite", "a"});
              }),
              HasSubstr("a.tflite: no known format by its name"));
}

// The largest size that this process may give a file stands for a full disk.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{bytes, before_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileSizeLimit() {
    setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }

 private:
  rlimit before_{};
  void (*handler_)(int);
};

TEST(Export, AFullDiskLeavesTheOldFilesAsTheyWere) {
  const std::string folder = ::testing::TempDir() + "qbench_full_disk_" + std::to_string(getpid());
  std::filesystem::create_directory(folder);
  const ModelFiles files{folder + "/m-symbol.json", folder + "/m-0000.params"};
  testing::write_file(files.symbol, "old");
  testing::write_file(files.params, "old");
  Graph graph;
  const NodeId data = graph.add("data", Input{{1, 1 << 20}});
  graph.set_outputs(
      {graph.add("m", Multiply{}, {data, graph.constant("c", Tensor(DType::f32, {1, 1 << 20}))})});
  try {
    const FileSizeLimit limit(1 << 16);
    export_model(graph, files);
    FAIL() << "4 MB were written to a full disk";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::environment);
    EXPECT_THAT(error.what(),
                HasSubstr("m-0000.params: could not be written completely: File too large"));
  }
  EXPECT_EQ(testing::read_file(files.symbol), "old");
  EXPECT_EQ(testing::read_file(files.params), "old");
  const auto begin = std::filesystem::directory_iterator(folder);
  EXPECT_EQ(std::distance(begin, std::filesystem::directory_iterator{}), 2);
  export_model(graph, files);
  EXPECT_EQ(hash_graph(import_model(files, {})), hash_graph(graph));
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace qbench
