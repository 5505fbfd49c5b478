#include "harness/cli/detector_options.h"

#include <gmock/gmock.h>

#include <fstream>
#include <variant>

#include "engine/core/error.h"
#include "engine/graph/text.h"

namespace qbench {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr const char* kDetector = R"(
scores = Input(shape=[1,3,2])
offsets = Input(shape=[1,8])
anchors = Constant() : f32[1,2,4] values=random(1,0,1)
detection = MultiBoxDetection(scores, offsets, anchors; nms_threshold=0.5)
return detection
)";

struct Given {
  Options options{"qbench infer", ""};
  ModelOptions model;
  BackendOptions backend;
  DetectorOptions detector;
  std::string dataset = "own.rec";
  std::int64_t batches = 0;

  explicit Given(const std::vector<std::string>& arguments) {
    model.add_to(options);
    backend.add_to(options);
    options.add("dataset", dataset, "DATA", "");
    options.add("num-inference-batches", batches, "");
    detector.add_to(options);
    options.parse(arguments);
    detector.apply(options, model, backend, dataset, batches);
  }
};

MultiBoxDetection suppressing(const std::vector<std::string>& arguments) {
  const Given given(arguments);
  Graph graph = parse_graph(kDetector);
  given.detector.apply(given.options, graph);
  return std::get<MultiBoxDetection>(graph[graph.outputs().front()].op);
}

template <class F>
std::string error_of(F f) {
  try {
    f();
  } catch (const Error& error) {
    return error.what();
  }
  return {};
}

TEST(DetectorOptions, APrefixMeansWhatTheScriptTakes) {
  const Given given(
      {"--cpu", "--num-batch", "10", "--batch-size", "224", "--deploy", "--prefix=./model/cqssd_"});
  EXPECT_EQ(given.model.symbol_file, "./model/cqssd_vgg16_reduced_300-symbol.json");
  EXPECT_EQ(given.model.param_file, "./model/cqssd_vgg16_reduced_300-0000.params");
  EXPECT_EQ(given.model.image_shape, "");  // the file's, if it says one
  EXPECT_EQ(given.model.usual_shape, "3,300,300");
  EXPECT_THAT(given.model.rgb_mean, ElementsAre(123, 117, 104));
  EXPECT_EQ(given.model.batch_size, 224);
  EXPECT_EQ(given.dataset, "data/val.rec");
  EXPECT_EQ(given.batches, 10);
  EXPECT_EQ(given.backend.context, "cpu");
  EXPECT_EQ(Given({"--prefix=x_"}).batches, 5);
}

TEST(DetectorOptions, WhatWasGivenGoesFirst) {
  const Given given({"--prefix=net", "--data-shape=512", "--epoch=7", "--mean-g=100",
                     "--rec-path=other.rec", "--num-inference-batches=3", "--gpus=0"});
  EXPECT_EQ(given.model.symbol_file, "net_512-symbol.json");
  EXPECT_EQ(given.model.param_file, "net_512-0007.params");
  EXPECT_EQ(given.model.image_shape, "3,512,512");
  EXPECT_THAT(given.model.rgb_mean, ElementsAre(123, 100, 104));
  EXPECT_EQ(given.dataset, "other.rec");
  EXPECT_EQ(given.batches, 3);
  EXPECT_EQ(given.backend.gpus, "0");
  EXPECT_EQ(Given({"--gpus=1,0"}).backend.device(), 1);
  const Given both({"--gpus=1", "--cpu"});
  EXPECT_EQ(both.backend.context, "cpu");
  EXPECT_EQ(both.backend.device(), 0);
  EXPECT_EQ(Given({"--prefix=net_", "--network=resnet50"}).model.symbol_file,
            "net_resnet50_300-symbol.json");
}

TEST(DetectorOptions, WithoutThemNothingChanges) {
  const Given given({});
  EXPECT_EQ(given.model.image_shape, ModelOptions().image_shape);
  EXPECT_THAT(given.model.rgb_mean, ElementsAre(0, 0, 0));
  EXPECT_EQ(given.dataset, "own.rec");
  EXPECT_EQ(given.batches, 0);
  EXPECT_THAT(given.detector.names(20, {}), IsEmpty());
}

TEST(DetectorOptions, SuppressionIsTheNetworksUnlessGiven) {
  EXPECT_EQ(suppressing({}).nms_threshold, 0.5F);
  EXPECT_FALSE(suppressing({}).force_suppress);
  EXPECT_EQ(suppressing({"--nms=0.45"}).nms_threshold, 0.45F);
  EXPECT_FALSE(suppressing({"--nms=0.45"}).force_suppress);
  EXPECT_EQ(suppressing({"--force"}).nms_threshold, 0.5F);
  EXPECT_TRUE(suppressing({"--force"}).force_suppress);
  EXPECT_THAT(error_of([] { suppressing({"--nms=1.5"}); }), HasSubstr("--nms is 1.5"));
}

TEST(DetectorOptions, AClassifierHasNothingToSuppress) {
  const Given given({"--force"});
  Graph graph = parse_graph("data = Input(shape=[1,4])\nout = Softmax(data)\nreturn out\n");
  EXPECT_THAT(error_of([&] { given.detector.apply(given.options, graph); }),
              HasSubstr("for detectors alone"));
}

TEST(DetectorOptions, NamesAreTheDataSetsOrThoseOfVoc) {
  EXPECT_THAT(Given({"--prefix=x_"}).detector.names(2, {"x", "y"}), ElementsAre("x", "y"));
  EXPECT_EQ(Given({"--prefix=x_"}).detector.names(20, {}).at(14), "person");
  EXPECT_THAT(error_of([] { Given({"--num-class=20"}).detector.names(3, {}); }),
              HasSubstr("--num-class is 20"));
}

TEST(DetectorOptions, JudgingIsAsAskedFor) {
  const DetectionOptions judging = Given({"--overlap=0.7", "--use-difficult"}).detector.judging();
  EXPECT_EQ(judging.overlap, 0.7F);
  EXPECT_TRUE(judging.use_difficult);
  EXPECT_THAT(error_of([] { Given({"--overlap=2"}).detector.judging(); }), HasSubstr("--overlap"));
}

}  // namespace
}  // namespace qbench
