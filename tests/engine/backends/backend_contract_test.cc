// What every backend promises besides right results: what it refuses and says, what it shows.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include "engine/backends/backends.h"
#include "engine/core/error.h"
#include "engine/graph/text.h"
#include "tests/engine/backends/case_runner.h"

namespace qbench {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

std::string error_of(auto&& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

Graph small_graph() {
  return parse_graph(R"(
    data = Input(shape=[1,2,3,3])
    w = Constant() : f32[4,2,1,1] values=random(1)
    conv = Convolution(data, w)
    q = Quantize(conv) : s8[1,4,3,3] scales=[0.02]
    y = Dequantize(q)
    return y)");
}

class EveryBackend : public ::testing::TestWithParam<const Backend*> {
 protected:
  const Backend& backend() const { return *GetParam(); }

  std::string run_error(const Values& inputs, Values outputs) {
    const std::unique_ptr<Executable> executable = backend().compile(small_graph(), {});
    const std::vector<std::span<const float>> in(inputs.begin(), inputs.end());
    const std::vector<std::span<float>> out(outputs.begin(), outputs.end());
    return error_of([&] { executable->run(in, out); });
  }
};

INSTANTIATE_TEST_SUITE_P(All, EveryBackend, ::testing::ValuesIn(usable_backends()),
                         [](const auto& param_info) { return param_info.param->name(); });

TEST_P(EveryBackend, SaysWhatItIs) {
  EXPECT_EQ(&find_backend(backend().name()), &backend());
  EXPECT_FALSE(backend().description().empty());
}

TEST_P(EveryBackend, NamesTheNodeItCannotRunAndWhy) {
  const Graph graph = parse_graph(R"(
    q = Constant() : s8[2,2] scales=[0.5,0.25] axis=0 values=[1,2,3,4]
    culprit = Flatten(q) : s8[2,2] scales=[0.5]
    y = Dequantize(culprit)
    return y)");
  const std::optional<std::string> reason = backend().unsupported(graph, *graph.find("culprit"));
  ASSERT_TRUE(reason);
  try {
    backend().compile(graph, {});
    FAIL() << "compiled";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::unsupported);
    EXPECT_THAT(error.what(), AllOf(HasSubstr("'culprit'"), HasSubstr(*reason)));
  }
}

TEST_P(EveryBackend, RefusesImagesThatLoseTheirScale) {
  const std::string_view graphs[] = {
      R"(a = Input(shape=[2,3,4,4])
         q = Quantize(a) : s8[2,3,4,4] dynamic
         moved = Transpose(q; permutation=[1,0,2,3]) : s8[3,2,4,4] dynamic
         y = Dequantize(moved)
         return y)",
      R"(a = Input(shape=[2,6])
         q = Quantize(a) : u8[2,6] dynamic
         moved = Reshape(q; dims=[3,4]) : u8[3,4] dynamic
         y = Dequantize(moved)
         return y)",
  };
  for (const std::string_view text : graphs) {
    EXPECT_NE(error_of([&] { backend().compile(parse_graph(text), {}); }), "no error") << text;
  }
}

TEST_P(EveryBackend, RefusesQuantizedOutputs) {
  Graph graph = small_graph();
  graph.set_outputs({*graph.find("q")});
  EXPECT_THAT(error_of([&] { backend().compile(graph, {}); }), HasSubstr("'q'"));
}

TEST_P(EveryBackend, RefusesObservedNodesThatDoNotExistOrAreNotReal) {
  for (const std::string name : {"nowhere", "q"}) {
    CompileOptions options;
    options.observed = {name};
    EXPECT_THAT(error_of([&] { backend().compile(small_graph(), options); }),
                HasSubstr("'" + name + "'"));
  }
}

TEST_P(EveryBackend, RefusesInputsAndOutputsOfAnotherSize) {
  const std::vector<float> input(18);
  const std::vector<float> output(36);
  EXPECT_EQ(run_error({input}, {output}), "no error");
  EXPECT_THAT(run_error({std::vector<float>(17)}, {output}),
              AllOf(HasSubstr("17"), HasSubstr("18")));
  EXPECT_THAT(run_error({input}, {std::vector<float>(37)}),
              AllOf(HasSubstr("37"), HasSubstr("36")));
  EXPECT_NE(run_error({}, {output}), "no error");
  EXPECT_NE(run_error({input, input}, {output}), "no error");
  EXPECT_NE(run_error({input}, {}), "no error");
}

