// Operators other than convolution on integers.
#include "engine/graph/text.h"
#include "tests/engine/backends/op_cases.h"

namespace qbench {
namespace {

struct Text {
  std::string_view name;
  std::string_view graph;
};

constexpr Text kTexts[] = {
    {"quantize_s8", R"(
      data = Input(shape=[2,3,5,5])
      q = Quantize(data) : s8[2,3,5,5] scales=[0.007]
      y = Dequantize(q)
      return y)"},
    {"quantize_u8", R"(
      data = Input(shape=[2,3,5,5])
      q = Quantize(data) : u8[2,3,5,5] scales=[0.0031]
      y = Dequantize(q)
      return y)"},
    {"quantize_dynamic_s8", R"(
      data = Input(shape=[3,3,5,5])
      q = Quantize(data) : s8[3,3,5,5] dynamic
      y = Dequantize(q)
      return y)"},
    {"quantize_dynamic_u8", R"(
      data = Input(shape=[3,16,5,5])
      q = Quantize(data) : u8[3,16,5,5] dynamic
      y = Dequantize(q)
      return y)"},
    {"dequantize_per_channel", R"(
      q = Constant() : s8[3,4] scales=[0.5,0.25,2] axis=0 values=[1,2,3,4,5,6,7,8,-128,127,0,-1]
      x = Dequantize(q)
      data = Input(shape=[3,4])
      y = Add(data, x)
      return y)"},
    {"fc_u8_to_f32", R"(
      data = Input(shape=[3,64])
      q = Quantize(data) : u8[3,64] scales=[0.00390625]
      w = Constant() : s8[10,64] scales=[0.001] values=random(1)
      b = Constant() : f32[10] values=random(2)
      y = FullyConnected(q, w, b; has_bias=true)
      return y)"},
    {"fc_s8_to_s8", R"(
      data = Input(shape=[3,40])
      q = Quantize(data) : s8[3,40] scales=[0.0078125]
      w = Constant() : s8[5,40] scales=[0.001,0.002,0.003,0.001,0.002] axis=0 values=random(1)
      b = Constant() : f32[5] values=random(2)
      fc = FullyConnected(q, w, b; has_bias=true) : s8[3,5] scales=[0.0131]
      y = Dequantize(fc)
      return y)"},
    {"fc_u8_to_u8_of_4d_data", R"(
      data = Input(shape=[2,5,3,4])
      q = Quantize(data) : u8[2,5,3,4] scales=[0.00390625]
      w = Constant() : s8[16,60] scales=[0.0021] values=random(1)
      fc = FullyConnected(q, w; activation=relu) : u8[2,16] scales=[0.0071]
      y = Dequantize(fc)
      return y)"},
    {"fc_1000_classes_u8_to_f32", R"(
      data = Input(shape=[2,64,1,1])
      q = Quantize(data) : u8[2,64,1,1] scales=[0.00390625]
      w = Constant() : s8[1000,64] scales=[0.001] values=random(1)
      b = Constant() : f32[1000] values=random(2)
      y = FullyConnected(q, w, b; has_bias=true)
      return y)"},
    {"fc_dynamic_u8", R"(
      data = Input(shape=[3,40])
      q = Quantize(data) : u8[3,40] dynamic
      w = Constant() : s8[10,40] scales=[0.001] values=random(1)
      b = Constant() : f32[10] values=random(2)
      y = FullyConnected(q, w, b; has_bias=true, activation=relu)
      return y)"},
    {"fc_dynamic_s8_of_4d_data", R"(
      data = Input(shape=[2,5,3,4])
      q = Quantize(data) : s8[2,5,3,4] dynamic
      w = Constant() : s8[16,60] scales=[0.0021] values=random(1)
      y = FullyConnected(q, w)
      return y)"},
    {"fc_after_convolution_u8", R"(
      data = Input(shape=[2,3,6,6])
      q = Quantize(data) : s8[2,3,6,6] scales=[0.0078125]
      k = Constant() : s8[24,3,3,3] scales=[0.0015] values=random(1)
      conv = Convolution(q, k; activation=relu) : u8[2,24,4,4] scales=[0.0037]
      w = Constant() : s8[10,384] scales=[0.001] values=random(2)
      y = FullyConnected(conv, w)
      return y)"},
    {"max_pool_u8", R"(
      data = Input(shape=[2,80,9,9])
      q = Quantize(data) : u8[2,80,9,9] scales=[0.00390625]
      p = Pool(q; kernel=[3,3], stride=[2,2], padding=[1,1,1,1]) : u8[2,80,5,5] scales=[0.00390625]
      y = Dequantize(p)
      return y)"},
    {"max_pool_s8_ceil", R"(
      data = Input(shape=[1,5,8,8])
      q = Quantize(data) : s8[1,5,8,8] scales=[0.0078125]
      p = Pool(q; kernel=[3,3], stride=[2,2], ceil_mode=true) : s8[1,5,4,4] scales=[0.0078125]
      y = Dequantize(p)
      return y)"},
    {"max_pool_s8_of_96_channels", R"(
      data = Input(shape=[2,96,7,6])
      q = Quantize(data) : s8[2,96,7,6] scales=[0.0078125]
      p = Pool(q; kernel=[3,2], stride=[2,1], padding=[1,0,1,1]) : s8[2,96,4,6] scales=[0.0078125]
      y = Dequantize(p)
      return y)"},
    {"max_pool_other_scale", R"(
      data = Input(shape=[1,32,8,8])
      q = Quantize(data) : s8[1,32,8,8] scales=[0.0078125]
      p = Pool(q; kernel=[2,2], stride=[2,2]) : s8[1,32,4,4] scales=[0.0063]
      y = Dequantize(p)
      return y)"},
    {"average_pool_u8", R"(
      data = Input(shape=[2,16,9,9])
      q = Quantize(data) : u8[2,16,9,9] scales=[0.00390625]
      p = Pool(q; kind=average, kernel=[3,3], stride=[2,2], padding=[1,1,1,1]) : u8[2,16,5,5] scales=[0.00390625]
      y = Dequantize(p)
      return y)"},
    {"average_pool_s8_without_padding_counted", R"(
      data = Input(shape=[1,17,9,9])
      q = Quantize(data) : s8[1,17,9,9] scales=[0.0078125]
      p = Pool(q; kind=average, kernel=[3,3], stride=[2,2], padding=[1,1,1,1], count_include_pad=false) : s8[1,17,5,5] scales=[0.0078125]
      y = Dequantize(p)
      return y)"},
    {"average_pool_other_scale", R"(
      data = Input(shape=[1,16,8,8])
      q = Quantize(data) : u8[1,16,8,8] scales=[0.00390625]
      p = Pool(q; kind=average, kernel=[3,3], stride=[2,2], ceil_mode=true) : u8[1,16,4,4] scales=[0.0029]
      y = Dequantize(p)
      return y)"},
    {"global_average_pool_u8", R"(
      data = Input(shape=[2,40,7,7])
      q = Quantize(data) : u8[2,40,7,7] scales=[0.00390625]
      p = Pool(q; kind=average, global=true) : u8[2,40,1,1] scales=[0.00390625]
      y = Dequantize(p)
      return y)"},
    {"global_average_pool_other_scale", R"(
      data = Input(shape=[2,17,13,13])
      q = Quantize(data) : u8[2,17,13,13] scales=[0.00390625]
      p = Pool(q; kind=average, global=true) : u8[2,17,1,1] scales=[0.00147]
      y = Dequantize(p)
      return y)"},
    {"global_average_pool_s8_to_u8", R"(
      data = Input(shape=[1,16,5,5])
      q = Quantize(data) : s8[1,16,5,5] scales=[0.0078125]
      p = Pool(q; kind=average, global=true) : u8[1,16,1,1] scales=[0.00147]
      y = Dequantize(p)
      return y)"},
    {"global_max_pool_u8", R"(
      data = Input(shape=[2,16,5,5])
      q = Quantize(data) : u8[2,16,5,5] scales=[0.00390625]
      p = Pool(q; global=true) : u8[2,16,1,1] scales=[0.00390625]
      y = Dequantize(p)
      return y)"},
    {"flatten_u8", R"(
      data = Input(shape=[2,16,3,3])
      q = Quantize(data) : u8[2,16,3,3] scales=[0.00390625]
      f = Flatten(q) : u8[2,144] scales=[0.00390625]
      y = Dequantize(f)
      return y)"},
    {"flatten_other_scale", R"(
      data = Input(shape=[2,5,3,3])
      q = Quantize(data) : s8[2,5,3,3] scales=[0.0078125]
      f = Flatten(q) : s8[2,45] scales=[0.0093]
      y = Dequantize(f)
      return y)"},
    {"flatten_before_fc_s8", R"(
      data = Input(shape=[2,16,3,3])
      q = Quantize(data) : s8[2,16,3,3] scales=[0.0078125]
      f = Flatten(q) : s8[2,144] scales=[0.0078125]
      w = Constant() : s8[10,144] scales=[0.001] values=random(1)
      y = FullyConnected(f, w)
      return y)"},
    {"reshape_s8_to_u8", R"(
      data = Input(shape=[2,12,2])
      q = Quantize(data) : s8[2,12,2] scales=[0.0078125]
      r = Reshape(q; dims=[6,8]) : u8[6,8] scales=[0.0042]
      y = Dequantize(r)
      return y)"},
    {"transpose_u8", R"(
      data = Input(shape=[2,3,4,5])
      q = Quantize(data) : u8[2,3,4,5] scales=[0.00390625]
      t = Transpose(q; permutation=[0,2,3,1]) : u8[2,4,5,3] scales=[0.00390625]
      y = Dequantize(t)
      return y)"},
    {"transpose_other_scale", R"(
      data = Input(shape=[2,3,4])
      q = Quantize(data) : s8[2,3,4] scales=[0.0078125]
      t = Transpose(q; permutation=[2,0,1]) : s8[4,2,3] scales=[0.0111]
      y = Dequantize(t)
      return y)"},
    {"concat_u8_same_scale", R"(
      a = Input(shape=[2,16,4,3])
      b = Input(shape=[2,5,4,3])
      qa = Quantize(a) : u8[2,16,4,3] scales=[0.00390625]
      qb = Quantize(b) : u8[2,5,4,3] scales=[0.00390625]
      c = Concat(qa, qb) : u8[2,21,4,3] scales=[0.00390625]
      y = Dequantize(c)
      return y)"},
    {"concat_u8_other_scales", R"(
      a = Input(shape=[2,16,4,3])
      b = Input(shape=[2,32,4,3])
      qa = Quantize(a) : u8[2,16,4,3] scales=[0.00390625]
      qb = Quantize(b) : u8[2,32,4,3] scales=[0.0078125]
      c = Concat(qa, qb) : u8[2,48,4,3] scales=[0.0051]
      y = Dequantize(c)
      return y)"},
    {"concat_u8_and_s8", R"(
      a = Input(shape=[1,8,4,3])
      b = Input(shape=[1,5,4,3])
      d = Input(shape=[1,3,4,3])
      qa = Quantize(a) : u8[1,8,4,3] scales=[0.00390625]
      qb = Quantize(b) : s8[1,5,4,3] scales=[0.0078125]
      qd = Quantize(d) : s8[1,3,4,3] scales=[0.015625]
      c = Concat(qa, qb, qd) : s8[1,16,4,3] scales=[0.0078125]
      y = Dequantize(c)
      return y)"},
    {"concat_axis2_s8", R"(
      a = Input(shape=[2,3,4])
      b = Input(shape=[2,3,5])
      qa = Quantize(a) : s8[2,3,4] scales=[0.0078125]
      qb = Quantize(b) : s8[2,3,5] scales=[0.015625]
      c = Concat(qa, qb; axis=2) : s8[2,3,9] scales=[0.0117]
      y = Dequantize(c)
      return y)"},
    {"fire_u8", R"(
      data = Input(shape=[2,16,6,6])
      q = Quantize(data) : u8[2,16,6,6] scales=[0.00390625]
      k1 = Constant() : s8[16,16,1,1] scales=[0.002] values=random(1)
      k3 = Constant() : s8[16,16,3,3] scales=[0.0007] values=random(2)
      one = Convolution(q, k1; activation=relu) : u8[2,16,6,6] scales=[0.0041]
      three = Convolution(q, k3; padding=[1,1,1,1], activation=relu) : u8[2,16,6,6] scales=[0.0041]
      c = Concat(one, three) : u8[2,32,6,6] scales=[0.0041]
      y = Dequantize(c)
      return y)"},
    {"add_u8", R"(
      a = Input(shape=[2,16,4,3])
      b = Input(shape=[2,16,4,3])
      qa = Quantize(a) : u8[2,16,4,3] scales=[0.00390625]
      qb = Quantize(b) : u8[2,16,4,3] scales=[0.0078125]
      s = Add(qa, qb; activation=relu) : u8[2,16,4,3] scales=[0.0069]
      y = Dequantize(s)
      return y)"},
    {"add_s8_and_u8", R"(
      a = Input(shape=[2,5,4,3])
      b = Input(shape=[2,5,4,3])
      qa = Quantize(a) : s8[2,5,4,3] scales=[0.0078125]
      qb = Quantize(b) : u8[2,5,4,3] scales=[0.00390625]
      s = Add(qa, qb) : s8[2,5,4,3] scales=[0.0139]
      y = Dequantize(s)
      return y)"},
    {"add_to_f32", R"(
      a = Input(shape=[2,5,4,3])
      b = Input(shape=[2,5,4,3])
      qa = Quantize(a) : s8[2,5,4,3] scales=[0.0078125]
      qb = Quantize(b) : u8[2,5,4,3] scales=[0.00390625]
      y = Add(qa, qb; activation=relu)
      return y)"},
    {"add_features_clip", R"(
      a = Input(shape=[3,33])
      b = Input(shape=[3,33])
      qa = Quantize(a) : s8[3,33] scales=[0.0078125]
      qb = Quantize(b) : s8[3,33] scales=[0.015625]
      s = Add(qa, qb; activation=clip(-0.25,0.5)) : s8[3,33] scales=[0.0131]
      y = Dequantize(s)
      return y)"},
    {"relu_s8", R"(
      a = Input(shape=[2,16,4,3])
      q = Quantize(a) : s8[2,16,4,3] scales=[0.0078125]
      r = Activation(q; spec=relu) : s8[2,16,4,3] scales=[0.0078125]
      y = Dequantize(r)
      return y)"},
    {"relu_s8_to_u8", R"(
      a = Input(shape=[2,5,4,3])
      q = Quantize(a) : s8[2,5,4,3] scales=[0.0078125]
      r = Activation(q; spec=relu) : u8[2,5,4,3] scales=[0.0041]
      y = Dequantize(r)
      return y)"},
    {"clip_s8", R"(
      a = Input(shape=[2,5,4,3])
      q = Quantize(a) : s8[2,5,4,3] scales=[0.0078125]
      r = Activation(q; spec=clip(-0.3,0.55)) : s8[2,5,4,3] scales=[0.0047]
      y = Dequantize(r)
      return y)"},
    {"leaky_s8", R"(
      a = Input(shape=[2,5,4,3])
      q = Quantize(a) : s8[2,5,4,3] scales=[0.0078125]
      r = Activation(q; spec=leaky(0.3)) : s8[2,5,4,3] scales=[0.0078125]
      y = Dequantize(r)
      return y)"},
    {"sigmoid_s8_to_u8", R"(
      a = Input(shape=[2,5,4,3])
      q = Quantize(a) : s8[2,5,4,3] scales=[0.0078125]
      r = Activation(q; spec=sigmoid) : u8[2,5,4,3] scales=[0.0039]
      y = Dequantize(r)
      return y)"},
    {"tanh_s8", R"(
      a = Input(shape=[2,5,4,3])
      q = Quantize(a) : s8[2,5,4,3] scales=[0.0078125]
      r = Activation(q; spec=tanh) : s8[2,5,4,3] scales=[0.0079]
      y = Dequantize(r)
      return y)"},
    {"pad_u8", R"(
      a = Input(shape=[2,3,4,5])
      q = Quantize(a) : u8[2,3,4,5] scales=[0.00390625]
      p = Pad(q; padding=[1,2,3,0], value=0.5) : u8[2,3,8,7] scales=[0.00390625]
      y = Dequantize(p)
      return y)"},
    {"pad_s8_other_scale", R"(
      a = Input(shape=[2,16,4,5])
      q = Quantize(a) : s8[2,16,4,5] scales=[0.0078125]
      p = Pad(q; padding=[0,0,1,1]) : s8[2,16,5,6] scales=[0.0093]
      y = Dequantize(p)
      return y)"},
    {"identity_s8", R"(
      a = Input(shape=[2,3,4,5])
      q = Quantize(a) : s8[2,3,4,5] scales=[0.0078125]
      d = Dropout(q) : s8[2,3,4,5] scales=[0.0078125]
      i = Identity(d) : u8[2,3,4,5] scales=[0.0057]
      y = Dequantize(i)
      return y)"},
    {"residual_is_the_data_u8", R"(
      data = Input(shape=[2,16,6,6])
      q = Quantize(data) : u8[2,16,6,6] scales=[0.00390625]
      k = Constant() : s8[16,16,3,3] scales=[0.0007] values=random(1)
      c = Convolution(q, k, q; padding=[1,1,1,1], has_residual=true, activation=relu) : u8[2,16,6,6] scales=[0.0061]
      y = Dequantize(c)
      return y)"},
    {"residual_read_again_u8", R"(
      data = Input(shape=[2,16,6,6])
      q = Quantize(data) : u8[2,16,6,6] scales=[0.00390625]
      r = Pool(q; kernel=[3,3], padding=[1,1,1,1]) : u8[2,16,6,6] scales=[0.00390625]
      k = Constant() : s8[16,16,1,1] scales=[0.002] values=random(1)
      c = Convolution(q, k, r; has_residual=true, activation=relu) : u8[2,16,6,6] scales=[0.0061]
      y = Dequantize(c)
      again = Dequantize(r)
      return y, again)"},
    {"batch_norm_relu_quantized_to_u8", R"(
      data = Input(shape=[2,20,5,7])
      g = Constant() : f32[20] values=random(1,0.5,1.5)
      h = Constant() : f32[20] values=random(2,-0.5,0.5)
      m = Constant() : f32[20] values=random(3,-0.5,0.5)
      v = Constant() : f32[20] values=random(4,0.5,1.5)
      k = Constant() : f32[20,20,1,1] values=random(5,-0.3,0.3)
      x = Convolution(data, k)
      n = BatchNorm(x, g, h, m, v)
      r = Activation(n; spec=relu)
      q = Quantize(r) : u8[2,20,5,7] scales=[0.0071]
      w = Constant() : s8[8,20,1,1] scales=[0.002] values=random(6)
      c = Convolution(q, w)
      y = Add(c, c)
      return y)"},
    {"batch_norm_clip_quantized_to_s8", R"(
      data = Input(shape=[1,16,6,6])
      g = Constant() : f32[16] values=random(1,0.5,1.5)
      h = Constant() : f32[16] values=random(2,-0.5,0.5)
      m = Constant() : f32[16] values=random(3,-0.5,0.5)
      v = Constant() : f32[16] values=random(4,0.5,1.5)
      n = BatchNorm(data, g, h, m, v)
      r = Activation(n; spec=clip(-0.4,0.9))
      q = Quantize(r) : s8[1,16,6,6] scales=[0.0061]
      y = Dequantize(q)
      return y)"},
    {"batch_norm_read_twice", R"(
      data = Input(shape=[1,16,6,6])
      g = Constant() : f32[16] values=random(1,0.5,1.5)
      h = Constant() : f32[16] values=random(2,-0.5,0.5)
      m = Constant() : f32[16] values=random(3,-0.5,0.5)
      v = Constant() : f32[16] values=random(4,0.5,1.5)
      n = BatchNorm(data, g, h, m, v)
      r = Activation(n; spec=relu)
      q = Quantize(r) : u8[1,16,6,6] scales=[0.0061]
      a = Dequantize(q)
      b = Add(a, r)
      y = Add(b, n)
      return y)"},
    {"quantized_and_read_as_f32", R"(
      data = Input(shape=[1,16,6,6])
      q = Quantize(data) : s8[1,16,6,6] scales=[0.0078125]
      k = Constant() : s8[8,16,1,1] scales=[0.002] values=random(1)
      a = Convolution(q, k)
      real = Dequantize(q)
      w = Constant() : f32[8,16,1,1] values=random(2,-0.25,0.25)
      b = Convolution(real, w)
      y = Add(a, b; activation=relu)
      return y)"},
};

}  // namespace

std::vector<OpCase> quantized_cases() {
  std::vector<OpCase> cases;
  for (const Text& text : kTexts) {
    cases.push_back({std::string(text.name), parse_graph(text.graph)});
  }
  return cases;
}

}  // namespace qbench
