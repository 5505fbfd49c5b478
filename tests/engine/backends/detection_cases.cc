// The operators of single-shot detectors, alone and at the end of a small one.
#include "engine/graph/text.h"
#include "tests/engine/backends/op_cases.h"

namespace qbench {
namespace {

struct Text {
  std::string_view name;
  std::string_view graph;
};

constexpr Text kTexts[] = {
    {"prior", R"(
      data = Input(shape=[1,3,4,5])
      y = MultiBoxPrior(data; sizes=[0.3,0.5], ratios=[1,2,0.5])
      return y)"},
    {"prior_placed_and_clipped", R"(
      data = Input(shape=[1,3,4,5])
      y = MultiBoxPrior(data; sizes=[0.3], ratios=[2,0.3], step_y=0.3, step_x=0.15, offset_y=0.25, offset_x=0.75, clip=true)
      return y)"},
    {"prior_of_integers", R"(
      data = Input(shape=[1,3,4,5])
      q = Quantize(data) : s8[1,3,4,5] scales=[0.01]
      y = MultiBoxPrior(q; ratios=[1,4])
      return y)"},
    // By class, as many anchors as several tiles; ties among scores.
    {"detection", R"(
      features = Input(shape=[3,2,12,13])
      scores = Input(shape=[3,4,468])
      offsets = Input(shape=[3,1872])
      anchors = MultiBoxPrior(features; sizes=[0.3,0.5], ratios=[1,2])
      y = MultiBoxDetection(scores, offsets, anchors; threshold=0.7, nms_threshold=0.4321)
      return y)"},
    {"detection_by_anchor", R"(
      features = Input(shape=[2,2,5,6])
      by_anchor = Input(shape=[2,60,41])
      scores = Transpose(by_anchor; permutation=[0,2,1])
      offsets = Input(shape=[2,60,4])
      anchors = MultiBoxPrior(features; sizes=[0.3,0.5])
      y = MultiBoxDetection(scores, offsets, anchors; clip=false, threshold=0.9, nms_threshold=0.2345, variances=[0.5,0.25,0.75,1])
      return y)"},
    {"detection_few_classes_by_anchor", R"(
      by_anchor = Input(shape=[1,60,3])
      scores = Transpose(by_anchor; permutation=[0,2,1])
      offsets = Input(shape=[1,240])
      features = Input(shape=[1,2,5,6])
      anchors = MultiBoxPrior(features; sizes=[0.3,0.5])
      y = MultiBoxDetection(scores, offsets, anchors; threshold=-0.5, nms_threshold=0.1234, force_suppress=true)
      return y)"},
    {"detection_top_k", R"(
      features = Input(shape=[2,2,8,8])
      scores = Input(shape=[2,3,64])
      offsets = Input(shape=[2,256])
      anchors = MultiBoxPrior(features; sizes=[0.4])
      y = MultiBoxDetection(scores, offsets, anchors; threshold=0, nms_threshold=0.3456, top_k=10)
      return y)"},
    {"detection_of_nothing", R"(
      features = Input(shape=[1,2,4,4])
      scores = Input(shape=[1,2,16])
      offsets = Input(shape=[1,64])
      anchors = MultiBoxPrior(features)
      y = MultiBoxDetection(scores, offsets, anchors; threshold=2)
      return y)"},
    {"detection_read_again", R"(
      features = Input(shape=[1,2,4,4])
      scores = Input(shape=[1,3,16])
      offsets = Input(shape=[1,64])
      probability = Softmax(scores)
      anchors = MultiBoxPrior(features; sizes=[0.4])
      found = MultiBoxDetection(probability, offsets, anchors; threshold=0.4, nms_threshold=0.3456)
      y = Activation(found; spec=relu)
      return y, probability, found, anchors)"},
    {"detector_heads", R"(
      data = Input(shape=[2,16,6,7])
      lw = Constant() : f32[8,16,3,3] values=random(1,-0.2,0.2)
      cw = Constant() : f32[10,16,3,3] values=random(2,-0.2,0.2)
      loc = Convolution(data, lw; padding=[1,1,1,1])
      cls = Convolution(data, cw; padding=[1,1,1,1])
      lt = Transpose(loc; permutation=[0,2,3,1])
      ct = Transpose(cls; permutation=[0,2,3,1])
      offsets = Flatten(lt)
      flat = Flatten(ct)
      shaped = Reshape(flat; dims=[0,-1,5])
      logits = Transpose(shaped; permutation=[0,2,1])
      scores = Softmax(logits)
      anchors = MultiBoxPrior(data; sizes=[0.3,0.5])
      y = MultiBoxDetection(scores, offsets, anchors; threshold=0.3, nms_threshold=0.45)
      return y, scores)"},
};

}  // namespace

std::vector<OpCase> detection_cases() {
  std::vector<OpCase> cases;
  for (const Text& text : kTexts) {
    cases.push_back({std::string(text.name), parse_graph(text.graph), {-1, 1}});
  }
  return cases;
}

}  // namespace qbench