TEST_P(EveryBackend, ShowsTheObservedValues) {
  const OpCase op_case{"", small_graph(), {-1, 1}};
  CompileOptions options;
  options.observed = {"conv", "data", "y"};
  const std::unique_ptr<Executable> executable = backend().compile(op_case.graph, options);
  const Values inputs = draw_inputs(op_case);
  const std::span<const float> in[] = {inputs[0]};
  std::vector<float> y(36);
  const std::span<float> out[] = {y};
  Values seen(3);
  executable->run_observed(in, out, [&](int worker, std::size_t i, std::span<const float> values) {
    EXPECT_EQ(worker, 0);
    seen.at(i).insert(seen[i].end(), values.begin(), values.end());
  });
  EXPECT_EQ(seen[0].size(), 36U);
  EXPECT_THAT(seen[1], ::testing::UnorderedElementsAreArray(inputs[0]));
  EXPECT_THAT(seen[2], ::testing::UnorderedElementsAreArray(y));
}

// Scales found at run time and sums are the image's own, whatever the batch.
TEST_P(EveryBackend, GivesAnImageTheSameBitsInEveryBatch) {
  OpCase batch{"",
               parse_graph(R"(
    data = Input(shape=[3,8,7,7])
    q = Quantize(data) : s8[3,8,7,7] dynamic
    w = Constant() : s8[16,8,3,3] scales=[0.01] values=random(1)
    conv = Convolution(q, w; padding=[1,1,1,1], activation=relu)
    k = Constant() : f32[10,784] values=random(2)
    y = FullyConnected(conv, k)
    return y)"),
               {-1, 1}};
  CompileOptions options;
  options.observed = {"conv"};
  const Values inputs = draw_inputs(batch);
  const Values together = run_on(backend(), batch.graph, inputs, options);
  const Graph single = with_batch(batch.graph, 1);
  for (std::size_t n = 0; n < 3; ++n) {
    const auto part = [n](const std::vector<float>& all) {
      const auto size = static_cast<std::ptrdiff_t>(all.size() / 3);
      const auto first = all.begin() + static_cast<std::ptrdiff_t>(n) * size;
      return std::vector<float>(first, first + size);
    };
    EXPECT_EQ(run_on(backend(), single, {part(inputs[0])}, options), Values{part(together[0])});
  }
}

TEST_P(EveryBackend, ProfilesItsStepsAndCountsItsMemory) {
  const std::unique_ptr<Executable> executable = backend().compile(small_graph(), {});
  const std::vector<float> x(18, 0.5F);
  std::vector<float> y(36);
  const std::span<const float> in[] = {x};
  const std::span<float> out[] = {y};
  std::int64_t macs = 0;
  for (const LayerTime& layer : executable->profile(in, out, 3)) {
    EXPECT_GE(layer.median_ns, 0) << layer.node;
    EXPECT_FALSE(layer.implementation.empty()) << layer.node;
    macs += layer.macs;
  }
  EXPECT_EQ(macs, 4 * 9 * 2);
  EXPECT_GE(executable->memory().weights, 4U * 2 * sizeof(float));
  EXPECT_GE(executable->memory().arena, 36U);
}

TEST(Backends, NamesThoseThereAreWhenAskedForAnother) {
  EXPECT_THAT(error_of([] { find_backend("abacus"); }),
              AllOf(HasSubstr("'abacus'"), HasSubstr("reference")));
}

Graph sum_of(std::int64_t products) {
  return parse_graph(fmt::format(R"(
    data = Input(shape=[1,{0}])
    q = Quantize(data) : u8[1,{0}] scales=[1]
    w = Constant() : s8[1,{0}] scales=[1] values=full(127)
    culprit = FullyConnected(q, w)
    return culprit)",
                                 products));
}

// The last number of products of 255 and 127 whose sum 32 bits hold.
TEST_P(EveryBackend, AddsUpToTheLimitsOf32Bits) {
  const Graph graph = sum_of(66311);
  if (backend().unsupported(graph, *graph.find("q"))) GTEST_SKIP() << "no u8";
  const Values result = run_on(backend(), graph, {std::vector<float>(66311, 255)});
  EXPECT_EQ(result[0][0], static_cast<float>(std::int64_t{66311} * 255 * 127));
}

TEST_P(EveryBackend, ComputesOrRefusesSumsBeyond32Bits) {
  const Graph graph = sum_of(66312);
  const NodeId culprit = *graph.find("culprit");
  if (const auto reason = backend().unsupported(graph, culprit)) {
    EXPECT_THAT(*reason, AllOf(HasSubstr("66312 products"), HasSubstr("32 bits")));
    EXPECT_THAT(error_of([&] { backend().compile(graph, {}); }), HasSubstr("culprit"));
    return;
  }
  const Values result = run_on(backend(), graph, {std::vector<float>(66312, 255)});
  EXPECT_EQ(result[0][0], static_cast<float>(std::int64_t{66312} * 255 * 127));
}

}  // namespace
}  // namespace qbench
