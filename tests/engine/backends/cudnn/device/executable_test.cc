// The backend from compilation to results, on a CUDA that is loops on the host: everything but the
// GPU's own arithmetic and the library's kernels.
#include <gmock/gmock.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "engine/backends/cudnn/device/cudnn_backend.h"
#include "engine/backends/reference/reference_backend.h"
#include "engine/core/error.h"
#include "engine/graph/text.h"
#include "tests/engine/backends/case_runner.h"
#include "tests/engine/backends/cudnn/device/fake_cuda.h"
#include "tests/engine/backends/cudnn/signed_graph.h"
#include "tests/engine/backends/small_networks.h"

namespace qbench::cudnn {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

// `width` makes its convolution another one for the memory of what was the fastest.
Graph small_graph(int width = 5) {
  return parse_graph(R"(
    data = Input(shape=[2,3,6,)" +
                     std::to_string(width) + R"(])
    w = Constant() : f32[8,3,3,3] values=random(1)
    conv = Convolution(data, w; padding=[1,1,1,1], activation=relu)
    pool = Pool(conv; kind=average, global=true)
    flat = Flatten(pool)
    return flat)");
}

class FakeDevice : public ::testing::Test {
 protected:
  void SetUp() override {
    ::setenv("XDG_CACHE_HOME", folder_.c_str(), 1);
    fake_cuda() = FakeCuda{.memory = fake_cuda().memory};
    fake_cudnn() = {};
  }
  void TearDown() override {
    EXPECT_EQ(fake_cudnn().handles_shared, 0);
    std::filesystem::remove_all(folder_);
  }

  // The implementation of the only convolution.
  static std::string way_of(const Graph& graph, const CompileOptions& options = {}) {
    const Values inputs = draw_inputs({.name = "", .graph = graph});
    const auto executable = cudnn_backend().compile(graph, options);
    const std::vector<std::span<const float>> in(inputs.begin(), inputs.end());
    std::vector<float> result(16);
    for (const LayerTime& time :
         executable->profile(in, std::vector<std::span<float>>{result}, 1)) {
      if (time.node != "conv") continue;
      EXPECT_EQ(executable->algorithms().contains(time.implementation),
                time.dtypes.starts_with("f"));
      return time.implementation;
    }
    return "";
  }

 private:
  std::string folder_ = ::testing::TempDir() + "qbench_fake_" + std::to_string(::getpid());
};

TEST_F(FakeDevice, SmallNetworksAgreeWithTheReference) {
  for (const bool quantized : {false, true})
    for (const auto make : {squeezenet_like, resnet_like, mobilenet_like}) {
      const Graph graph = with_signed_values(make(2, quantized));
      const Values inputs = draw_inputs({.name = "", .graph = graph});
      expect_close(graph, run_on(cudnn_backend(), graph, inputs),
                   run_on(reference_backend(), graph, inputs));
    }
}

TEST_F(FakeDevice, LibraryKernelsThatAreRightAreUsed) {
  fake_cudnn().has_fused = true;
  fake_cudnn().has_sums = true;
  for (const bool quantized : {false, true})
    for (const auto make : {resnet_like, mobilenet_like}) {
      const Graph graph = with_signed_values(make(1, quantized));
      const Values inputs = draw_inputs({.name = "", .graph = graph});
      const int before = fake_cudnn().executions;
      expect_close(graph, run_on(cudnn_backend(), graph, inputs),
                   run_on(reference_backend(), graph, inputs));
      EXPECT_GT(fake_cudnn().executions, before);
    }
}

TEST_F(FakeDevice, OurOwnKernelFinishesSums) {
  fake_cudnn().has_sums = true;
  for (const Graph& graph : {with_signed_values(resnet_like(1, true)), resnet_like(1, false),
                             with_signed_values(dynamic_like(2))}) {
    const Values inputs = draw_inputs({.name = "", .graph = graph});
    expect_close(graph, run_on(cudnn_backend(), graph, inputs),
                 run_on(reference_backend(), graph, inputs));
  }
  EXPECT_THAT(way_of(small_graph(6)), StartsWith("cudnn:sums 1 2=5 (fused: none proposed; "));
}

TEST_F(FakeDevice, TheFastestWayIsMeasuredOnce) {
  fake_cudnn().has_fused = true;
  CompileOptions options;
  options.float_math = FloatMath::f16;  // one layout, so that the networks are not compared
  EXPECT_EQ(way_of(small_graph(7), options), "cudnn:fused 1 2=5");
  const int measuring = fake_cudnn().executions;
  EXPECT_EQ(way_of(small_graph(7), options), "cudnn:fused 1 2=5");
  // Twice to check it, once to load it, once for its profile.
  EXPECT_EQ(fake_cudnn().executions - measuring, 4);
  EXPECT_GT(measuring, 5);
  fake_cudnn().has_fused = false;  // not to be had any more: what was remembered does not matter
  EXPECT_THAT(way_of(small_graph(7), options), StartsWith("own:convolution"));
}

TEST_F(FakeDevice, LibraryKernelsThatAreWrongAreNot) {
  fake_cudnn().has_fused = true;
  fake_cudnn().has_right = false;
  EXPECT_THAT(way_of(small_graph(8)),
              AllOf(StartsWith("own:convolution ("),
                    HasSubstr("1 unfit, fused 2 2=5: it computes something else")));
  EXPECT_GT(fake_cudnn().executions, 0);
  fake_cudnn().has_right = true;  // what failed once may not fail in another process
  EXPECT_EQ(way_of(small_graph(8)), "cudnn:fused 1 2=5");
}

TEST_F(FakeDevice, KernelsThatCannotBeRecordedComeLast) {
  fake_cudnn().has_fused = true;
  fake_cudnn().first_can_be_recorded = false;
  EXPECT_EQ(way_of(small_graph(10)), "cudnn:fused 4 2=5");
}

TEST_F(FakeDevice, KernelsThatFailWhenTheNetworkIsLoadedAreLeftOut) {
  fake_cudnn().has_fused = true;
  CompileOptions options;
  options.float_math = FloatMath::f16;
  EXPECT_EQ(way_of(small_graph(11), options), "cudnn:fused 1 2=5");
  fake_cudnn().fails_from = fake_cudnn().executions + 2;  // after what was remembered is checked
  EXPECT_THAT(way_of(small_graph(11), options),
              AllOf(StartsWith("own:convolution (fused 1 2=5: "), HasSubstr("EXECUTION_FAILED")));
}

TEST_F(FakeDevice, AKernelThatBreaksTheDeviceIsNamedAndNotTriedAgain) {
  fake_cudnn().has_fused = true;
  fake_cudnn().second_breaks_device = true;
  CompileOptions options;
  options.float_math = FloatMath::f16;
  try {
    way_of(small_graph(12), options);
    FAIL() << "ran on a device that was lost";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("'fused 2 2=5' broke the GPU"));
    EXPECT_EQ(error.kind(), ErrorKind::environment);
  }
  fake_cuda().is_lost = false;  // another process
  for (const int width : {12, 13})
    EXPECT_EQ(way_of(small_graph(width), options), "cudnn:fused 1 2=5");
  EXPECT_FALSE(fake_cuda().is_lost);
}

TEST_F(FakeDevice, ObservingLeavesTheLibraryOut) {
  fake_cudnn().has_fused = true;
  CompileOptions options;
  options.observed = {"conv"};
  EXPECT_EQ(way_of(small_graph(9), options), "own:convolution");
  EXPECT_EQ(fake_cudnn().executions, 0);
}

TEST_F(FakeDevice, LaunchesWhatItRecorded) {
  const Graph graph = small_graph();
  const Values inputs = draw_inputs({.name = "", .graph = graph});
  const auto executable = cudnn_backend().compile(graph, {});
  const std::vector<std::span<const float>> in(inputs.begin(), inputs.end());
  std::vector<float> first(16);
  std::vector<float> second(16);
  const std::vector<std::span<float>> out{first};
  const int before = fake_cuda().launches;
  executable->run(in, out);
  executable->run(in, std::vector<std::span<float>>{second});
  EXPECT_EQ(fake_cuda().launches, before + 2);
  EXPECT_EQ(first, second);
  ASSERT_TRUE(executable->device_times());
  EXPECT_GT(executable->device_times()->compute_ns, 0);
}

TEST_F(FakeDevice, RunsStepByStepWhereNothingCanBeRecorded) {
  fake_cuda().can_record = false;
  const Graph graph = small_graph();
  const Values inputs = draw_inputs({.name = "", .graph = graph});
  expect_close(graph, run_on(cudnn_backend(), graph, inputs),
               run_on(reference_backend(), graph, inputs));
  EXPECT_EQ(fake_cuda().launches, 0);
  const auto executable = cudnn_backend().compile(graph, {});
  const std::vector<std::span<const float>> in(inputs.begin(), inputs.end());
  std::vector<float> result(16);
  const auto times = executable->profile(in, std::vector<std::span<float>>{result}, 1);
  EXPECT_THAT(times.front().implementation, HasSubstr("(network not recorded: "));
}

TEST_F(FakeDevice, ShowsObservedValues) {
  const Graph graph = small_graph();
  const Values inputs = draw_inputs({.name = "", .graph = graph});
  const auto shown_by = [&](const Backend& backend) {
    CompileOptions options;
    options.observed = {"data", "conv", "pool"};
    const auto executable = backend.compile(graph, options);
    const std::vector<std::span<const float>> in(inputs.begin(), inputs.end());
    std::vector<float> result(16);
    Values shown(3);
    executable->run_observed(in, std::vector<std::span<float>>{result},
                             [&](int, std::size_t observed, std::span<const float> values) {
                               auto& all = shown[observed];
                               all.insert(all.end(), values.begin(), values.end());
                             });
    shown.push_back(result);
    return shown;
  };
  const Values found = shown_by(cudnn_backend());
  const Values expected = shown_by(reference_backend());
  ASSERT_EQ(found.size(), expected.size());
  for (std::size_t i = 0; i < found.size(); ++i) {
    ASSERT_EQ(found[i].size(), expected[i].size()) << i;
    for (std::size_t k = 0; k < found[i].size(); ++k)
      ASSERT_NEAR(found[i][k], expected[i][k], 1e-5F) << i << " " << k;
  }
}

TEST_F(FakeDevice, CountsMemoryAndGivesItBack) {
  const std::size_t before = fake_cuda().memory;
  {
    const auto executable = cudnn_backend().compile(small_graph(), {});
    const MemoryUse use = executable->memory();
    EXPECT_GT(use.weights, 0U);
    EXPECT_GT(use.arena, 2 * 8 * 6 * 5 * sizeof(float));
    EXPECT_EQ(use.library, 1000U);
    EXPECT_GE(fake_cuda().memory, before + use.weights + use.arena);
  }
  EXPECT_EQ(fake_cuda().memory, before);
}

TEST_F(FakeDevice, RunsOutOfMemoryWithAnError) {
  fake_cuda().most_memory = fake_cuda().memory + 1000;
  try {
    cudnn_backend().compile(small_graph(), {});
    FAIL() << "fits in 1000 bytes";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), AllOf(HasSubstr("could not allocate"), HasSubstr("out of memory")));
    EXPECT_EQ(error.kind(), ErrorKind::environment);
  }
  fake_cuda().most_memory = FakeCuda{}.most_memory;
  EXPECT_NO_THROW(cudnn_backend().compile(small_graph(), {}));  // the error is not found again
}

