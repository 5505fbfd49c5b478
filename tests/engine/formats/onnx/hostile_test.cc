// Models that no exporter writes: each is refused with a message that names the file and the node.
#include <gmock/gmock.h>

#include <limits>
#include <ostream>

#include "engine/backends/backends.h"
#include "tests/engine/formats/onnx/testing.h"
#include "tests/engine/formats/testing.h"

namespace qbench {
namespace {

using testing::add_integers;
using testing::add_table;
using testing::add_tensor;
using ::testing::Each;
using ::testing::HasSubstr;
using testing::parse_onnx;
using ::testing::StartsWith;

// c: [4], empty: [0], e4: [1,0,8,8], w: [4,2,3,3], big: [4,2,9,9]
::onnx::ModelProto model_of(const std::string& nodes, const std::string& opset = "13") {
  auto model = parse_onnx("<ir_version: 8, opset_import: [\"\": " + opset +
                          "]>\n g (float[1,2,8,8] x) => (float y) {" + nodes + "}");
  add_tensor(model, "c", {4});
  add_tensor(model, "empty", {0}, {});
  add_tensor(model, "e4", {1, 0, 8, 8}, {});
  add_tensor(model, "w", {4, 2, 3, 3});
  add_tensor(model, "w0", {0, 2, 3, 3}, {});
  add_tensor(model, "huge", {std::int64_t{1} << 39, 0}, {});
  add_tensor(model, "big", {4, 2, 9, 9});
  add_tensor(model, "nan", {}, {std::numeric_limits<float>::quiet_NaN()});
  add_table(model, "no_ints", {0}, {});
  add_integers(model, "zero", {0});
  add_integers(model, "three", {3});
  add_integers(model, "wrong", {-2, 64});
  add_integers(model, "two_open", {-1, -1});
  add_integers(model, "copies", {1, 0, 0, 0, 0});
  add_integers(model, "too_many", {std::int64_t{1} << 40, std::int64_t{1} << 40});
  add_integers(model, "uneven", {5, -1});
  add_integers(model, "copies_of_four", {0, 0, 0, 0});
  add_integers(model, "negative_pads", {0, 0, -1, 0, 0, 0, 0, 0});
  add_integers(model, "huge_pads", {0, 0, std::numeric_limits<std::int64_t>::max(), 0, 0, 0, 0, 0});
  return model;
}

struct HostileCase {
  std::string name;
  std::string nodes;
  std::string message;
  std::string opset = "13";
};

void PrintTo(const HostileCase& c, std::ostream* out) { *out << c.name; }

class Hostile : public ::testing::TestWithParam<HostileCase> {};

TEST_P(Hostile, IsRefusedByName) {
  const testing::TemporaryFile file(".onnx");
  testing::write_file(file.path(),
                      model_of(GetParam().nodes, GetParam().opset).SerializeAsString());
  const std::string message = testing::message_of([&] { import_model({file.path(), ""}, {}); });
  EXPECT_THAT(message, StartsWith(file.path() + ": "));
  EXPECT_THAT(message, HasSubstr("node "));
  EXPECT_THAT(message, HasSubstr(GetParam().message));
}

std::vector<HostileCase> hostile_cases() {
  return {
      {"empty_factor", "y = Mul(x, empty)", "shape [0] has no elements"},
      {"empty_weight", "y = Conv(x, w0)", "weight of shape [0,2,3,3] has no elements"},
      {"empty_bias", "y = Conv(x, w, empty)", "bias of shape [0]"},
      {"empty_slope", "y = PRelu(x, empty)", "slope of shape [0]"},
      {"huge_empty_weight", "f = Flatten(x) \n y = Gemm(f, huge)", "has no elements"},
      {"empty_and_another_channel", "y = Concat<axis=2>(x, e4)", "has no elements"},
      {"empty_mode", "y = Dropout(x, nan, no_ints)", "training_mode: 0 values, expected one"},
      {"empty_limit", "y = Clip(x, empty)", "min is no single value"},
      {"limit_not_a_number", "y = Clip(x, nan)", "not a number"},
      {"empty_scale", "y = QuantizeLinear(x, empty)", "0 scales along axis 1"},
      {"empty_axes", "s = Shape(x) \n i = Gather(s, no_ints) \n y = Reshape(x, i)",
       "does not reshape"},
      {"no_input", "y = Relu()", "input 0 is missing"},
      {"too_many_inputs", "y = Relu(x, x)", "input 1 ('x') is not supported"},
      {"own_output", "y = Relu(y)", "no node before it delivers 'y'"},
      {"cycle", "a = Relu(b) \n b = Relu(a) \n y = Relu(x)", "delivers 'b'"},
      {"second_value", "y = Relu(x) \n y = Relu(x)", "a second value 'y'"},
      {"second_input", "x = Relu(x) \n y = Relu(x)", "a second value 'x'"},
      {"reshape_of_other_size", "y = Reshape(x, three)", "[1,2,8,8] does not reshape to [3]"},
      {"reshape_negative", "y = Reshape(x, wrong)", "dimension -2"},
      {"reshape_two_open", "y = Reshape(x, two_open)", "more than one dimension to infer"},
      {"reshape_copies_too_much", "y = Reshape(x, copies)", "dimension 4 to copy"},
      {"reshape_overflow", "y = Reshape(x, too_many)", "dimension 1099511627776"},
      {"reshape_uneven", "y = Reshape(x, uneven)", "does not reshape to [5,-1]"},
      {"reshape_without_shape", "y = Reshape(x)", "input 1 is missing"},
      {"reshape_by_reals", "y = Reshape(x, c)", "values are f32, expected integers"},
      {"concat_axis", "y = Concat<axis=4>(x, x)", "axis 4 does not exist in rank 4"},
      {"concat_least_axis", "y = Concat<axis=-9223372036854775807>(x, x)", "does not exist"},
      {"concat_nothing", "y = Concat<axis=0>()", "no inputs"},
      {"softmax_axis", "y = Softmax<axis=-5>(x)", "axis -5 does not exist in rank 4"},
      {"flatten_axis", "y = Flatten<axis=9>(x)", "axis 9 does not exist in rank 4"},
      {"squeeze_axis", "y = Squeeze(x, three)", "axis 3 of [1,2,8,8] is not 1"},
      {"unsqueeze_twice", "a = Concat<axis=0>(three, three) \n y = Unsqueeze(x, a)",
       "axis 3 is given twice"},
      {"transpose_short", "y = Transpose<perm=[0,1]>(x)", "no permutation"},
      {"pads_negative", "y = Conv<pads=[-1,0,0,0]>(x, w)", "'pads' is [-1,0,0,0], expected 0"},
      {"pads_short", "y = Conv<pads=[1,1]>(x, w)", "'pads' is [1,1], expected 4 numbers"},
      {"pad_negative", "y = Pad(x, negative_pads)", "padding is [-1,0,0,0], expected 0 or more"},
      {"pad_axis_twice", "y = Pad(x, copies_of_four, nan, two_open)", "axis -1 is given twice",
       "18"},
      {"batch_norm_that_trains", "y, m, v, s, t = BatchNormalization(x, c, c, c, c)",
       "further outputs, which mean training"},
      {"pad_huge", "y = Pad(x, huge_pads)", "padding is [9223372036854775807,0,0,0]"},
      {"kernel_of_conv", "y = Conv(x, big)", "window of 9 does not fit 8"},
      {"kernel_of_pool", "y = MaxPool<kernel_shape=[9,1]>(x)", "window of 9 does not fit 8"},
      {"kernel_of_zero", "y = MaxPool<kernel_shape=[0,1]>(x)", "'kernel_shape' is [0,1]"},
      {"strides_of_zero", "y = Conv<strides=[0,1]>(x, w)", "'strides' is [0,1], expected 1"},
      {"huge_strides", "y = Conv<strides=[1,9223372036854775807]>(x, w)", "'strides' is"},
      {"dilations_of_zero", "y = Conv<dilations=[1,0]>(x, w)", "'dilations' is [1,0]"},
      {"no_group", "y = Conv<group=0>(x, w)", "0 groups do not divide"},
      {"negative_group", "y = Conv<group=-2>(x, w)", "-2 groups do not divide"},
      {"group_of_three", "y = Conv<group=3>(x, w)", "3 groups do not divide 2 input"},
      {"group_and_weight", "y = Conv<group=2>(x, w)", "expected 1 per group"},
      {"size_as_text", "y = LRN<size=\"3\">(x)", "'size' is not an integer"},
      {"axis_as_list", "y = Softmax<axis=[1]>(x)", "'axis' is not an integer"},
      {"pads_as_number", "y = Conv<pads=1>(x, w)", "'pads' is not a list of integers"},
      {"lrn_size", "y = LRN<size=-3>(x)", "size -3"},
      {"mean_axis", "y = ReduceMean<axes=[4]>(x)", "axis 4 does not exist"},
      {"mean_twice", "y = ReduceMean<axes=[2,-2]>(x)", "an axis is given twice"},
      {"constant_without_value", "k = Constant() \n y = Add(x, k)", "no attribute with a number"},
      {"axes_of_another_version", "y = Squeeze<axes=[0]>(x)",
       "attribute 'axes' in operator set 13, which has input 1"},
      {"inputs_of_another_version", "y = Clip(x, nan)",
       "input 1 ('nan') is not supported in operator set 10", "10"},
  };
}

INSTANTIATE_TEST_SUITE_P(Onnx, Hostile, ::testing::ValuesIn(hostile_cases()),
                         [](const auto& tested) { return tested.param.name; });

std::string error_of(const ::onnx::ModelProto& model) {
  return testing::message_of([&] { testing::import_onnx_proto(model); });
}

TEST(OnnxHostile, NamesAndSizesThatDoNotFit) {
  auto twice = model_of("y = Relu(x)");
  *twice.mutable_graph()->add_input() = twice.graph().input(0);
  EXPECT_THAT(error_of(twice), HasSubstr("input 'x' is given twice"));
  auto two = model_of("y = Relu(x)");
  add_tensor(two, "c", {4});
  EXPECT_THAT(error_of(two), HasSubstr("initializer 'c' is given twice"));
  auto negative = model_of("y = Relu(x)");
  add_tensor(negative, "n", {0}, {}).set_dims(0, -4);
  EXPECT_THAT(error_of(negative), HasSubstr("initializer 'n': shape [-4] has a negative"));
  auto large = model_of("y = Relu(x)");
  auto& tensor = add_tensor(large, "n", {0}, {});
  tensor.add_dims(std::int64_t{1} << 62);
  tensor.set_dims(0, 8);
  EXPECT_THAT(error_of(large), HasSubstr("more than 2^40 elements"));
  auto hidden = model_of("y, m = Dropout(x) \n z = Relu(m)");
  EXPECT_THAT(error_of(hidden), HasSubstr("'m' is a second output"));
  auto sets = model_of("y = Relu(x)");
  sets.add_opset_import()->set_version(12);
  EXPECT_THAT(error_of(sets), HasSubstr("operator set 13 and 12, expected one"));
}

TEST(OnnxHostile, NothingIsLeftOutOfAConcatenation) {
  const Graph graph = testing::import_onnx_proto(model_of("y = Concat<axis=1>(x, e4)"));
  ASSERT_EQ(graph[graph.outputs().at(0)].type.shape, (Shape{1, 2, 8, 8}));
  const testing::Numbers input = testing::random_numbers(128, 7);
  for (const Backend* backend : usable_backends()) {
    testing::Numbers output(input.size());
    const std::vector<std::span<const float>> inputs = {input};
    const std::vector<std::span<float>> outputs = {output};
    backend->compile(graph, {})->run(inputs, outputs);
    EXPECT_EQ(output, input) << backend->name();
  }
}

TEST(OnnxHostile, CrossedLimitsGiveTheUpperOne) {
  auto model = model_of("y = Clip(x, two, one)");
  add_tensor(model, "two", {}, {2});
  add_tensor(model, "one", {}, {1});
  const Graph graph = testing::import_onnx_proto(model);
  const testing::Numbers input = testing::random_numbers(128, 7);
  for (const Backend* backend : usable_backends()) {
    testing::Numbers output(input.size());
    const std::vector<std::span<const float>> inputs = {input};
    const std::vector<std::span<float>> outputs = {output};
    backend->compile(graph, {})->run(inputs, outputs);
    EXPECT_THAT(output, Each(1.0F)) << backend->name();
  }
}

}  // namespace
}  // namespace qbench
