// SSD on a reduced VGG-16, as MXNet's SSD example deploys it. (Liu et al., SSD: Single Shot
// MultiBox Detector.)

#include <fmt/format.h>

#include <algorithm>

#include "engine/zoo/networks.h"

namespace qbench {
namespace {

NodeId conv_relu(NetworkBuilder& b, const std::string& conv, std::string relu, NodeId data,
                 ConvSpec spec) {
  spec.bias = true;
  return b.relu(std::move(relu), b.convolution(module_layer(conv), data, spec));
}

ConvSpec three(std::int64_t filters) {
  return {.filters = filters, .kernel = square(3), .padding = around(1)};
}

NodeId vgg_stage(NetworkBuilder& b, int stage, int layers, std::int64_t filters, NodeId x) {
  for (int i = 1; i <= layers; ++i) {
    const std::string number = fmt::format("{}_{}", stage, i);
    x = conv_relu(b, "conv" + number, "relu" + number, x, three(b.channels(filters)));
  }
  return x;
}

struct Extra {  // 1x1, then 3x3
  std::int64_t reduced;
  std::int64_t filters;
  std::int64_t stride;
  std::int64_t margin;

  // Whether a feature map of this side becomes a smaller one.
  bool fits(std::int64_t side) const {
    const std::int64_t room = side + 2 * margin - 3;
    return room >= 0 && room / stride + 1 < side;
  }
};

constexpr Extra kExtras[] = {
    {256, 512, 2, 1}, {128, 256, 2, 1}, {128, 256, 1, 0}, {128, 256, 1, 0}};

NodeId extra_layer(NetworkBuilder& b, int number, const Extra& extra, NodeId x) {
  const std::string name = fmt::format("multi_feat_{}_conv_", number);
  x = conv_relu(b, name + "1x1_conv", name + "1x1_relu", x, {.filters = b.channels(extra.reduced)});
  return conv_relu(b, name + "3x3_conv", name + "3x3_relu", x,
                   {.filters = b.channels(extra.filters),
                    .kernel = square(3),
                    .stride = square(extra.stride),
                    .padding = around(extra.margin)});
}

// Each feature map's default boxes. Steps are pixels of the documented image.
struct Boxes {
  std::vector<float> sizes;
  std::vector<float> ratios;
  float step;
};

const std::vector<Boxes>& documented_boxes() {
  static const std::vector<float> kFew{1, 2, 0.5F};
  static const std::vector<float> kMany{1, 2, 0.5F, 3, 1.0F / 3};
  static const std::vector<Boxes> kBoxes = {
      {{0.1F, 0.141F}, kFew, 8},    {{0.2F, 0.272F}, kMany, 16}, {{0.37F, 0.447F}, kMany, 32},
      {{0.54F, 0.619F}, kMany, 64}, {{0.71F, 0.79F}, kFew, 100}, {{0.88F, 0.961F}, kFew, 300}};
  return kBoxes;
}

MultiBoxPrior prior(const Boxes& boxes, const Shape& image) {
  constexpr std::int64_t kSide = 300;
  MultiBoxPrior op;
  op.sizes = boxes.sizes;
  op.ratios = boxes.ratios;
  if (image[1] == kSide && image[2] == kSide) op.step_y = op.step_x = boxes.step / kSide;
  return op;
}

// The ends of the detector: predictions and boxes of every feature map, joined.
class Head {
 public:
  Head(NetworkBuilder& b, const Shape& image) : b_(b), image_(image) {}

  void add(const std::string& name, NodeId features, const Boxes& boxes) {
    const auto count = static_cast<std::int64_t>(boxes.sizes.size() + boxes.ratios.size() - 1);
    offsets_.push_back(predictions(name + "_loc_pred_conv", features, count * 4));
    scores_.push_back(predictions(name + "_cls_pred_conv", features, count * (b_.classes() + 1)));
    const NodeId anchors = b_.apply(name + "_anchors", prior(boxes, image_), {features});
    anchors_.push_back(b_.flatten(next_flatten(), anchors));
  }

  NodeId detections() {
    const NodeId offsets = b_.concat("multibox_loc_pred", offsets_);
    NodeId scores = b_.concat("concat0", scores_);
    scores = b_.apply("reshape0", Reshape{{0, -1, b_.classes() + 1}}, {scores});
    scores = b_.apply("multibox_cls_pred", Transpose{{0, 2, 1}}, {scores});
    scores = b_.apply("cls_prob", Softmax{1}, {scores});
    NodeId anchors = b_.concat("concat1", anchors_);
    anchors = b_.apply("multibox_anchors", Reshape{{0, -1, 4}}, {anchors});
    MultiBoxDetection op;
    op.nms_threshold = 0.45F;
    op.top_k = 400;
    return b_.apply("detection", op, {scores, offsets, anchors});
  }

 private:
  // Position by position, as [N, positions * channels].
  NodeId predictions(const std::string& name, NodeId features, std::int64_t channels) {
    ConvSpec spec = three(channels);
    spec.bias = true;
    spec.pairs = false;
    NodeId x = b_.convolution(module_layer(name), features, spec);
    x = b_.apply(fmt::format("transpose{}", transposes_++), Transpose{{0, 2, 3, 1}}, {x});
    return b_.flatten(next_flatten(), x);
  }

  // flatten0 was the classifier's that the detector does without.
  std::string next_flatten() { return fmt::format("flatten{}", ++flattens_); }

  NetworkBuilder& b_;
  Shape image_;
  int transposes_ = 0;
  int flattens_ = 0;
  std::vector<NodeId> offsets_;
  std::vector<NodeId> scores_;
  std::vector<NodeId> anchors_;
};

NodeId halve(NetworkBuilder& b, const std::string& name, NodeId data, bool round_up = false) {
  Pool pool = max_window(2, 2);
  pool.ceil_mode = round_up;
  return b.pool(name, data, pool);
}

}  // namespace

NodeId ssd_vgg16_reduced(NetworkBuilder& b) {
  const NodeId data = b.input();
  const std::vector<std::int64_t> dims = b.shape(data).dims();
  Head head(b, Shape({dims.begin() + 1, dims.end()}));
  NodeId x = halve(b, "pool1", vgg_stage(b, 1, 2, 64, data));
  x = halve(b, "pool2", vgg_stage(b, 2, 2, 128, x));
  x = halve(b, "pool3", vgg_stage(b, 3, 3, 256, x), true);
  const NodeId relu4_3 = vgg_stage(b, 4, 3, 512, x);
  x = vgg_stage(b, 5, 3, 512, halve(b, "pool4", relu4_3));
  x = b.pool("pool5", x, max_window(3, 1, 1));
  ConvSpec dilated{.filters = b.channels(1024), .kernel = square(3), .padding = around(6)};
  dilated.dilation = square(6);
  x = conv_relu(b, "fc6", "relu6", x, dilated);
  x = conv_relu(b, "fc7", "relu7", x, {.filters = b.channels(1024)});

  const std::vector<Boxes>& boxes = documented_boxes();
  head.add("relu4_3", b.scaled_l2_normalize("relu4_3", relu4_3, 20), boxes[0]);
  head.add("relu7", x, boxes[1]);
  for (int number = 2; const Extra& extra : kExtras) {
    if (!extra.fits(std::min(b.shape(x)[2], b.shape(x)[3]))) break;
    x = extra_layer(b, number, extra, x);
    head.add(fmt::format("multi_feat_{}_conv_3x3_relu", number), x,
             boxes[static_cast<std::size_t>(number)]);
    ++number;
  }
  return head.detections();
}

}  // namespace qbench
