// The backend where no GPU is needed: what it says, refuses and believes.
#include <gmock/gmock.h>

#include <algorithm>
#include <limits>

#include "engine/backends/cudnn/device/agreement.h"
#include "engine/backends/cudnn/device/clock.h"
#include "engine/backends/cudnn/device/cudnn_backend.h"
#include "engine/backends/cudnn/device/tuner.h"
#include "engine/core/error.h"
#include "engine/graph/text.h"
#include "tests/engine/backends/cudnn/convolution_steps.h"

namespace qbench::cudnn {
namespace {

using ::testing::HasSubstr;

TEST(CudnnBackend, SaysWhyItCannotRunAndDoesNot) {
  const std::optional<std::string> reason = cudnn_backend().unavailable();
  if (!reason) GTEST_SKIP() << "there is a GPU";
  EXPECT_FALSE(reason->empty());
  EXPECT_THAT(cudnn_backend().description(), HasSubstr("cuDNN 9."));
  EXPECT_EQ(cudnn_backend().devices(), 0);
  const Graph graph = parse_graph("x = Input(shape=[1,2,3,3])\ny = Softmax(x)\nreturn y");
  try {
    cudnn_backend().compile(graph, {});
    FAIL() << "compiled for no GPU";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::unsupported);
    EXPECT_EQ(error.what(), *reason);
  }
}

TEST(DeviceClock, IsNotKnownWithoutGpu) {
  if (!cudnn_backend().unavailable()) GTEST_SKIP() << "there is a GPU";
  EXPECT_FALSE(DeviceClock(0).read());
}

TEST(TuningKey, TellsApartWhatMayChangeTheChoice) {
  const ConvolutionCase base{.name = "", .arithmetic = Arithmetic::s8};
  const auto key = [](const ConvolutionCase& c, bool transforms = true,
                      const std::string& identity = "GPU") {
    return tuning_key(convolution_step(c), {.transforms = transforms}, identity);
  };
  std::vector<std::string> keys{key(base), key(base, false), key(base, true, "another GPU")};
  const auto add = [&](auto&& change) {
    ConvolutionCase c = base;
    change(c);
    keys.push_back(key(c));
  };
  add([](ConvolutionCase& c) { c.arithmetic = Arithmetic::tf32; });
  add([](ConvolutionCase& c) { c.images = 3; });
  add([](ConvolutionCase& c) { c.channels = 32; });
  add([](ConvolutionCase& c) { c.kernel = 5; });
  add([](ConvolutionCase& c) { c.stride = 2; });
  add([](ConvolutionCase& c) { c.layout = Layout::row_major; });
  add([](ConvolutionCase& c) { c.result = DType::f32; });
  add([](ConvolutionCase& c) { c.residual = true; });
  add([](ConvolutionCase& c) { c.residual = true, c.residual_ratio = 2; });
  add([](ConvolutionCase& c) { c.activation = {ActivationKind::relu}; });
  add([](ConvolutionCase& c) { c.activation = {ActivationKind::clip, -1, 1}; });
  add([](ConvolutionCase& c) { c.activation = {ActivationKind::clip, 0, 1}; });
  add([](ConvolutionCase& c) { c.activation = {ActivationKind::tanh}, c.unit = 0.5F; });
  add([](ConvolutionCase& c) { c.activation = {ActivationKind::tanh}; });
  std::vector<std::string> sorted = keys;
  std::ranges::sort(sorted);
  EXPECT_EQ(std::ranges::adjacent_find(sorted), sorted.end());
  EXPECT_EQ(key(base), key(base));
  EXPECT_THAT(keys, ::testing::Each(::testing::Not(HasSubstr("\n"))));
}

TEST(IsForLibrary, AllConvolutionsButThoseWithWeightsInOurOrder) {
  const ConvolutionCase depthwise{.name = "", .channels = 32, .outputs = 32, .groups = 32};
  EXPECT_FALSE(is_for_library(convolution_step(depthwise)));
  ConvolutionCase other = depthwise;
  other.layout = Layout::row_major;
  EXPECT_TRUE(is_for_library(convolution_step(other)));
  other = depthwise;
  other.groups = 2;
  EXPECT_TRUE(is_for_library(convolution_step(other)));
  Step pool;
  pool.work = PoolWork{};
  EXPECT_FALSE(is_for_library(pool));
}

std::vector<float> ramp() {
  std::vector<float> values;
  for (int i = 0; i < 1000; ++i) values.push_back(static_cast<float>(i % 200 - 100));
  return values;
}

TEST(Agree, QuantizedResultsMayDifferByFewTies) {
  const std::vector<float> expected = ramp();
  EXPECT_TRUE(agree(Arithmetic::s8, DType::s8, expected, expected));
  std::vector<float> found = expected;
  for (std::size_t i = 0; i < 20; ++i) found[i * 7] += 1;
  EXPECT_TRUE(agree(Arithmetic::s8, DType::s8, found, expected));
  found[999] += 1;  // one too many
  EXPECT_FALSE(agree(Arithmetic::s8, DType::s8, found, expected));
  found = expected;
  found[3] += 2;
  EXPECT_FALSE(agree(Arithmetic::s8, DType::s8, found, expected));
}

TEST(Agree, RealResultsAreJudgedByTheArithmetic) {
  const std::vector<float> expected = ramp();  // to 100
  std::vector<float> found = expected;
  found[3] += 0.05F;
  const auto agrees = [&](Arithmetic arithmetic, DType result) {
    return agree(arithmetic, result, found, expected);
  };
  EXPECT_FALSE(agrees(Arithmetic::f32, DType::f32));  // tf32 would look like this
  EXPECT_FALSE(agrees(Arithmetic::s8, DType::f32));
  EXPECT_TRUE(agrees(Arithmetic::tf32, DType::f32));
  EXPECT_TRUE(agrees(Arithmetic::f16, DType::f16));
  found[3] = expected[3] + 0.005F;
  EXPECT_TRUE(agrees(Arithmetic::f32, DType::f32));
  found[3] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_FALSE(agrees(Arithmetic::f16, DType::f16));
}

}  // namespace
}  // namespace qbench::cudnn
