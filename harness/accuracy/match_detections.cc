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

// In the arithmetic of the original: float for VOC, double for COCO.
template <class Real>
Real overlap(const Corners& a, const GroundTruthBox& b) {
  const auto real = [](float v) { return static_cast<Real>(v); };
  const Real width = std::min(real(a.xmax), real(b.xmax)) - std::max(real(a.xmin), real(b.xmin));
  const Real height = std::min(real(a.ymax), real(b.ymax)) - std::max(real(a.ymin), real(b.ymin));
  const Real common = std::max(width, Real{0}) * std::max(height, Real{0});
  const Real all = (real(a.xmax) - real(a.xmin)) * (real(a.ymax) - real(a.ymin)) +
                   (real(b.xmax) - real(b.xmin)) * (real(b.ymax) - real(b.ymin)) - common;
  return all < static_cast<Real>(1e-12) ? Real{0} : common / all;
}

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
        const auto iou = overlap<float>(class_.corners[d], *class_.boxes[b]);
        if (iou > most) most = iou, best = b;
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
        ious[i * boxes + b] = overlap<double>(class_.corners[order[i]], *class_.boxes[b]);
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
    const auto counted = static_cast<int>(std::ranges::count_if(
        class_.boxes, [this](const GroundTruthBox* box) { return !ignored(*box); }));
    TruthCount count{.label = label, .voc = counted, .coco = counted};
    if (class_.detections.empty()) {
      count.voc = static_cast<int>(class_.boxes.size());
    } else if (std::ranges::all_of(class_.detections, [](const Detection* detection) {
                 return detection->voc == Detection::Outcome::ignored;
               })) {
      count.voc = 0;
    }
    return count;
  }

 private:
  bool ignored(const GroundTruthBox& box) const { return box.difficult && !options_.use_difficult; }

  // Boxes that count come before ignored ones, the last one among equals.
  std::optional<std::size_t> best_free(std::span<const double> ious, const std::vector<bool>& taken,
                                       double threshold) const {
    for (const bool among_ignored : {false, true}) {
      std::optional<std::size_t> best;
      for (std::size_t b = 0; b < ious.size(); ++b) {
        if (taken[b] || ignored(*class_.boxes[b]) != among_ignored) continue;
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
  bool any_box = false;
  for (const GroundTruthBox& box : boxes) {
    const auto label = scored_class(options.label_classes, box.label);
    if (!label) continue;
    classes[*label].boxes.push_back(&box);
    any_box = true;
  }
  for (auto& [label, in_image] : classes) {
    Matcher matcher(in_image, options);
    matcher.match_coco();
    if (any_box) matcher.match_voc();
    if (!in_image.boxes.empty()) image.truth.push_back(matcher.count(label));
  }
  return image;
}

}  // namespace qbench
