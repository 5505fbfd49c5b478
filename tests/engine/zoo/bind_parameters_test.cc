#include "engine/zoo/bind_parameters.h"

#include <gmock/gmock.h>

#include <cstdio>
#include <filesystem>
#include <fstream>

#include "engine/core/error.h"
#include "engine/formats/params.h"
#include "engine/graph/text.h"

namespace qbench {
namespace {

using testing::AllOf;
using testing::HasSubstr;

ZooNetwork small(std::string_view name, std::uint64_t seed) {
  const std::int64_t side = name == "inceptionv3" ? 96 : 48;
  return build_zoo_model(
      *find_zoo_model(name),
      {.image_shape = Shape{3, side, side}, .classes = 5, .width = 0.125, .seed = seed});
}

// The parameters under the names that `rename` gives them, through a file and back.
template <class Rename>
NamedTensors saved(const Graph& graph, Rename&& rename) {
  std::vector<NamedArray> arrays;
  for (NodeId id = 0; id < graph.size(); ++id) {
    if (const Constant* constant = graph.as_constant(id))
      arrays.push_back({rename(graph[id].name), constant->value});
  }
  std::stringstream file;
  write_params(file, arrays);
  NamedTensors read;
  for (NamedArray& array : read_params(file, file.str().size()))
    read.emplace(array.name, std::move(array.value));
  return read;
}

std::string as_checkpoint(const std::string& name) {
  const bool statistic = name.ends_with("_mean") || name.ends_with("_var");
  return (statistic ? "aux:" : "arg:") + name;
}

std::string message_of(const ZooNetwork& network, const NamedTensors& arrays) {
  try {
    bind_parameters(network, arrays, "net.params");
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

TEST(BindParameters, FindsTheNamesOfACheckpoint) {
  for (const ZooModel& model : zoo()) {
    SCOPED_TRACE(model.name);
    const Graph trained = small(model.name, 1).graph;
    const ZooNetwork network = small(model.name, 2);
    ASSERT_NE(hash_graph(network.graph), hash_graph(trained));
    const Graph bound = bind_parameters(network, saved(trained, as_checkpoint), "net.params");
    EXPECT_EQ(hash_graph(bound), hash_graph(trained));
  }
}

TEST(BindParameters, FindsTheNamesThatGluonSaves) {
  for (const char* name : {"resnet50_v1", "mobilenet1.0", "squeezenet1.0", "inceptionv3"}) {
    SCOPED_TRACE(name);
    const ZooNetwork trained = small(name, 1);
    const auto structural = [&](const std::string& parameter) {
      return trained.gluon_names.at(parameter);
    };
    const Graph bound =
        bind_parameters(small(name, 2), saved(trained.graph, structural), "net.params");
    EXPECT_EQ(hash_graph(bound), hash_graph(trained.graph));
  }
}

// As they follow from the blocks: an independent copy of some of them.
TEST(BindParameters, KnowsGluonsStructuralNames) {
  const auto named = [](const char* model, const char* parameter) {
    return small(model, 0).gluon_names.at(parameter);
  };
  EXPECT_EQ(named("resnet50_v1", "resnetv10_conv0_weight"), "features.0.weight");
  EXPECT_EQ(named("resnet50_v1", "resnetv10_batchnorm0_running_var"), "features.1.running_var");
  EXPECT_EQ(named("resnet50_v1", "resnetv10_stage1_conv0_bias"), "features.4.0.body.0.bias");
  EXPECT_EQ(named("resnet50_v1", "resnetv10_stage1_batchnorm2_gamma"), "features.4.0.body.7.gamma");
  EXPECT_EQ(named("resnet50_v1", "resnetv10_stage1_conv3_weight"),
            "features.4.0.downsample.0.weight");
  EXPECT_EQ(named("resnet50_v1", "resnetv10_stage4_conv8_weight"), "features.7.2.body.3.weight");
  EXPECT_EQ(named("resnet50_v1", "resnetv10_dense0_bias"), "output.bias");
  EXPECT_EQ(named("mobilenet1.0", "mobilenet0_conv26_weight"), "features.78.weight");
  EXPECT_EQ(named("mobilenet1.0", "mobilenet0_batchnorm1_beta"), "features.4.beta");
  EXPECT_EQ(named("squeezenet1.0", "squeezenet0_conv1_weight"), "features.3.0.0.weight");
  EXPECT_EQ(named("squeezenet1.0", "squeezenet0_conv3_bias"), "features.3.1.1.0.bias");
  EXPECT_EQ(named("squeezenet1.0", "squeezenet0_conv25_bias"), "output.0.bias");
  EXPECT_EQ(named("inceptionv3", "inception30_conv4_weight"), "features.5.0.weight");
  EXPECT_EQ(named("inceptionv3", "inception30_A1_conv0_weight"), "features.7.0.0.0.weight");
  EXPECT_EQ(named("inceptionv3", "inception30_A1_conv6_weight"), "features.7.3.1.0.weight");
  EXPECT_EQ(named("inceptionv3", "inception30_E1_conv1_weight"), "features.16.1.0.0.0.weight");
  EXPECT_EQ(named("inceptionv3", "inception30_E1_batchnorm3_gamma"), "features.16.1.1.1.0.1.gamma");
}

TEST(BindParameters, TakesAnyInstanceOfAGluonNetwork) {
  const Graph trained = small("inceptionv3", 1).graph;
  const auto seventeenth = [](std::string name) {
    return name.replace(0, std::string_view("inception30_").size(), "inception316_");
  };
  const Graph bound =
      bind_parameters(small("inceptionv3", 2), saved(trained, seventeenth), "net.params");
  EXPECT_EQ(hash_graph(bound), hash_graph(trained));
}

class BrokenArrays : public testing::Test {
 protected:
  const ZooNetwork network = small("mobilenet1.0", 0);
  NamedTensors arrays = saved(network.graph, as_checkpoint);
};

TEST_F(BrokenArrays, OneIsMissing) {
  arrays.erase("arg:mobilenet0_dense0_bias");
  EXPECT_THAT(message_of(network, arrays),
              AllOf(HasSubstr("net.params: no array for parameter 'mobilenet0_dense0_bias'"),
                    HasSubstr("shape [5]")));
}

TEST_F(BrokenArrays, OneIsTooMany) {
  arrays.emplace("arg:mobilenet0_conv0_weigth", arrays.at("arg:mobilenet0_conv0_weight"));
  EXPECT_THAT(message_of(network, arrays),
              AllOf(HasSubstr("'arg:mobilenet0_conv0_weigth' is no parameter"),
                    HasSubstr("nearest is 'mobilenet0_conv0_weight'")));
}

TEST_F(BrokenArrays, OneHasAnotherShape) {
  arrays["arg:mobilenet0_dense0_bias"] = std::make_shared<const Tensor>(DType::f32, Shape{6});
  EXPECT_THAT(message_of(network, arrays),
              HasSubstr("'arg:mobilenet0_dense0_bias' is f32[6], expected f32[5]"));
}

TEST_F(BrokenArrays, OneHasTwoNames) {
  arrays.emplace("output.bias", arrays.at("arg:mobilenet0_dense0_bias"));
  EXPECT_THAT(message_of(network, arrays), HasSubstr("are both parameter"));
}

TEST_F(BrokenArrays, OneHasNoValue) {
  arrays["arg:mobilenet0_dense0_bias"] = nullptr;
  EXPECT_THAT(message_of(network, arrays), HasSubstr("has no value"));
}

}  // namespace
}  // namespace qbench
