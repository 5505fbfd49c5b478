// Values that are known when the file is read: moved and computed as numpy does it, at every rank.
#include <gmock/gmock.h>

#include <limits>
#include <ostream>

#include "tests/engine/formats/onnx/testing.h"
#include "tests/engine/formats/testing.h"

namespace qbench {
namespace {

using testing::add_integers;
using testing::add_table;
using ::testing::ElementsAreArray;
using ::testing::HasSubstr;
using testing::message_of;
using testing::parse_onnx;

using Integers = std::vector<std::int64_t>;

constexpr std::int64_t kLeast = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();

// t23 = [[0,1,2],[3,4,5]], t222 = 0..7, list = [10,20,30,40]
::onnx::ModelProto model_of(const std::string& nodes, const std::string& opset = "13") {
  auto model = parse_onnx("<ir_version: 8, opset_import: [\"\": " + opset +
                          "]>\n g (float[1] x) => (float y) {" + nodes +
                          "\n f = Cast<to=1>(t) \n y = Add(x, f)}");
  add_table(model, "t23", {2, 3}, {0, 1, 2, 3, 4, 5});
  add_table(model, "t222", {2, 2, 2}, {0, 1, 2, 3, 4, 5, 6, 7});
  add_integers(model, "list", {10, 20, 30, 40});
  add_table(model, "none", {0}, {});
  add_table(model, "none3", {0, 3}, {});
  add_table(model, "scalar", {}, {-1});
  for (std::int64_t i = -3; i <= 3; ++i)
    add_integers(model, (i < 0 ? "m" : "p") + std::to_string(i < 0 ? -i : i), {i});
  add_integers(model, "least", {kLeast});
  add_integers(model, "most", {kMost});
  add_table(model, "i22", {2, 2}, {0, -1, 1, 0});
  add_integers(model, "p01", {0, 1});
  add_integers(model, "p12", {1, 2});
  return model;
}

struct KnownCase {
  std::string name;
  std::string nodes;
  Shape shape;
  Integers values;
  std::string opset = "13";
};

void PrintTo(const KnownCase& c, std::ostream* out) { *out << c.name; }

class Known : public ::testing::TestWithParam<KnownCase> {};

TEST_P(Known, IsWhatNumpyGives) {
  const KnownCase& c = GetParam();
  const Graph graph = testing::import_onnx_proto(model_of(c.nodes, c.opset));
  const Tensor& value = graph.value(graph.find("f").value());
  EXPECT_EQ(value.shape(), c.shape);
  EXPECT_THAT(value.data<float>(), ElementsAreArray(Integers(c.values)));
}

std::vector<KnownCase> known_cases() {
  return {
      {"gather_rows", "t = Gather(t23, m1)", {1, 3}, {3, 4, 5}},
      {"gather_columns", "t = Gather<axis=1>(t23, p12)", {2, 2}, {1, 2, 4, 5}},
      {"gather_last_axis", "t = Gather<axis=-1>(t23, scalar)", {2}, {2, 5}},
      {"gather_table_of_indices",
       "t = Gather(t23, i22)",
       {2, 2, 3},
       {0, 1, 2, 3, 4, 5, 3, 4, 5, 0, 1, 2}},
      {"gather_middle", "t = Gather<axis=1>(t222, p1)", {2, 1, 2}, {2, 3, 6, 7}},
      {"slice_rows", "t = Slice(t23, p1, p2)", {1, 3}, {3, 4, 5}},
      {"slice_columns", "t = Slice(t23, p1, most, p1)", {2, 2}, {1, 2, 4, 5}},
      {"slice_negative_axis", "t = Slice(t23, m2, most, m1)", {2, 2}, {1, 2, 4, 5}},
      {"slice_backwards", "t = Slice(list, m1, least, p0, m1)", {4}, {40, 30, 20, 10}},
      {"slice_backwards_in_twos", "t = Slice(list, most, p0, p0, m2)", {2}, {40, 20}},
      {"slice_in_threes", "t = Slice(list, p0, most, p0, p3)", {2}, {10, 40}},
      {"slice_in_huge_steps", "t = Slice(list, p0, most, p0, most)", {1}, {10}},
      {"slice_beyond_the_ends", "t = Slice(list, least, most)", {4}, {10, 20, 30, 40}},
      {"slice_two_axes", "t = Slice(t222, p01, p12, p12)", {2, 1, 1}, {1, 5}},
      {"slice_by_attributes",
       "t = Slice<axes=[1], starts=[-2], ends=[9223372036854775807]>(t23)",
       {2, 2},
       {1, 2, 4, 5},
       "9"},
      {"concat_columns",
       "t = Concat<axis=1>(t23, t23)",
       {2, 6},
       {0, 1, 2, 0, 1, 2, 3, 4, 5, 3, 4, 5}},
      {"concat_negative_axis",
       "t = Concat<axis=-1>(t222, t222)",
       {2, 2, 4},
       {0, 1, 0, 1, 2, 3, 2, 3, 4, 5, 4, 5, 6, 7, 6, 7}},
      {"concat_with_nothing", "t = Concat<axis=0>(none3, t23, none3)", {2, 3}, {0, 1, 2, 3, 4, 5}},
      {"transpose", "t = Transpose(t23)", {3, 2}, {0, 3, 1, 4, 2, 5}},
      {"transpose_three", "t = Transpose<perm=[1,2,0]>(t222)", {2, 2, 2}, {0, 4, 1, 5, 2, 6, 3, 7}},
      {"squeeze", "g1 = Gather<axis=1>(t222, p1) \n t = Squeeze(g1, m2)", {2, 2}, {2, 3, 6, 7}},
      {"squeeze_all", "g1 = Gather(t23, m1) \n t = Squeeze(g1)", {3}, {3, 4, 5}},
      {"unsqueeze", "t = Unsqueeze(list, m1)", {4, 1}, {10, 20, 30, 40}},
      {"shape_of_a_table", "t = Shape(t222)", {3}, {2, 2, 2}},
      {"shape_in_part", "t = Shape<start=-2>(t23)", {2}, {2, 3}, "15"},
      {"add_broadcasts", "u = Unsqueeze(p12, m1) \n t = Add(u, p12)", {2, 2}, {2, 3, 3, 4}},
      {"subtract_keeps_rank", "t = Sub(t23, p1)", {2, 3}, {-1, 0, 1, 2, 3, 4}},
      {"divide_rounds_to_zero", "t = Div(m3, p2)", {1}, {-1}},
      {"negate_by_division", "t = Div(t23, m1)", {2, 3}, {0, -1, -2, -3, -4, -5}},
      {"narrow",
       "c = Cast<to=6>(t23) \n d = Cast<to=6>(p2) \n t = Mul(c, d)",
       {2, 3},
       {0, 2, 4, 6, 8, 10}},
  };
}

INSTANTIATE_TEST_SUITE_P(Onnx, Known, ::testing::ValuesIn(known_cases()),
                         [](const auto& tested) { return tested.param.name; });

std::string error_of(const std::string& nodes, const std::string& opset = "13") {
  return message_of([&] { testing::import_onnx_proto(model_of(nodes, opset)); });
}

TEST(OnnxKnown, WhatHasNoResultIsRefused) {
  EXPECT_THAT(error_of("t = Div(least, m1)"), HasSubstr("node 0 '' (Div): the result for"));
  EXPECT_THAT(error_of("t = Mul(least, m1)"), HasSubstr("exceeds 64 bits"));
  EXPECT_THAT(error_of("t = Add(most, p1)"), HasSubstr("exceeds 64 bits"));
  EXPECT_THAT(error_of("t = Sub(least, p1)"), HasSubstr("exceeds 64 bits"));
  EXPECT_THAT(error_of("t = Div(list, p0)"), HasSubstr("10 divided by 0"));
  EXPECT_THAT(error_of("t = Cast<to=6>(most)"), HasSubstr("9223372036854775807 does not fit 32"));
  EXPECT_THAT(error_of("c = Cast<to=6>(p1) \n t = Add(c, p1)"),
              HasSubstr("inputs are s32 and s64, expected one type"));
  EXPECT_THAT(error_of("t = Add(t23, p12)"), HasSubstr("[2,3] and [2] do not broadcast"));
  EXPECT_THAT(error_of("t = Gather(t23, p2)"), HasSubstr("index 2 into 2 slices along axis 0"));
  EXPECT_THAT(error_of("t = Gather(t23, least)"), HasSubstr("index -9223372036854775808"));
  EXPECT_THAT(error_of("t = Gather<axis=2>(t23, p0)"), HasSubstr("axis 2 does not exist"));
  EXPECT_THAT(error_of("t = Slice(t23, p0, p1, p0, p0)"), HasSubstr("a step of 0"));
  EXPECT_THAT(error_of("t = Slice(t23, p01, p12, p2)"), HasSubstr("2 starts, 2 ends, 1 axes"));
  EXPECT_THAT(error_of("t = Slice(t23, p0, p1, p2)"), HasSubstr("axis 2 does not exist"));
  EXPECT_THAT(error_of("a = Sub(p01, p01) \n t = Slice(t23, p01, p12, a)"),
              HasSubstr("axis 0 is given twice"));
  EXPECT_THAT(error_of("t = Concat<axis=0>(t23, list)"), HasSubstr("s64 [4] joined to s64 [2,3]"));
  EXPECT_THAT(error_of("t = Concat<axis=2>(t23, t23)"), HasSubstr("axis 2 does not exist"));
  EXPECT_THAT(error_of("t = Transpose<perm=[0,0]>(t23)"), HasSubstr("[0,0] is no permutation"));
  EXPECT_THAT(error_of("t = Reshape(t23, t23)"), HasSubstr("integers of shape [2,3]"));
  EXPECT_THAT(error_of("t = Reshape(t23, list)"), HasSubstr("[2,3] does not reshape to"));
  EXPECT_THAT(error_of("t = Unsqueeze(list, i22)"), HasSubstr("integers of shape [2,2]"));
  EXPECT_THAT(error_of("t = Slice(t23, p0, p0)"), HasSubstr("shape [0,3] has no elements"));
}

}  // namespace
}  // namespace qbench
