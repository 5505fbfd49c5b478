// Single-shot detectors, as they are deployed and as they are saved in training.
#include <gmock/gmock.h>

#include "engine/graph/text.h"
#include "tests/engine/formats/testing.h"

namespace qbench {
namespace {

using ::testing::HasSubstr;
using testing::message_of;
using testing::Net;

using Entries = std::vector<SymbolEntry>;

// Class scores [1,3,36], box offsets [1,144] and the anchors of data [1,4,6,6].
struct Heads {
  SymbolEntry scores;
  SymbolEntry offsets;
  SymbolEntry anchors;
};

SymbolEntry head(Net& net, const std::string& name, const std::string& filters) {
  const SymbolEntry conv = net.node("Convolution", name + "_pred_conv",
                                    {{"kernel", "(1, 1)"}, {"num_filter", filters}}, {{0, 0}});
  const SymbolEntry moved = net.node("transpose", name + "_t", {{"axes", "(0,2,3,1)"}}, {conv});
  return net.node("Flatten", name + "_flat", {}, {moved});
}

Heads heads_of(Net& net) {
  const SymbolEntry data = net.variable("data");
  const SymbolEntry offsets = head(net, "loc", "4");
  const SymbolEntry shaped =
      net.node("Reshape", "shaped", {{"shape", "(0, -1, 3)"}}, {head(net, "cls", "3")});
  const SymbolEntry scores =
      net.node("transpose", "multibox_cls_pred", {{"axes", "(0, 2, 1)"}}, {shaped});
  const SymbolEntry anchors =
      net.node("_contrib_MultiBoxPrior", "anchors", {{"sizes", "(0.5,)"}}, {data});
  return {scores, offsets, anchors};
}

const SymbolAttributes kDetection = {{"background_id", "0"},     {"clip", "False"},
                                     {"force_suppress", "True"}, {"nms_threshold", "0.45"},
                                     {"nms_topk", "400"},        {"threshold", "0.02"},
                                     {"variances", "(1,2,3,4)"}};

Net deployed(const std::string& op, const SymbolAttributes& attributes) {
  Net net;
  const Heads heads = heads_of(net);
  const SymbolEntry scores =
      net.node("SoftmaxActivation", "cls_prob", {{"mode", "channel"}}, {heads.scores});
  net.node(op, "detection", attributes, {scores, heads.offsets, heads.anchors});
  return net;
}

TEST(DetectionImport, BothSpellingsWithTheirDefaults) {
  for (const std::string op : {"MultiBoxDetection", "_contrib_MultiBoxDetection"}) {
    EXPECT_THAT(print_graph(deployed(op, {}).import_random(1)),
                HasSubstr("detection = MultiBoxDetection(cls_prob, loc_flat, anchors) : "
                          "f32[1,36,6]\nreturn detection\n"));
  }
  EXPECT_THAT(print_graph(deployed("MultiBoxDetection", kDetection).import_random(1)),
              HasSubstr("; clip=false, threshold=0.02, nms_threshold=0.45, force_suppress=true, "
                        "top_k=400, variances=[1,2,3,4])"));
}

TEST(DetectionImport, OtherAttributesAndInputsAreRefused) {
  const struct {
    SymbolAttributes attributes;
    const char* expected;
  } cases[] = {
      {{{"background_id", "-1"}}, "attribute 'background_id' is -1, supported is 0"},
      {{{"nms_topk", "many"}}, "attribute 'nms_topk' is 'many'"},
      {{{"threshold", "nan"}}, "attribute 'threshold' is 'nan'"},
      {{{"variances", "(0.1, 0.2)"}}, "2 variances, expected 4"},
  };
  for (const auto& c : cases) {
    const Net net = deployed("MultiBoxDetection", c.attributes);
    EXPECT_THAT(message_of([&] { net.import_random(1); }), HasSubstr(c.expected));
  }
  Net two;
  const Heads heads = heads_of(two);
  two.node("MultiBoxDetection", "detection", {}, {heads.scores, heads.offsets});
  EXPECT_THAT(message_of([&] { two.import_random(1); }), HasSubstr("2 inputs, expected 3"));
}

// The outputs of a network while it is trained: scores, two losses, detections.
Net trained() {
  Net net;
  const Heads heads = heads_of(net);
  const SymbolEntry label = net.variable("label");
  const SymbolEntry target = net.node("_contrib_MultiBoxTarget", "multibox_target", {},
                                      {heads.anchors, label, heads.scores});
  const SymbolEntry offset_mask{target.node, 1};
  const SymbolEntry class_target{target.node, 2};
  const SymbolEntry scores =
      net.node("SoftmaxOutput", "cls_prob", {{"multi_output", "True"}, {"use_ignore", "True"}},
               {heads.scores, class_target});
  const SymbolEntry error = net.node("elemwise_sub", "_minus0", {}, {heads.offsets, target});
  const SymbolEntry masked = net.node("elemwise_mul", "_mul0", {}, {offset_mask, error});
  const SymbolEntry smooth = net.node("smooth_l1", "loc_loss_", {{"scalar", "1"}}, {masked});
  const SymbolEntry loss = net.node("MakeLoss", "loc_loss", {}, {smooth});
  const SymbolEntry classes = net.node("MakeLoss", "cls_label", {}, {class_target});
  const SymbolEntry found = net.node("_contrib_MultiBoxDetection", "detection", kDetection,
                                     {scores, heads.offsets, heads.anchors});
  const SymbolEntry out = net.node("MakeLoss", "det_out", {{"grad_scale", "0"}}, {found});
  net.symbol.heads = {scores, loss, classes, out};
  return net;
}

TEST(DetectionImport, OfATrainedDetectorTheDetectionsAreKept) {
  const Graph graph = trained().import_random(1);
  EXPECT_EQ(
      print_graph(graph), print_graph([] {
        Net net;
        const Heads heads = heads_of(net);
        const SymbolEntry scores = net.node("softmax", "cls_prob", {{"axis", "1"}}, {heads.scores});
        net.node("MultiBoxDetection", "detection", kDetection,
                 {scores, heads.offsets, heads.anchors});
        return net;
      }()
                                          .import_random(1)));
}

TEST(DetectionImport, HeadsThatAreNoLossesAreAllKept) {
  Net net = deployed("MultiBoxDetection", {});
  const auto last = static_cast<std::int32_t>(net.symbol.nodes.size()) - 1;
  net.symbol.heads = {{last - 1, 0}, {last, 0}};
  EXPECT_THAT(print_graph(net.import_random(1)), HasSubstr("return cls_prob, detection\n"));
  net.node("MakeLoss", "loss", {}, {{0, 0}});
  net.symbol.heads = {{last + 1, 0}, {last - 1, 0}};  // a loss, but nothing detected
  EXPECT_THAT(print_graph(net.import_random(1)), HasSubstr("return loss, cls_prob\n"));
}

TEST(DetectionImport, WhatNoHeadNeedsIsNotLookedAt) {
  Net net = trained();
  net.symbol.heads = {net.symbol.heads[1]};  // the loss alone: now its operators matter
  EXPECT_THAT(message_of([&] { net.import_random(1); }),
              HasSubstr("operator '_contrib_MultiBoxTarget' is not supported"));
}

}  // namespace
}  // namespace qbench
