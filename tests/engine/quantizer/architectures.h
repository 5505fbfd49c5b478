// The building blocks of the documented networks, as they are after the FP32 passes.
#pragma once

#include <string_view>

namespace qbench {

inline constexpr std::string_view kFire = R"(
  data = Input(shape=[1,3,9,9])
  w0 = Constant() : f32[4,3,3,3] values=random(1)
  conv0 = Convolution(data, w0; stride=[2,2], padding=[1,1,1,1], activation=relu)
  pool0 = Pool(conv0; kernel=[3,3], stride=[2,2])
  w1 = Constant() : f32[2,4,1,1] values=random(2)
  squeeze = Convolution(pool0, w1; activation=relu)
  w2 = Constant() : f32[4,2,1,1] values=random(3)
  expand1 = Convolution(squeeze, w2; activation=relu)
  w3 = Constant() : f32[4,2,3,3] values=random(4)
  expand3 = Convolution(squeeze, w3; padding=[1,1,1,1], activation=relu)
  join = Concat(expand1, expand3)
  pool1 = Pool(join; kernel=[2,2], stride=[2,2])
  w4 = Constant() : f32[10,8,1,1] values=random(5)
  b4 = Constant() : f32[10] values=random(6)
  conv10 = Convolution(pool1, w4, b4; has_bias=true, activation=relu)
  pool2 = Pool(conv10; kind=average, global=true)
  flat = Flatten(pool2)
  softmax = Softmax(flat)
  return softmax
)";

inline constexpr std::string_view kResNetV1 = R"(
  data = Input(shape=[1,4,8,8])
  w = Constant() : f32[4,4,3,3] values=random(1)
  stem = Convolution(data, w; padding=[1,1,1,1], activation=relu)
  w0 = Constant() : f32[2,4,1,1] values=random(2)
  w1 = Constant() : f32[2,2,3,3] values=random(3)
  w2 = Constant() : f32[8,2,1,1] values=random(4)
  w3 = Constant() : f32[8,4,1,1] values=random(5)
  shortcut = Convolution(stem, w3; stride=[2,2])
  conv0 = Convolution(stem, w0; stride=[2,2], activation=relu)
  conv1 = Convolution(conv0, w1; padding=[1,1,1,1], activation=relu)
  conv2 = Convolution(conv1, w2, shortcut; has_residual=true, activation=relu)
  w4 = Constant() : f32[8,8,3,3] values=random(6)
  conv3 = Convolution(conv2, w4, conv2; padding=[1,1,1,1], has_residual=true, activation=relu)
  pool = Pool(conv3; kind=average, global=true)
  wf = Constant() : f32[5,8] values=random(7)
  bf = Constant() : f32[5] values=random(8)
  fc = FullyConnected(pool, wf, bf; has_bias=true)
  return fc
)";

inline constexpr std::string_view kResNetV2 = R"(
  data = Input(shape=[1,4,8,8])
  g = Constant() : f32[4] values=random(1,0.5,2)
  b = Constant() : f32[4] values=random(2)
  w0 = Constant() : f32[4,4,3,3] values=random(3)
  w1 = Constant() : f32[4,4,1,1] values=random(4)
  conv0 = Convolution(data, w0; padding=[1,1,1,1])
  bn1 = BatchNorm(conv0, g, b, b, g)
  relu1 = Activation(bn1; spec=relu)
  conv1 = Convolution(relu1, w0; padding=[1,1,1,1], activation=relu)
  conv2 = Convolution(conv1, w1, conv0; has_residual=true)
  bn2 = BatchNorm(conv2, g, b, b, g)
  relu2 = Activation(bn2; spec=relu)
  conv3 = Convolution(relu2, w1, conv2; has_residual=true)
  bn3 = BatchNorm(conv3, g, b, b, g)
  relu3 = Activation(bn3; spec=relu)
  pool = Pool(relu3; kind=average, global=true)
  wf = Constant() : f32[5,4] values=random(5)
  fc = FullyConnected(pool, wf)
  return fc
)";

