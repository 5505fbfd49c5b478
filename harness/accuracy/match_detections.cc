#include "harness/accuracy/match_detections.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <map>
#include <optional>
#include <set>

#include "engine/core/error.h"
#include "reports/record/average_precision.h"

namespace qbench {
namespace {

constexpr std::size_t kRow = 6;
constexpr std::size_t kCocoBest = 100;    // of a class in an image
constexpr float kLargestClass = 1 << 24;  // exact in a float
constexpr std::uint16_t kEveryThreshold = (1U << kCocoThresholds) - 1;

struct Corners {
  float xmin, ymin, xmax, ymax;
};

// Intersection over union, in the arithmetic of MXNet.
float voc_overlap(const Corners& a, const GroundTruthBox& b) {
  const float width = std::min(a.xmax, b.xmax) - std::max(a.xmin, b.xmin);
  const float height = std::min(a.ymax, b.ymax) - std::max(a.ymin, b.ymin);
  const float common = std::max(width, 0.0F) * std::max(height, 0.0F);
  const float all =
      (a.xmax - a.xmin) * (a.ymax - a.ymin) + (b.xmax - b.xmin) * (b.ymax - b.ymin) - common;
  return all < 1e-12F ? 0 : common / all;
}

// The same in that of pycocotools; with a crowd, the share of the detection that lies in it.
double coco_overlap(const Corners& a, const GroundTruthBox& b) {
  const auto length = [](float from, float to) {
    return static_cast<double>(to) - static_cast<double>(from);
  };
  const double width = length(std::max(a.xmin, b.xmin), std::min(a.xmax, b.xmax));
  const double height = length(std::max(a.ymin, b.ymin), std::min(a.ymax, b.ymax));
  if (width <= 0 || height <= 0) return 0;
  const double common = width * height;
  const double own = length(a.xmin, a.xmax) * length(a.ymin, a.ymax);
  if (b.crowd) return common / own;
  return common / (own + length(b.xmin, b.xmax) * length(b.ymin, b.ymax) - common);
}

// Whether the box is one to be found for VOC: MXNet's reader drops those without area, and knows no
// crowds.
bool is_voc_object(const GroundTruthBox& box) { return box.has_area() && !box.crowd; }

// Detections and boxes of one class in one image.
struct ClassInImage {
  std::vector<Detection*> detections;  // of `result`
  std::vector<Corners> corners;        // theirs
  std::vector<const GroundTruthBox*> boxes;

  // Best score first; equal ones as they come, or the other way round.
  std::vector<std::size_t> by_score(bool reversed) const {
    std::vector<std::size_t> order(detections.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    if (reversed) std::ranges::reverse(order);
    std::ranges::stable_sort(order, [this](std::size_t a, std::size_t b) {
      return detections[a]->score > detections[b]->score;
    });
    return order;
  }
};

class Matcher {
 public:
  Matcher(ClassInImage& c, const DetectionOptions& options) : class_(c), options_(options) {}

  void match_voc() {
    std::vector<bool> taken(class_.boxes.size());
    for (const std::size_t d : class_.by_score(true)) {
      Detection& detection = *class_.detections[d];
      detection.voc = Detection::Outcome::miss;
      std::size_t best = 0;
      float most = -1;
      for (std::size_t b = 0; b < class_.boxes.size(); ++b) {
        const float iou = voc_overlap(class_.corners[d], *class_.boxes[b]);
        if (class_.boxes[b]->has_area() && iou > most) most = iou, best = b;
      }
      if (most <= options_.overlap) continue;
      if (ignored(*class_.boxes[best])) {
        detection.voc = Detection::Outcome::ignored;
      } else if (!taken[best]) {
        detection.voc = Detection::Outcome::hit;
        taken[best] = true;
      }
    }
  }

  void match_coco() {
    const std::vector<std::size_t> order = class_.by_score(false);
    const std::size_t boxes = class_.boxes.size();
    std::vector<double> ious(order.size() * boxes);
    for (std::size_t i = 0; i < order.size(); ++i) {
      for (std::size_t b = 0; b < boxes; ++b) {
        ious[i * boxes + b] = coco_overlap(class_.corners[order[i]], *class_.boxes[b]);
      }
    }
    for (std::size_t i = kCocoBest; i < order.size(); ++i) {
      class_.detections[order[i]]->coco_ignored = kEveryThreshold;
    }
    for (int t = 0; t < kCocoThresholds; ++t) {
      std::vector<bool> taken(boxes);
      for (std::size_t i = 0; i < std::min(order.size(), kCocoBest); ++i) {
        const std::span<const double> row = std::span(ious).subspan(i * boxes, boxes);
        const std::optional<std::size_t> box = best_free(row, taken, coco_threshold(t));
        if (!box) continue;
        taken[*box] = true;
        Detection& detection = *class_.detections[order[i]];
        std::uint16_t& bits =
            ignored(*class_.boxes[*box]) ? detection.coco_ignored : detection.coco_hits;
        bits = static_cast<std::uint16_t>(bits | 1U << t);
      }
    }
  }

