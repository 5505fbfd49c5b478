// Each operator, in files that OpenCV's importer reads too: both compute the same.
#include <gtest/gtest.h>

#include <ostream>

#include "tests/engine/formats/onnx/testing.h"
#include "tests/engine/formats/testing.h"

namespace qbench {
namespace {

using Tensors = std::vector<std::pair<std::string, std::vector<std::int64_t>>>;

struct OperatorCase {
  std::string name;
  std::string body;
  std::string input = "2,3,7,6";
  Tensors reals = {};     // initializers with random values, of these shapes
  Tensors integers = {};  // initializers with these values
  int opset = 13;
};

void PrintTo(const OperatorCase& c, std::ostream* out) { *out << c.name; }

::onnx::ModelProto model_of(const OperatorCase& c) {
  const std::string header =
      "<ir_version: 8, opset_import: [\"\": " + std::to_string(c.opset) + "]>\n";
  ::onnx::ModelProto model =
      testing::parse_onnx(header + "g (float[" + c.input + "] x) => (float y) {" + c.body + "}");
  for (const auto& [name, dims] : c.reals) testing::add_tensor(model, name, dims);
  for (const auto& [name, values] : c.integers) testing::add_integers(model, name, values);
  return model;
}

std::vector<OperatorCase> operator_cases() {
  const Tensors conv = {{"w", {4, 3, 3, 3}}, {"b", {4}}};
  return {
      {"conv", "y = Conv<kernel_shape=[3,3]>(x, w, b)", "2,3,7,6", conv},
      {"conv_attributes",
       "y = Conv<kernel_shape=[3,3], strides=[2,1], pads=[1,0,2,1], dilations=[2,1]>(x, w, b)",
       "2,3,7,6", conv},
      {"conv_groups",
       "y = Conv<group=3, kernel_shape=[3,2]>(x, w)",
       "2,3,7,6",
       {{"w", {6, 1, 3, 2}}}},
      {"conv_same_upper",
       "y = Conv<kernel_shape=[3,3], auto_pad=\"SAME_UPPER\", strides=[2,2]>(x, w, b)", "1,3,8,7",
       conv},
      {"conv_valid", "y = Conv<kernel_shape=[3,3], auto_pad=\"VALID\">(x, w, b)", "2,3,7,6", conv},
      {"gemm", "y = Gemm<transB=1>(x, w, b)", "2,5", {{"w", {4, 5}}, {"b", {4}}}},
      {"matmul_add", "t = MatMul(x, w) \n y = Add(t, b)", "2,5", {{"w", {5, 4}}, {"b", {4}}}},
      {"relu", "y = Relu(x)"},
      {"leaky_relu", "y = LeakyRelu<alpha=0.2>(x)"},
      {"prelu", "y = PRelu(x, s)", "2,3,7,6", {{"s", {3, 1, 1}}}},
      {"clip_attributes", "y = Clip<min=-0.25, max=0.5>(x)", "2,3,7,6", {}, {}, 10},
      {"sigmoid", "y = Sigmoid(x)"},
      {"tanh", "y = Tanh(x)"},
      {"max_pool", "y = MaxPool<kernel_shape=[3,2], strides=[2,2], pads=[1,0,1,1]>(x)"},
      {"max_pool_asymmetric", "y = MaxPool<kernel_shape=[3,3], strides=[2,2], pads=[0,0,1,1]>(x)"},
      {"max_pool_ceil", "y = MaxPool<kernel_shape=[3,3], strides=[2,2], ceil_mode=1>(x)",
       "2,3,8,6"},
      {"average_pool", "y = AveragePool<kernel_shape=[3,3], strides=[2,2], pads=[1,1,1,1]>(x)"},
      {"global_average_pool", "y = GlobalAveragePool(x)"},
      {"global_max_pool", "y = GlobalMaxPool(x)"},
      {"reduce_mean", "y = ReduceMean<axes=[2,3], keepdims=1>(x)"},
      {"reduce_mean_flat", "y = ReduceMean<axes=[-1,-2], keepdims=0>(x)"},
      {"flatten", "y = Flatten(x)"},
      {"reshape", "y = Reshape(x, s)", "2,3,7,6", {}, {{"s", {0, -1, 7}}}},
      {"squeeze", "y = Squeeze<axes=[3]>(x)", "2,3,2,1", {}, {}, 11},
      {"unsqueeze", "y = Unsqueeze<axes=[2]>(x)", "2,3", {}, {}, 11},
      {"transpose", "y = Transpose<perm=[0,2,3,1]>(x)"},
      {"concat", "t = Relu(x) \n y = Concat<axis=1>(x, t)"},
      {"concat_axis", "t = Relu(x) \n y = Concat<axis=-2>(t, x)"},
      {"add", "t = Relu(x) \n y = Add(x, t)"},
      {"multiply", "t = Relu(x) \n y = Mul(x, t)"},
      {"subtract", "t = Relu(x) \n y = Sub(x, t)"},
      {"sum", "t = Relu(x) \n u = Sigmoid(x) \n y = Sum(x, t, u)"},
      {"add_constant", "t = Relu(x) \n y = Add(t, c)", "2,3,7,6", {{"c", {3, 1, 1}}}},
      {"multiply_constant", "y = Mul(x, c)", "2,3,7,6", {{"c", {3, 1, 1}}}},
      {"subtract_constant", "t = Relu(x) \n y = Sub(t, c)", "2,3,7,6", {{"c", {3, 1, 1}}}},
      {"softmax", "y = Softmax<axis=1>(x)", "2,3,7,6"},
      {"softmax_last", "y = Softmax<axis=-1>(x)", "2,3,7,6"},
      {"batch_norm",
       "y = BatchNormalization<epsilon=0.1>(x, g, b, m, v)",
       "2,3,7,6",
       {{"g", {3}}, {"b", {3}}, {"m", {3}}, {"v", {3}}}},
      {"lrn", "y = LRN<size=3, alpha=0.3, beta=0.6, bias=1.5>(x)"},
      {"dropout", "y = Dropout(x)"},
      {"identity", "t = Identity(x) \n y = Relu(t)"},
      {"pad", "y = Pad(x, p)", "2,3,7,6", {}, {{"p", {0, 0, 1, 2, 0, 0, 3, 0}}}},
      {"pad_attributes", "y = Pad<pads=[0,0,1,2,0,0,0,1]>(x)", "2,3,7,6", {}, {}, 9},
      {"view_of_torch",
       "s = Shape(x) \n n = Gather<axis=0>(s, zero) \n u = Unsqueeze(n, zeros) \n"
       "d = Concat<axis=0>(u, minus) \n y = Reshape(x, d)",
       "2,3,7,6",
       {},
       {{"zero", {0}}, {"zeros", {0}}, {"minus", {-1}}}},
  };
}

class Operators : public ::testing::TestWithParam<OperatorCase> {};

TEST_P(Operators, ComputeWhatOpenCvComputes) {
  ::onnx::ModelProto model = model_of(GetParam());
  for (::onnx::TensorProto& tensor : *model.mutable_graph()->mutable_initializer()) {
    if (tensor.name() == "v")  // a variance
      for (float& value : *tensor.mutable_float_data()) value = value * value;
    if (tensor.name() == "zero") tensor.clear_dims();
  }
  const testing::TemporaryFile file(".onnx");
  testing::write_file(file.path(), model.SerializeAsString());
  const std::int64_t batch = model.graph().input(0).type().tensor_type().shape().dim(0).dim_value();
  const Graph graph = import_model({file.path(), ""}, {.image_shape = {}, .batch = batch});
  const testing::Numbers expected =
      testing::run_opencv(file.path(), graph[graph.inputs().at(0)].type.shape);
  EXPECT_LT(testing::difference(testing::run_reference(graph).at(0), expected), 1e-5F);
}

INSTANTIATE_TEST_SUITE_P(Onnx, Operators, ::testing::ValuesIn(operator_cases()),
                         [](const auto& tested) { return tested.param.name; });

}  // namespace
}  // namespace qbench
