// Operators other than convolution on f32.
#include "engine/graph/text.h"
#include "tests/engine/backends/op_cases.h"

namespace qbench {
namespace {

struct Text {
  std::string_view name;
  std::string_view graph;
  Range input{-1, 1};
};

constexpr Text kTexts[] = {
    {"fc", R"(
      data = Input(shape=[3,40])
      w = Constant() : f32[17,40] values=random(1,-0.2,0.2)
      b = Constant() : f32[17] values=random(2)
      y = FullyConnected(data, w, b; has_bias=true)
      return y)"},
    {"fc_of_4d_data", R"(
      data = Input(shape=[2,5,3,4])
      w = Constant() : f32[10,60] values=random(1,-0.2,0.2)
      y = FullyConnected(data, w; activation=relu)
      return y)"},
    {"fc_one_image", R"(
      data = Input(shape=[1,5,3,3])
      w = Constant() : f32[17,45] values=random(1,-0.2,0.2)
      y = FullyConnected(data, w; activation=relu)
      return y)"},
    {"fc_few_classes", R"(
      data = Input(shape=[1,7])
      w = Constant() : f32[3,7] values=random(1,-0.2,0.2)
      b = Constant() : f32[3] values=random(2)
      y = FullyConnected(data, w, b; has_bias=true, activation=sigmoid)
      return y)"},
    {"fc_1000_classes", R"(
      data = Input(shape=[1,64])
      w = Constant() : f32[1000,64] values=random(1,-0.2,0.2)
      b = Constant() : f32[1000] values=random(2)
      y = FullyConnected(data, w, b; has_bias=true)
      return y)"},
    {"fc_after_convolution", R"(
      data = Input(shape=[2,3,6,6])
      k = Constant() : f32[24,3,3,3] values=random(1,-0.2,0.2)
      conv = Convolution(data, k; activation=relu)
      w = Constant() : f32[10,384] values=random(2,-0.1,0.1)
      y = FullyConnected(conv, w; activation=sigmoid)
      return y)"},
    {"batch_norm", R"(
      data = Input(shape=[2,5,4,3])
      gamma = Constant() : f32[5] values=random(1,0.5,2)
      beta = Constant() : f32[5] values=random(2)
      mean = Constant() : f32[5] values=random(3)
      var = Constant() : f32[5] values=random(4,0.1,2)
      y = BatchNorm(data, gamma, beta, mean, var; epsilon=0.01)
      return y)"},
    {"batch_norm_fixed_gamma", R"(
      data = Input(shape=[1,16,4,4])
      gamma = Constant() : f32[16] values=random(1,0.5,2)
      beta = Constant() : f32[16] values=random(2)
      mean = Constant() : f32[16] values=random(3)
      var = Constant() : f32[16] values=random(4,0.1,2)
      y = BatchNorm(data, gamma, beta, mean, var; fix_gamma=true)
      return y)"},
    {"batch_norm_of_features", R"(
      data = Input(shape=[3,6])
      gamma = Constant() : f32[6] values=random(1,0.5,2)
      beta = Constant() : f32[6] values=random(2)
      mean = Constant() : f32[6] values=random(3)
      var = Constant() : f32[6] values=random(4,0.1,2)
      y = BatchNorm(data, gamma, beta, mean, var)
      return y)"},
    {"relu", R"(
      data = Input(shape=[2,3,4,5])
      y = Activation(data; spec=relu)
      return y)"},
    {"clip", R"(
      data = Input(shape=[2,3,4,5])
      y = Activation(data; spec=clip(-0.25,0.5))
      return y)"},
    {"leaky", R"(
      data = Input(shape=[2,3,4,5])
      y = Activation(data; spec=leaky(0.1))
      return y)"},
    {"sigmoid",
     R"(
      data = Input(shape=[2,3,4,5])
      y = Activation(data; spec=sigmoid)
      return y)",
     {-8, 8}},
    {"tanh",
     R"(
      data = Input(shape=[2,3,4,5])
      y = Activation(data; spec=tanh)
      return y)",
     {-4, 4}},
    {"prelu", R"(
      data = Input(shape=[2,6,4,5])
      slope = Constant() : f32[6] values=random(1)
      y = PRelu(data, slope)
      return y)"},
    {"prelu_one_slope", R"(
      data = Input(shape=[2,6,4,5])
      slope = Constant() : f32[1] values=[0.25]
      y = PRelu(data, slope)
      return y)"},
    {"prelu_of_features", R"(
      data = Input(shape=[3,7])
      slope = Constant() : f32[7] values=random(1)
      y = PRelu(data, slope)
      return y)"},
    {"max_pool", R"(
      data = Input(shape=[2,16,9,9])
      y = Pool(data; kernel=[3,3], stride=[2,2], padding=[1,1,1,1])
      return y)"},
    {"max_pool_unpadded", R"(
      data = Input(shape=[1,5,8,7])
      y = Pool(data; kernel=[2,3], stride=[2,1])
      return y)"},
    {"max_pool_ceil", R"(
      data = Input(shape=[1,8,8,8])
      y = Pool(data; kernel=[3,3], stride=[2,2], ceil_mode=true)
      return y)"},
    {"max_pool_asymmetric", R"(
      data = Input(shape=[1,3,8,8])
      y = Pool(data; kernel=[3,3], stride=[2,2], padding=[0,0,1,1])
      return y)"},
    {"max_pool_of_negatives",
     R"(
      data = Input(shape=[1,4,6,6])
      y = Pool(data; kernel=[3,3], stride=[2,2], padding=[1,1,1,1])
      return y)",
     {-2, -1}},
    {"average_pool", R"(
      data = Input(shape=[2,16,9,9])
      y = Pool(data; kind=average, kernel=[3,3], stride=[2,2], padding=[1,1,1,1])
      return y)"},
    {"average_pool_without_padding_counted", R"(
      data = Input(shape=[2,5,9,8])
      y = Pool(data; kind=average, kernel=[3,2], stride=[2,2], padding=[1,1,1,0], count_include_pad=false)
      return y)"},
    {"average_pool_ceil", R"(
      data = Input(shape=[1,4,8,8])
      y = Pool(data; kind=average, kernel=[3,3], stride=[2,2], padding=[0,0,0,0], ceil_mode=true)
      return y)"},
    {"average_pool_ceil_padded", R"(
      data = Input(shape=[1,16,7,7])
      y = Pool(data; kind=average, kernel=[3,3], stride=[3,3], padding=[1,1,1,1], ceil_mode=true)
      return y)"},
    {"average_pool_ceil_without_padding_counted", R"(
      data = Input(shape=[1,4,8,8])
      y = Pool(data; kind=average, kernel=[3,3], stride=[2,2], padding=[0,0,1,1], ceil_mode=true, count_include_pad=false)
      return y)"},
    {"global_average_pool", R"(
      data = Input(shape=[2,17,7,5])
      y = Pool(data; kind=average, global=true)
      return y)"},
    {"global_max_pool", R"(
      data = Input(shape=[2,16,7,5])
      y = Pool(data; global=true)
      return y)"},
    {"flatten", R"(
      data = Input(shape=[2,3,4,5])
      y = Flatten(data)
      return y)"},
    {"flatten_after_convolution", R"(
      data = Input(shape=[2,3,6,6])
      k = Constant() : f32[24,3,3,3] values=random(1,-0.2,0.2)
      conv = Convolution(data, k)
      y = Flatten(conv)
      return y)"},
    {"reshape", R"(
      data = Input(shape=[2,12,2,5])
      y = Reshape(data; dims=[0,-1,4])
      return y)"},
    {"reshape_of_batch", R"(
      data = Input(shape=[2,6,4])
      y = Reshape(data; dims=[8,6])
      return y)"},
    {"transpose", R"(
      data = Input(shape=[2,3,4,5])
      y = Transpose(data; permutation=[0,2,3,1])
      return y)"},
    {"transpose_after_convolution", R"(
      data = Input(shape=[2,3,6,6])
      k = Constant() : f32[18,3,3,3] values=random(1,-0.2,0.2)
      conv = Convolution(data, k)
      t = Transpose(conv; permutation=[0,2,3,1])
      y = Flatten(t)
      return y)"},
    {"transpose_3d", R"(
      data = Input(shape=[3,4,5])
      y = Transpose(data; permutation=[2,0,1])
      return y)"},
    {"concat", R"(
      a = Input(shape=[2,16,4,3])
      b = Input(shape=[2,5,4,3])
      c = Input(shape=[2,32,4,3])
      y = Concat(a, b, c)
      return y)"},
    {"concat_of_convolutions", R"(
      data = Input(shape=[2,8,6,6])
      k1 = Constant() : f32[16,8,1,1] values=random(1,-0.3,0.3)
      k3 = Constant() : f32[32,8,3,3] values=random(2,-0.1,0.1)
      one = Convolution(data, k1; activation=relu)
      three = Convolution(data, k3; padding=[1,1,1,1], activation=relu)
      joined = Concat(one, three)
      k = Constant() : f32[9,48,1,1] values=random(3,-0.1,0.1)
      y = Convolution(joined, k)
      return y, joined)"},
    {"concat_of_same_value", R"(
      data = Input(shape=[1,16,3,3])
      k = Constant() : f32[16,16,1,1] values=random(1,-0.3,0.3)
      x = Convolution(data, k)
      y = Concat(x, x, data)
      return y)"},
    {"concat_axis2", R"(
      a = Input(shape=[2,3,4])
      b = Input(shape=[2,3,5])
      y = Concat(a, b; axis=2)
      return y)"},
    {"concat_batch", R"(
      a = Input(shape=[1,3,2,2])
      b = Input(shape=[2,3,2,2])
      y = Concat(a, b; axis=0)
      return y)"},
    {"add", R"(
      a = Input(shape=[2,5,4,3])
      b = Input(shape=[2,5,4,3])
      y = Add(a, b)
      return y)"},
    {"add_relu", R"(
      a = Input(shape=[2,16,4,3])
      b = Input(shape=[2,16,4,3])
      y = Add(a, b; activation=relu)
      return y)"},
    {"add_to_itself", R"(
      a = Input(shape=[2,16,4,3])
      y = Add(a, a)
      return y)"},
    {"add_per_channel", R"(
      a = Input(shape=[2,5,4,3])
      b = Constant() : f32[1,5,1,1] values=random(1)
      y = Add(a, b)
      return y)"},
    {"add_scalar", R"(
      a = Input(shape=[2,5,4,3])
      b = Constant() : f32[1] values=[0.5]
      y = Add(b, a; activation=clip(0,0.75))
      return y)"},
    {"add_broadcast_both", R"(
      a = Input(shape=[2,1,4,1])
      b = Input(shape=[5,1,3])
      y = Add(a, b)
      return y)"},
    {"multiply", R"(
      a = Input(shape=[2,5,4,3])
      b = Input(shape=[2,5,4,3])
      y = Multiply(a, b)
      return y)"},
    {"multiply_per_channel", R"(
      a = Input(shape=[2,16,4,3])
      b = Input(shape=[2,16,1,1])
      y = Multiply(a, b)
      return y)"},
    {"softmax",
     R"(
      data = Input(shape=[3,10])
      y = Softmax(data)
      return y)",
     {-10, 10}},
    {"softmax_channels",
     R"(
      data = Input(shape=[2,5,4,3])
      y = Softmax(data)
      return y)",
     {-5, 5}},
    {"softmax_last_axis",
     R"(
      data = Input(shape=[2,5,7])
      y = Softmax(data; axis=2)
      return y)",
     {-5, 5}},
    {"dropout_and_identity", R"(
      data = Input(shape=[2,3,4,5])
      x = Dropout(data)
      y = Identity(x)
      return y)"},
    {"l2_channel", R"(
      data = Input(shape=[2,16,4,3])
      y = L2Normalize(data)
      return y)"},
    {"l2_spatial", R"(
      data = Input(shape=[2,5,4,3])
      y = L2Normalize(data; mode=spatial, epsilon=0.5)
      return y)"},
    {"l2_instance", R"(
      data = Input(shape=[2,5,4,3])
      y = L2Normalize(data; mode=instance)
      return y)"},
    {"lrn", R"(
      data = Input(shape=[2,7,4,3])
      y = Lrn(data; alpha=0.5, bias=1)
      return y)"},
    {"lrn_wider_than_channels", R"(
      data = Input(shape=[1,3,4,3])
      y = Lrn(data; size=9, alpha=0.9, beta=0.5)
      return y)"},
    {"pad", R"(
      data = Input(shape=[2,3,4,5])
      y = Pad(data; padding=[1,2,3,0], value=-0.5)
      return y)"},
    {"pad_before_convolution", R"(
      data = Input(shape=[1,3,8,8])
      p = Pad(data; padding=[0,0,1,1])
      k = Constant() : f32[16,3,3,3] values=random(1,-0.2,0.2)
      y = Convolution(p, k; stride=[2,2])
      return y)"},
    {"residual_is_the_data", R"(
      data = Input(shape=[2,16,6,6])
      k = Constant() : f32[16,16,3,3] values=random(1,-0.1,0.1)
      x = Convolution(data, k; padding=[1,1,1,1], activation=relu)
      y = Convolution(x, k, x; padding=[1,1,1,1], has_residual=true, activation=relu)
      return y)"},
    {"residual_read_again", R"(
      data = Input(shape=[2,16,6,6])
      k = Constant() : f32[16,16,3,3] values=random(1,-0.1,0.1)
      x = Convolution(data, k; padding=[1,1,1,1], activation=relu)
      c = Convolution(x, k; padding=[1,1,1,1], activation=relu)
      s = Convolution(c, k, x; padding=[1,1,1,1], has_residual=true, activation=relu)
      y = Add(s, x)
      return y, s)"},
    {"output_is_the_input", R"(
      data = Input(shape=[2,3])
      c = Constant() : f32[2] values=[0.5,-1]
      return data, c, data)"},
};

}  // namespace

std::vector<OpCase> real_cases() {
  std::vector<OpCase> cases;
  for (const Text& text : kTexts) {
    cases.push_back({std::string(text.name), parse_graph(text.graph), text.input});
  }
  return cases;
}

}  // namespace qbench
