// The list of passes and optimize.
#include "engine/passes/passes.h"

#include <gmock/gmock.h>

#include <set>

#include "engine/core/error.h"
#include "engine/graph/text.h"

namespace qbench {
namespace {

Graph small_graph() {
  return parse_graph(R"(
    x = Input(shape=[1,1,2,2])
    unused = Input(shape=[3])
    w = Constant() : f32[1,1,1,1] values=[2]
    conv = Convolution(x, w)
    drop = Dropout(conv)
    act = Activation(drop; spec=relu)
    dead = Activation(conv; spec=tanh)
    y = Flatten(act)
    return y)");
}

TEST(Passes, HaveNamesAndDescriptions) {
  std::set<std::string_view> names;
  for (const Pass& pass : fp32_passes()) {
    EXPECT_FALSE(pass.description.empty()) << pass.name;
    EXPECT_TRUE(names.insert(pass.name).second) << pass.name;
  }
  EXPECT_EQ(names.size(), 9U);
}

TEST(Optimize, RunsEveryPassAndReportsIt) {
  std::vector<PassResult> results;
  const Graph graph = optimize(small_graph(), {}, &results);
  EXPECT_EQ(print_graph(graph),
            "x = Input(shape=[1,1,2,2]) : f32[1,1,2,2]\n"
            "unused = Input(shape=[3]) : f32[3]\n"
            "w = Constant() : f32[1,1,1,1] values=[2]\n"
            "conv = Convolution(x, w; activation=relu) : f32[1,1,2,2]\n"
            "y = Flatten(conv) : f32[1,4]\n"
            "return y\n");
  ASSERT_EQ(results.size(), fp32_passes().size());
  for (std::size_t i = 0; i < results.size(); ++i) {
    EXPECT_EQ(results[i].pass, fp32_passes()[i].name);
    EXPECT_GE(results[i].seconds, 0);
    EXPECT_EQ(results[i].changed,
              results[i].pass == "remove_identity" || results[i].pass == "fuse_conv_activation");
  }
}

TEST(Optimize, IsIdempotent) {
  const Graph once = optimize(small_graph());
  EXPECT_EQ(print_graph(optimize(once)), print_graph(once));
}

TEST(Optimize, LeavesOutDisabledPasses) {
  const std::vector<std::string> disabled = {"fuse_conv_activation"};
  std::vector<PassResult> results;
  const Graph graph = optimize(small_graph(), disabled, &results);
  EXPECT_TRUE(graph.find("act"));
  EXPECT_FALSE(graph.find("drop"));
  EXPECT_EQ(results.size(), fp32_passes().size() - 1);
}

TEST(Optimize, UnknownNamesAreRefusedWithTheKnownOnes) {
  const std::vector<std::string> disabled = {"fold_batchnorm"};
  try {
    optimize(small_graph(), disabled);
    FAIL() << "accepted";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("'fold_batchnorm'"));
    EXPECT_THAT(error.what(), testing::HasSubstr("fold_batch_norm"));
  }
}

TEST(Optimize, LeavesQuantizedGraphsAlone) {
  const Graph graph = parse_graph(R"(
    x = Input(shape=[1,1,2,2])
    q = Quantize(x) : s8[1,1,2,2] scales=[0.1]
    w = Constant() : s8[1,1,1,1] scales=[0.5] values=[2]
    p = Pad(q; padding=[1,1,1,1]) : s8[1,1,4,4] scales=[0.1]
    c = Convolution(p, w) : s8[1,1,4,4] scales=[0.1]
    a = Activation(c; spec=relu) : s8[1,1,4,4] scales=[0.2]
    s = Add(c, a; activation=none) : s8[1,1,4,4] scales=[0.3]
    f = Flatten(s) : s8[1,16] scales=[0.4]
    v = Constant() : s8[1,16] scales=[0.5] values=[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16]
    fc = FullyConnected(f, v)
    return fc)");
  EXPECT_EQ(print_graph(optimize(graph)), print_graph(graph));
}

}  // namespace
}  // namespace qbench