  TruthCount count(int label) const {
    TruthCount count{.label = label};
    int voc_objects = 0;
    for (const GroundTruthBox* box : class_.boxes) {
      voc_objects += is_voc_object(*box) ? 1 : 0;
      if (ignored(*box)) continue;
      ++count.coco;
      count.voc += is_voc_object(*box) ? 1 : 0;
    }
    if (class_.detections.empty()) {
      count.voc = voc_objects;
    } else if (std::ranges::all_of(class_.detections, [](const Detection* detection) {
                 return detection->voc == Detection::Outcome::ignored;
               })) {
      count.voc = 0;
    }
    return count;
  }

 private:
  bool ignored(const GroundTruthBox& box) const {
    return box.crowd || (box.difficult && !options_.use_difficult);
  }

  // Boxes that count come before ignored ones, the last one among equals.
  std::optional<std::size_t> best_free(std::span<const double> ious, const std::vector<bool>& taken,
                                       double threshold) const {
    for (const bool among_ignored : {false, true}) {
      std::optional<std::size_t> best;
      for (std::size_t b = 0; b < ious.size(); ++b) {
        const GroundTruthBox& box = *class_.boxes[b];
        if ((taken[b] && !box.crowd) || ignored(box) != among_ignored) continue;
        if (ious[b] >= (best ? ious[*best] : threshold)) best = b;
      }
      if (best) return best;
    }
    return std::nullopt;
  }

  ClassInImage& class_;
  const DetectionOptions& options_;
};

// The number that a class is scored under; nothing when it is left out.
std::optional<int> scored_class(const std::vector<int>& classes, int label) {
  if (classes.empty()) return label;
  const auto found = std::ranges::find(classes, label);
  if (found == classes.end()) return std::nullopt;
  return static_cast<int>(found - classes.begin());
}

void check_classes(const std::vector<int>& classes) {
  const std::set<int> unique(classes.begin(), classes.end());
  if (unique.size() != classes.size()) throw Error("a class to score is listed twice");
  if (!unique.empty() && *unique.begin() < 0) {
    throw Error(fmt::format("class {} to score, expected 0 or more", *unique.begin()));
  }
}

bool is_detection(std::span<const float> row) {
  const bool finite = std::ranges::all_of(row, [](float v) { return std::isfinite(v); });
  return finite && row[0] >= 0 && row[0] <= kLargestClass;
}

}  // namespace

void check(const DetectionOptions& options) {
  if (!(options.overlap >= 0 && options.overlap < 1)) {
    throw Error(fmt::format("an overlap of {}, expected 0 or more and below 1", options.overlap));
  }
  check_classes(options.network_classes);
  check_classes(options.label_classes);
}

DetectedImage match_detections(std::int64_t sample, std::span<const float> rows,
                               std::span<const GroundTruthBox> boxes,
                               const DetectionOptions& options) {
  DetectedImage image{.sample = sample, .detections = {}, .truth = {}};
  std::map<int, ClassInImage> classes;
  for (std::size_t at = 0; at + kRow <= rows.size(); at += kRow) {
    const std::span<const float> row = rows.subspan(at, kRow);
    if (!is_detection(row)) continue;
    const auto label = scored_class(options.network_classes, static_cast<int>(row[0]));
    if (!label) continue;
    image.detections.push_back({.label = *label, .score = row[1]});
    classes[*label].corners.push_back({row[2], row[3], row[4], row[5]});
  }
  for (Detection& detection : image.detections) {  // their addresses are final now
    classes[detection.label].detections.push_back(&detection);
  }
  bool any_object = false;
  for (const GroundTruthBox& box : boxes) {
    const auto label = scored_class(options.label_classes, box.label);
    if (!label) continue;
    classes[*label].boxes.push_back(&box);
    any_object = any_object || is_voc_object(box);
  }
  for (auto& [label, in_image] : classes) {
    Matcher matcher(in_image, options);
    matcher.match_coco();
    if (any_object) matcher.match_voc();
    if (!in_image.boxes.empty()) image.truth.push_back(matcher.count(label));
  }
  return image;
}

}  // namespace qbench
