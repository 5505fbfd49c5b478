// Numbers that no network can compute with are named while it is read.
#include "engine/formats/check_numbers.h"

#include <gmock/gmock.h>

#include <bit>
#include <cmath>
#include <fstream>
#include <limits>

#include "engine/graph/text.h"
#include "tests/engine/formats/testing.h"

namespace qbench {
namespace {

using ::testing::HasSubstr;
using testing::message_of;
using testing::Net;

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInf = std::numeric_limits<float>::infinity();

std::string message_for(std::vector<float> values, Infinity infinity) {
  const Tensor tensor =
      Tensor::of<float>({static_cast<std::int64_t>(values.size())}, std::span<const float>(values));
  return message_of([&] { check_numbers("w", tensor, infinity); });
}

TEST(CheckNumbers, CountsAndNamesTheFirst) {
  EXPECT_EQ(message_for({0, kNan, 1, -kNan}, Infinity::refused),
            "parameter 'w' has 2 NaN, first at index 1");
  EXPECT_EQ(message_for({0, 1, -kInf}, Infinity::refused),
            "parameter 'w' has 1 Inf, first at index 2");
  EXPECT_EQ(message_for({0, kInf}, Infinity::allowed), "no error");
  EXPECT_EQ(message_for({3.4e38F, 1e-45F, -0.0F}, Infinity::refused), "no error");
}

TEST(CheckNumbers, OfDoubleAndHalfPrecision) {
  const double doubles[] = {1, std::nan("")};
  EXPECT_THAT(
      message_of([&] { check_numbers("d", Tensor::of<double>({2}, doubles), Infinity::allowed); }),
      HasSubstr("'d' has 1 NaN, first at index 1"));
  Tensor halves(DType::f16, {3});
  auto* bits = reinterpret_cast<std::uint16_t*>(halves.bytes().data());
  bits[0] = 0x3C00;  // 1
  bits[1] = 0xFC00;  // minus infinity
  bits[2] = 0x7C01;  // NaN
  EXPECT_THAT(message_of([&] { check_numbers("h", halves, Infinity::allowed); }),
              HasSubstr("'h' has 1 NaN, first at index 2"));
  bits[2] = 0;
  EXPECT_THAT(message_of([&] { check_numbers("h", halves, Infinity::refused); }),
              HasSubstr("'h' has 1 Inf, first at index 1"));
}

Graph graph_with(const std::string& constant, const std::string& node) {
  return parse_graph("x = Input(shape=[1,2,2,2]) : f32[1,2,2,2]\n" + constant + node);
}

Graph with_constant(Op op, float value) {
  Graph graph;
  const NodeId x = graph.add("x", Input{Shape{1, 2, 2, 2}});
  const NodeId c = graph.constant("c", Tensor::of<float>({1}, std::span<const float>(&value, 1)));
  graph.set_outputs({graph.add("y", std::move(op), {x, c})});
  return graph;
}

TEST(CheckNumbers, OnlyMasksMayBeInfinite) {
  EXPECT_EQ(message_of([] { check_numbers(with_constant(Add{}, -kInf)); }), "no error");
  for (const Graph& graph : {with_constant(Add{}, kInf), with_constant(Multiply{}, -kInf)})
    EXPECT_THAT(message_of([&] { check_numbers(graph); }), HasSubstr("parameter 'c' has 1 Inf"));
  EXPECT_THAT(message_of([] { check_numbers(with_constant(Add{}, kNan)); }),
              HasSubstr("parameter 'c' has 1 NaN"));
}

template <class OpType>
std::string message_with(OpType op) {
  Graph graph;
  graph.set_outputs({graph.add("y", std::move(op), {graph.add("x", Input{Shape{1, 2, 2, 2}})})});
  return message_of([&] { check_numbers(graph); });
}

TEST(CheckNumbers, AttributesMustBeFiniteButBounds) {
  EXPECT_EQ(message_with(Activation{{ActivationKind::clip, -kInf, kInf}}), "no error");
  EXPECT_EQ(message_with(Pad{.padding = {}, .value = -kInf}), "no error");
  EXPECT_THAT(
      message_with(Activation{{ActivationKind::leaky, kNan}}),
      HasSubstr("node 'y' (Activation): attribute 'spec' is nan, expected a finite number"));
  EXPECT_THAT(message_with(Activation{{ActivationKind::leaky, kInf}}), HasSubstr("'spec' is inf"));
  EXPECT_THAT(message_with(L2Normalize{.epsilon = kInf}), HasSubstr("'epsilon' is inf"));
}

TEST(CheckNumbers, AVarianceMustBePositiveWithItsEpsilon) {
  const auto graph = [](const std::string& variance) {
    return graph_with(
        "c = Constant() : f32[2] values=[1,1]\nv = Constant() : f32[2] values=[" + variance + "]\n",
        "y = BatchNorm(x, c, c, c, v; epsilon=0.5) : f32[1,2,2,2]\nreturn y\n");
  };
  EXPECT_EQ(message_of([&] { check_numbers(graph("0,-0.25")); }), "no error");
  EXPECT_THAT(message_of([&] { check_numbers(graph("1,-0.5")); }),
              HasSubstr("parameter 'v' has -0.5 at index 1, expected a variance that is positive"));
}

// Of a file: the error names it and the parameter, whatever the layer is followed by.
TEST(CheckNumbers, OfAFileAreCheckedWhereTheyAreUsed) {
  const auto net = [](float bad) {
    Net made;
    made.array("arg:w", {2, 4, 1, 1});
    made.arrays[0].value = std::make_shared<Tensor>(
        Tensor::of<float>({2, 4, 1, 1}, std::vector<float>{0, 1, 2, 3, 4, bad, 6, 7}));
    made.array("arg:unused", {1});
    made.arrays[1].value =
        std::make_shared<Tensor>(Tensor::of<float>({1}, std::vector<float>{kNan}));
    made.node("Convolution", "c", {{"kernel", "(1,1)"}, {"num_filter", "2"}, {"no_bias", "1"}},
              {made.variable("data"), made.variable("w")});
    made.node("relu", "r", {}, {{2, 0}});
    return made;
  };
  EXPECT_THAT(message_of([&] { net(kNan).import(); }),
              HasSubstr("the file: parameter 'w' has 1 NaN, first at index 5"));
  EXPECT_THAT(message_of([&] { net(kInf).import(); }),
              HasSubstr("'w' has 1 Inf, first at index 5"));
  EXPECT_EQ(message_of([&] { net(5).import(); }), "no error");  // who reads the others?
}

}  // namespace
}  // namespace qbench
