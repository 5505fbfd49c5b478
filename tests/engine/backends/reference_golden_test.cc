// Exact results worked out by hand: rounding, saturation and the order of operations.
#include <gmock/gmock.h>

#include <limits>

#include "engine/backends/reference/reference_backend.h"
#include "engine/graph/text.h"
#include "tests/engine/backends/case_runner.h"

namespace qbench {
namespace {

constexpr float kNoNumber = std::numeric_limits<float>::quiet_NaN();

struct Golden {
  std::string_view name;
  std::string_view graph;
  Values inputs;
  std::vector<float> expected;
};

void PrintTo(const Golden& golden, std::ostream* out) { *out << golden.name; }

std::vector<Golden> goldens() {
  return {
      {"quantize_rounds_half_to_even_and_saturates",
       R"(x = Input(shape=[1,8])
          q = Quantize(x) : s8[1,8] scales=[1]
          y = Dequantize(q)
          return y)",
       {{0.5F, 1.5F, 2.5F, -0.5F, -1.5F, 127.6F, -128.5F, -200}},
       {0, 2, 2, 0, -2, 127, -128, -128}},
      {"quantize_u8_has_no_negatives",
       R"(x = Input(shape=[1,5])
          q = Quantize(x) : u8[1,5] scales=[2]
          y = Dequantize(q)
          return y)",
       {{-6, 1, 3, 510, 600}},
       {0, 0, 4, 510, 510}},
      // Image 0 has scale 1, image 1 scale 2.
      {"dynamic_scales_are_of_the_image",
       R"(x = Input(shape=[2,3])
          q = Quantize(x) : s8[2,3] dynamic
          y = Dequantize(q)
          return y)",
       {{127, 1.4F, -127, 254, 3, -1}},
       {127, 1, -127, 254, 4, 0}},
      {"dynamic_u8_counts_negatives_in_the_range",
       R"(x = Input(shape=[1,2])
          q = Quantize(x) : u8[1,2] dynamic
          y = Dequantize(q)
          return y)",
       {{-255, 50.6F}},
       {0, 51}},
      {"dynamic_image_of_zeros",
       R"(x = Input(shape=[1,2])
          q = Quantize(x) : u8[1,2] dynamic
          w = Constant() : s8[1,2] scales=[1] values=[1,1]
          b = Constant() : f32[1] values=[3]
          y = FullyConnected(q, w, b; has_bias=true)
          return y)",
       {{0, 0}},
       {3}},
      // q = 2, -3; accumulators 6, -9 of 0.125 each; the bias is 4 accumulator units.
      {"convolution_to_f32",
       R"(x = Input(shape=[1,1,1,2])
          q = Quantize(x) : s8[1,1,1,2] scales=[0.5]
          w = Constant() : s8[1,1,1,1] scales=[0.25] axis=0 values=[3]
          b = Constant() : f32[1] values=[0.5]
          y = Convolution(q, w, b; has_bias=true)
          return y)",
       {{1, -1.5F}},
       {1.25F, -0.625F}},
      // 2.5 and -1.25 steps
      {"convolution_to_s8",
       R"(x = Input(shape=[1,1,1,2])
          q = Quantize(x) : s8[1,1,1,2] scales=[0.5]
          w = Constant() : s8[1,1,1,1] scales=[0.25] axis=0 values=[3]
          b = Constant() : f32[1] values=[0.5]
          c = Convolution(q, w, b; has_bias=true) : s8[1,1,1,2] scales=[0.5]
          y = Dequantize(c)
          return y)",
       {{1, -1.5F}},
       {1, -0.5F}},
      // Residual 2 and 8 steps of 0.25: the sums are 3.5 and 2.75 steps of 0.5, rounded once.
      {"convolution_adds_the_residual_before_rounding",
       R"(x = Input(shape=[1,1,1,2])
          r = Input(shape=[1,1,1,2])
          q = Quantize(x) : s8[1,1,1,2] scales=[0.5]
          qr = Quantize(r) : u8[1,1,1,2] scales=[0.25]
          w = Constant() : s8[1,1,1,1] scales=[0.25] axis=0 values=[3]
          b = Constant() : f32[1] values=[0.5]
          c = Convolution(q, w, b, qr; has_bias=true, has_residual=true) : s8[1,1,1,2] scales=[0.5]
          y = Dequantize(c)
          return y)",
       {{1, -1.5F}, {0.5F, 2}},
       {2, 1.5F}},
      // 12 and -9 units of 1, limits -3..10: 5 and -1.5 steps of 2.
      {"convolution_clips_in_real_units",
       R"(x = Input(shape=[1,1,1,2])
          q = Quantize(x) : s8[1,1,1,2] scales=[1]
          w = Constant() : s8[1,1,1,1] scales=[1] values=[3]
          c = Convolution(q, w; activation=clip(-3,10)) : s8[1,1,1,2] scales=[2]
          y = Dequantize(c)
          return y)",
       {{4, -3}},
       {10, -4}},
      // Each output channel has its own scale.
      {"weights_per_channel",
       R"(x = Input(shape=[1,2])
          q = Quantize(x) : u8[1,2] scales=[1]
          w = Constant() : s8[3,2] scales=[1,0.5,4] axis=0 values=[1,2,1,2,-128,127]
          y = FullyConnected(q, w)
          return y)",
       {{255, 1}},
       {257, 128.5F, -130052}},
      {"average_pool_rounds_half_to_even",
       R"(x = Input(shape=[1,2,1,2])
          q = Quantize(x) : u8[1,2,1,2] scales=[1]
          p = Pool(q; kind=average, global=true) : u8[1,2,1,1] scales=[1]
          y = Dequantize(p)
          return y)",
       {{1, 2, 2, 3}},
       {2, 2}},
      // The second window has one element of padding counted and one outside.
      {"average_pool_counts_padding_up_to_its_end",
       R"(x = Input(shape=[1,1,1,4])
          y = Pool(x; kind=average, kernel=[1,4], stride=[1,3], padding=[0,0,0,1], ceil_mode=true)
          return y)",
       {{1, 2, 3, 4}},
       {2.5F, 2}},
      {"average_pool_does_not_count_what_ceil_adds",
       R"(x = Input(shape=[1,1,1,4])
          y = Pool(x; kind=average, kernel=[1,3], stride=[1,2], ceil_mode=true)
          return y)",
       {{1, 2, 3, 4}},
       {2, 3.5F}},
      {"max_pool_ignores_padding",
       R"(x = Input(shape=[1,1,1,2])
          y = Pool(x; kernel=[1,2], padding=[0,1,0,1])
          return y)",
       {{-3, -1}},
       {-3, -1, -1}},
      // 3 of 1 are 1.5 of 2, 5 of 0.5 are 1.25 of 2.
      {"concat_rescales",
       R"(a = Input(shape=[1,1])
          b = Input(shape=[1,1])
          qa = Quantize(a) : s8[1,1] scales=[1]
          qb = Quantize(b) : u8[1,1] scales=[0.5]
          c = Concat(qa, qb) : s8[1,2] scales=[2]
          y = Dequantize(c)
          return y)",
       {{3}, {2.5F}},
       {4, 2}},
      // 3 + 0.5 and -7 + 0.5
      {"add_rounds_once",
       R"(a = Input(shape=[1,2])
          b = Input(shape=[1,2])
          qa = Quantize(a) : s8[1,2] scales=[1]
          qb = Quantize(b) : s8[1,2] scales=[0.5]
          c = Add(qa, qb; activation=leaky(0.5)) : s8[1,2] scales=[1]
          y = Dequantize(c)
          return y)",
       {{3, -7}, {0.5F, 0.5F}},
       {4, -3}},
      {"lrn",
       R"(x = Input(shape=[1,2,1,1])
          y = Lrn(x; size=3, alpha=3, beta=1, bias=3)
          return y)",
       {{1, 2}},
       {0.125F, 0.25F}},
      {"l2_norm_over_channels",
       R"(x = Input(shape=[1,2,1,2])
          y = L2Normalize(x; epsilon=0)
          return y)",
       {{3, 0, 4, 2}},
       {0.6F, 0, 0.8F, 1}},
      {"l2_norm_over_positions",
       R"(x = Input(shape=[1,2,1,2])
          y = L2Normalize(x; mode=spatial, epsilon=0)
          return y)",
       {{3, 4, 0, 2}},
       {0.6F, 0.8F, 0, 1}},
      {"l2_norm_over_the_image",
       R"(x = Input(shape=[1,2,1,2])
          y = L2Normalize(x; mode=instance, epsilon=7)
          return y)",
       {{1, 2, 2, 3}},
       {0.2F, 0.4F, 0.4F, 0.6F}},
      {"batch_norm",
       R"(x = Input(shape=[1,2])
          gamma = Constant() : f32[2] values=[2,3]
          beta = Constant() : f32[2] values=[1,-1]
          mean = Constant() : f32[2] values=[4,2]
          var = Constant() : f32[2] values=[3,8]
          y = BatchNorm(x, gamma, beta, mean, var; epsilon=1)
          return y)",
       {{6, 1}},
       {3, -2}},
      {"softmax_of_large_values",
       R"(x = Input(shape=[1,2])
          y = Softmax(x)
          return y)",
       {{1000, 1000}},
       {0.5F, 0.5F}},
      // Centres (0.25,0.5) and (0.75,0.5); the second size and the second ratio once each.
      {"default_boxes",
       R"(x = Input(shape=[1,1,1,2])
          y = MultiBoxPrior(x; sizes=[0.5,0.25], ratios=[1,4])
          return y)",
       {{0, 0}},
       {0.125F,  0.25F,  0.375F,  0.75F,   //
        0.1875F, 0.375F, 0.3125F, 0.625F,  //
        0,       0.375F, 0.5F,    0.625F,  //
        0.625F,  0.25F,  0.875F,  0.75F,   //
        0.6875F, 0.375F, 0.8125F, 0.625F,  //
        0.5F,    0.375F, 1,       0.625F}},
      {"default_boxes_placed_and_clipped",
       R"(x = Input(shape=[1,1,2,1])
          y = MultiBoxPrior(x; sizes=[0.5], step_y=0.25, step_x=0.5, offset_y=0.5, offset_x=1, clip=true)
          return y)",
       {{0, 0}},
       {0, 0, 1, 0.375F, 0, 0.125F, 1, 0.625F}},
      // Scores of the background, then of two classes. Anchors 0 and 3 are the same, of other
      // classes; 1 overlaps 0 by a third and has its class (the first of two equals); 2 scores less
      // than the threshold, 0.25.
      {"detection",
       R"(scores = Input(shape=[1,3,4])
          offsets = Constant() : f32[1,16] values=[0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0]
          anchors = Constant() : f32[1,4,4] values=[0,0,0.5,0.5,0.25,0,0.75,0.5,0,0.5,0.5,1,0,0,0.5,0.5]
          y = MultiBoxDetection(scores, offsets, anchors; threshold=0.25, nms_threshold=0.33)
          return y)",
       {{0.9F, 0.9F, 0.9F, 0.9F, 0.75F, 0.5F, 0.125F, 0.625F, 0.25F, 0.5F, 0.0625F, 0.875F}},
       {1,  0.875F, 0,     0,  0.5F,  0.5F,  //
        0,  0.75F,  0,     0,  0.5F,  0.5F,  //
        -1, 0.5F,   0.25F, 0,  0.75F, 0.5F,  //
        -1, -1,     -1,    -1, -1,    -1}},
      {"detection_less_overlap_than_the_threshold",
       R"(scores = Input(shape=[1,2,2])
          offsets = Constant() : f32[1,8] values=[0,0,0,0,0,0,0,0]
          anchors = Constant() : f32[1,2,4] values=[0,0,0.5,0.5,0.25,0,0.75,0.5]
          y = MultiBoxDetection(scores, offsets, anchors; nms_threshold=0.34)
          return y)",
       {{0, 0, 0.5F, 0.75F}},
       {0, 0.75F, 0.25F, 0, 0.75F, 0.5F, 0, 0.5F, 0, 0, 0.5F, 0.5F}},
      {"detection_suppresses_other_classes_when_forced",
       R"(scores = Input(shape=[1,3,4])
          offsets = Constant() : f32[1,16] values=[0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0]
          anchors = Constant() : f32[1,4,4] values=[0,0,0.5,0.5,0.25,0,0.75,0.5,0,0.5,0.5,1,0,0,0.5,0.5]
          y = MultiBoxDetection(scores, offsets, anchors; force_suppress=true, top_k=2)
          return y)",
       {{0.9F, 0.9F, 0.9F, 0.9F, 0.75F, 0.5F, 0.125F, 0.625F, 0.25F, 0.5F, 0.0625F, 0.875F}},
       {1,  0.875F, 0,  0,  0.5F, 0.5F,  //
        -1, 0.75F,  0,  0,  0.5F, 0.5F,  //
        -1, -1,     -1, -1, -1,   -1,    //
        -1, -1,     -1, -1, -1,   -1}},
      // Equal scores keep the order of their anchors. Boxes are moved by half and a quarter of
      // their size; the second leaves the image and is cut.
      {"detection_moves_and_clips",
       R"(scores = Input(shape=[1,2,2])
          offsets = Constant() : f32[1,8] values=[1,-1,0,0,2,0,0,0]
          anchors = Constant() : f32[1,2,4] values=[0.25,0.25,0.75,0.75,0.25,0.25,0.75,0.75]
          y = MultiBoxDetection(scores, offsets, anchors; variances=[0.5,0.25,1,1])
          return y)",
       {{0, 0, 0.5F, 0.5F}},
       {0, 0.5F, 0.5F, 0.125F, 1, 0.625F, 0, 0.5F, 0.75F, 0.25F, 1, 0.75F}},
      {"detection_ignores_what_is_no_number",
       R"(scores = Input(shape=[1,3,2])
          offsets = Constant() : f32[1,8] values=[0,0,0,0,0,0,0,0]
          anchors = Constant() : f32[1,2,4] values=[0,0,1,1,0,0,1,1]
          y = MultiBoxDetection(scores, offsets, anchors)
          return y)",
       {{0, 0, kNoNumber, kNoNumber, 0.5F, kNoNumber}},
       {1, 0.5F, 0, 0, 1, 1, -1, -1, -1, -1, -1, -1}},
      {"sigmoid_and_tanh_far_out",
       R"(x = Input(shape=[1,2])
          s = Activation(x; spec=sigmoid)
          t = Activation(x; spec=tanh)
          y = Concat(s, t)
          return y)",
       {{-1000, 1000}},
       {0, 1, -1, 1}},
  };
}

class ReferenceGolden : public ::testing::TestWithParam<Golden> {};

TEST_P(ReferenceGolden, IsExact) {
  const Graph graph = parse_graph(GetParam().graph);
  EXPECT_EQ(run_on(reference_backend(), graph, GetParam().inputs), Values{GetParam().expected});
}

INSTANTIATE_TEST_SUITE_P(All, ReferenceGolden, ::testing::ValuesIn(goldens()),
                         [](const auto& param_info) { return std::string(param_info.param.name); });

}  // namespace
}  // namespace qbench
