// Import rules of single-shot detectors: default boxes, and what becomes of the scores.

#include <fmt/format.h>

#include <optional>

#include "engine/core/error.h"
#include "engine/formats/importer.h"

namespace qbench {
namespace {

// The numbers of an attribute; `fallback` without it.
std::vector<float> numbers(const Attributes& attributes, std::string_view key,
                           std::vector<float> fallback) {
  return attributes.has(key) ? attributes.numbers(key) : std::move(fallback);
}

struct Pair {
  float y;
  float x;
};

Pair pair_from(const Attributes& attributes, std::string_view key, float fallback) {
  const std::vector<float> pair = numbers(attributes, key, {fallback, fallback});
  if (pair.size() == 2) return {pair[0], pair[1]};
  throw Error(fmt::format("attribute '{}' is {}, expected two numbers", key, tuple_text(pair)));
}

NodeId import_multi_box_prior(OperatorImport& node) {
  const Attributes& attributes = node.attributes;
  const Pair step = pair_from(attributes, "steps", -1);
  const Pair offset = pair_from(attributes, "offsets", 0.5F);
  MultiBoxPrior op{.sizes = numbers(attributes, "sizes", {1}),
                   .ratios = numbers(attributes, "ratios", {1}),
                   .step_y = step.y,
                   .step_x = step.x,
                   .offset_y = offset.y,
                   .offset_x = offset.x,
                   .clip = attributes.flag("clip", false)};
  const NodeId data = node.data(0);
  return node.add(std::move(op), {data});
}

NodeId import_multi_box_detection(OperatorImport& node) {
  const Attributes& attributes = node.attributes;
  if (attributes.integer("background_id", 0) != 0) {
    throw Error(fmt::format("attribute 'background_id' is {}, supported is 0",
                            attributes.text("background_id", "0")),
                ErrorKind::unsupported);
  }
  MultiBoxDetection op;
  op.clip = attributes.flag("clip", op.clip);
  op.threshold = attributes.number("threshold", op.threshold);
  op.nms_threshold = attributes.number("nms_threshold", op.nms_threshold);
  op.force_suppress = attributes.flag("force_suppress", op.force_suppress);
  op.top_k = attributes.integer("nms_topk", op.top_k);
  op.variances = numbers(attributes, "variances", op.variances);
  const NodeId scores = node.data(0);
  const NodeId offsets = node.data(1);
  const NodeId anchors = node.data(2);
  return node.add(std::move(op), {scores, offsets, anchors});
}

constexpr OperatorRule kRules[] = {
    {"MultiBoxDetection", import_multi_box_detection},
    {"MultiBoxPrior", import_multi_box_prior},
    {"_contrib_MultiBoxDetection", import_multi_box_detection},
    {"_contrib_MultiBoxPrior", import_multi_box_prior},
};

}  // namespace

std::span<const OperatorRule> detection_rules() { return kRules; }

}  // namespace qbench