TEST_F(FakeDevice, ProfilesEveryStep) {
  const Graph graph = small_graph();
  const Values inputs = draw_inputs({.name = "", .graph = graph});
  CompileOptions options;
  options.float_math = FloatMath::f16;
  const auto executable = cudnn_backend().compile(graph, options);
  const std::vector<std::span<const float>> in(inputs.begin(), inputs.end());
  std::vector<float> result(16);
  const auto times = executable->profile(in, std::vector<std::span<float>>{result}, 3);
  const auto conv = std::ranges::find(times, "conv", &LayerTime::node);
  ASSERT_NE(conv, times.end());
  EXPECT_EQ(conv->implementation, "own:convolution (fused: none proposed; sums: none proposed)");
  EXPECT_EQ(conv->dtypes, "f16 f16 -> f16");
  EXPECT_EQ(conv->macs, 2 * 8 * 6 * 5 * 27);
  EXPECT_GT(conv->bytes, 0);
  EXPECT_GT(conv->median_ns, 0);
  EXPECT_THROW(executable->profile(in, std::vector<std::span<float>>{result}, 0), Error);
}

TEST_F(FakeDevice, RefusesWhatItDoesNotHave) {
  CompileOptions options;
  options.device = 1;
  EXPECT_THROW(cudnn_backend().compile(small_graph(), options), Error);
  const auto executable = cudnn_backend().compile(small_graph(), {});
  std::vector<float> result(16);
  EXPECT_THROW(executable->run({}, std::vector<std::span<float>>{result}), Error);
}

}  // namespace
}  // namespace qbench::cudnn