inline constexpr std::string_view kMobileNet = R"(
  data = Input(shape=[1,3,8,8])
  w0 = Constant() : f32[4,3,3,3] values=random(1)
  conv0 = Convolution(data, w0; stride=[2,2], padding=[0,0,1,1], activation=clip(0,6))
  w1 = Constant() : f32[4,1,3,3] values=random(2)
  depthwise = Convolution(conv0, w1; padding=[1,1,1,1], groups=4, activation=clip(0,6))
  w2 = Constant() : f32[8,4,1,1] values=random(3)
  linear = Convolution(depthwise, w2)
  w3 = Constant() : f32[8,8,1,1] values=random(4)
  pointwise = Convolution(linear, w3; activation=clip(0,6))
  pool = Pool(pointwise; kind=average, global=true)
  wf = Constant() : f32[5,8] values=random(5)
  fc = FullyConnected(pool, wf)
  softmax = Softmax(fc)
  return softmax
)";

// The last block's pooling branch joins the values of a concatenation that others read as well.
inline constexpr std::string_view kInception = R"(
  data = Input(shape=[1,3,8,8])
  w0 = Constant() : f32[4,3,1,1] values=random(1)
  stem = Convolution(data, w0; activation=relu)
  w1 = Constant() : f32[2,4,1,1] values=random(2)
  a1 = Convolution(stem, w1; activation=relu)
  w2 = Constant() : f32[3,4,3,3] values=random(3)
  a3 = Convolution(stem, w2; padding=[1,1,1,1], activation=relu)
  average = Pool(stem; kind=average, kernel=[3,3], padding=[1,1,1,1])
  w3 = Constant() : f32[2,4,1,1] values=random(4)
  projection = Convolution(average, w3; activation=relu)
  join_a = Concat(a1, a3, projection)
  w4 = Constant() : f32[3,7,3,3] values=random(5)
  b3 = Convolution(join_a, w4; stride=[2,2], padding=[1,1,1,1], activation=relu)
  pool_b = Pool(join_a; kernel=[3,3], stride=[2,2], padding=[1,1,1,1])
  join_b = Concat(b3, pool_b)
  w5 = Constant() : f32[6,10,1,1] values=random(6)
  last = Convolution(join_b, w5; activation=relu)
  return last
)";

// Two feature maps; the first is normalized for its heads alone. Scores are an output because boxes
// are sorted by them, which makes errors in boxes no measure of anything.
inline constexpr std::string_view kSsd = R"(
  data = Input(shape=[1,3,8,8])
  w0 = Constant() : f32[4,3,3,3] values=random(1)
  conv0 = Convolution(data, w0; padding=[1,1,1,1], activation=relu)
  norm = L2Normalize(conv0)
  factor = Constant() : f32[1,4,1,1] values=[20,20,20,20]
  scaled = Multiply(norm, factor)
  w1 = Constant() : f32[4,4,3,3] values=random(2)
  loc0 = Convolution(scaled, w1; padding=[1,1,1,1])
  loc0_t = Transpose(loc0; permutation=[0,2,3,1])
  loc0_flat = Flatten(loc0_t)
  w2 = Constant() : f32[3,4,3,3] values=random(3)
  cls0 = Convolution(scaled, w2; padding=[1,1,1,1])
  cls0_t = Transpose(cls0; permutation=[0,2,3,1])
  cls0_flat = Flatten(cls0_t)
  pool = Pool(conv0; kernel=[2,2], stride=[2,2])
  w3 = Constant() : f32[4,4,3,3] values=random(4)
  conv1 = Convolution(pool, w3; padding=[2,2,2,2], dilation=[2,2], activation=relu)
  loc1 = Convolution(conv1, w1; padding=[1,1,1,1])
  loc1_t = Transpose(loc1; permutation=[0,2,3,1])
  loc1_flat = Flatten(loc1_t)
  cls1 = Convolution(conv1, w2; padding=[1,1,1,1])
  cls1_t = Transpose(cls1; permutation=[0,2,3,1])
  cls1_flat = Flatten(cls1_t)
  loc = Concat(loc0_flat, loc1_flat)
  cls = Concat(cls0_flat, cls1_flat)
  cls_by_anchor = Reshape(cls; dims=[0,-1,3])
  cls_by_class = Transpose(cls_by_anchor; permutation=[0,2,1])
  prob = Softmax(cls_by_class; axis=1)
  anchors = Constant() : f32[1,80,4] values=random(5,0,1)
  detection = MultiBoxDetection(prob, loc, anchors)
  return prob, detection
)";

}  // namespace qbench
