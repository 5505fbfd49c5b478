#include "reports/record/average_precision.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <map>
#include <numeric>
#include <tuple>

#include "engine/core/error.h"

namespace qbench {
namespace {

constexpr int kVocPoints = 11;
constexpr int kCocoPoints = 101;

// Precision over recall at the hits: between two of them recall stands still and precision falls.
class Curve {
 public:
  void hit(std::int64_t weight) {
    hits_ += weight;
    total_ += weight;
    if (weight > 0) points_.push_back({static_cast<double>(hits_), precision()});
  }
  void miss(std::int64_t weight) { total_ += weight; }

  // Hits become recalls, and precision the best one at this recall or more.
  void finish(std::int64_t boxes) {
    double best = 0;
    for (std::size_t i = points_.size(); i-- > 0;) {
      points_[i].recall = boxes > 0 ? points_[i].recall / static_cast<double>(boxes) : 0;
      best = std::max(best, points_[i].precision);
      points_[i].precision = best;
    }
  }

  // Mean of the best precision at the recalls 0, step, 2 step ...
  double sampled(int points, double step) const {
    double sum = 0;
    std::size_t at = 0;
    for (int i = 0; i < points; ++i) {
      while (at < points_.size() && points_[at].recall < i * step) ++at;
      if (at == points_.size()) break;
      sum += points_[at].precision;
    }
    return sum / points;
  }

  double area() const {
    double sum = 0;
    double recall = 0;
    for (const Point& point : points_) {
      sum += (point.recall - recall) * point.precision;
      recall = point.recall;
    }
    return sum;
  }

 private:
  struct Point {
    double recall;
    double precision;
  };

  double precision() const { return static_cast<double>(hits_) / static_cast<double>(total_); }

  std::int64_t hits_ = 0;
  std::int64_t total_ = 0;
  std::vector<Point> points_;
};

}  // namespace

double coco_threshold(int index) { return 0.5 + 0.05 * index; }

// Collects one class, then sorts it.
struct PrecisionSet::Builder {
  struct Found {
    std::uint32_t image;
    const Detection* detection;
  };

  std::vector<Found> found;
  Class built;

  // Equal scores: MXNet turns an ascending sort round, so that later images come first, but sorts
  // each image likewise beforehand, which keeps the order in it. COCO's sort is stable.
  void sort_voc() {
    std::ranges::stable_sort(found, [](const Found& a, const Found& b) {
      return std::tuple(-a.detection->score, b.image) < std::tuple(-b.detection->score, a.image);
    });
    std::size_t used = 0;
    for (const Found& f : found) {
      if (f.detection->voc == Detection::Outcome::ignored) continue;
      built.voc.push_back({f.image, f.detection->voc == Detection::Outcome::hit});
      built.occurs.push_back(f.image);
      if (built.voc.back().hit) used = built.voc.size();
    }
    built.voc.resize(used);
    std::ranges::sort(built.occurs);
    built.occurs.erase(std::unique(built.occurs.begin(), built.occurs.end()), built.occurs.end());
  }

  void sort_coco() {
    std::ranges::stable_sort(found, [](const Found& a, const Found& b) {
      return std::tuple(-a.detection->score, a.image) < std::tuple(-b.detection->score, b.image);
    });
    std::size_t used = 0;
    for (const Found& f : found) {
      built.coco.push_back({f.image, f.detection->coco_hits, f.detection->coco_ignored});
      if (f.detection->coco_hits != 0) used = built.coco.size();
    }
    built.coco.resize(used);
  }
};

PrecisionSet::PrecisionSet(std::span<const DetectedImage> images) : images_(images.size()) {
  std::map<int, Builder> builders;
  for (std::uint32_t i = 0; i < images.size(); ++i) {
    for (const Detection& detection : images[i].detections) {
      builders[detection.label].found.push_back({i, &detection});
    }
    for (const TruthCount& count : images[i].truth) {
      Class& built = builders[count.label].built;
      if (count.coco > 0) built.coco_truth.push_back({i, count.coco});
      if (count.voc <= 0) continue;
      built.truth.push_back({i, count.voc});
      built.occurs.push_back(i);
    }
  }
  for (auto& [label, builder] : builders) {
    builder.built.label = label;
    builder.sort_coco();
    builder.sort_voc();
    classes_.push_back(std::move(builder.built));
  }
}

std::optional<PrecisionSet::VocMean> PrecisionSet::voc(const Class& c,
                                                       std::span<const std::uint32_t> weights) {
  const auto counts = [weights](std::uint32_t image) { return weights[image] > 0; };
  if (std::ranges::none_of(c.occurs, counts)) return std::nullopt;
  Curve curve;
  for (const VocRow& row : c.voc) {
    if (row.hit) {
      curve.hit(weights[row.image]);
    } else {
      curve.miss(weights[row.image]);
    }
  }
  std::int64_t boxes = 0;
  for (const Truth& truth : c.truth) boxes += truth.boxes * weights[truth.image];
  curve.finish(boxes);
  return VocMean{curve.sampled(kVocPoints, 0.1), curve.area()};
}

std::optional<std::array<double, kCocoThresholds>> PrecisionSet::coco(
    const Class& c, std::span<const std::uint32_t> weights) {
  std::int64_t boxes = 0;
  for (const Truth& truth : c.coco_truth) boxes += truth.boxes * weights[truth.image];
  if (boxes == 0) return std::nullopt;
  // Most detections are misses at every overlap: they are counted once for all curves.
  std::array<Curve, kCocoThresholds> curves;
  std::array<std::int64_t, kCocoThresholds> seen{};  // of the common misses, by curve
  std::int64_t misses = 0;
  for (const CocoRow& row : c.coco) {
    const std::int64_t weight = weights[row.image];
    if (row.hits == 0 && row.ignored == 0) {
      misses += weight;
      continue;
    }
    for (std::size_t t = 0; t < curves.size(); ++t) {
      if ((row.ignored >> t & 1) != 0) continue;
      curves[t].miss(misses - seen[t]);
      seen[t] = misses;
      if ((row.hits >> t & 1) != 0) {
        curves[t].hit(weight);
      } else {
        curves[t].miss(weight);
      }
    }
  }
  std::array<double, kCocoThresholds> precisions{};
  for (std::size_t t = 0; t < precisions.size(); ++t) {
    curves[t].finish(boxes);
    precisions[t] = curves[t].sampled(kCocoPoints, 0.01);
  }
  return precisions;
}

std::vector<ClassPrecision> PrecisionSet::classes() const {
  const std::vector<std::uint32_t> once(images_, 1);
  std::vector<ClassPrecision> result;
  for (const Class& c : classes_) {
    ClassPrecision& precision = result.emplace_back();
    precision.label = c.label;
    for (const Truth& truth : c.truth) precision.boxes += truth.boxes;
    if (const auto found = voc(c, once)) {
      precision.voc07 = found->voc07;
      precision.area = found->area;
    }
    if (const auto found = coco(c, once)) {
      precision.coco = std::accumulate(found->begin(), found->end(), 0.0) / kCocoThresholds;
      precision.coco50 = found->front();
    }
  }
  return result;
}

MeanPrecision PrecisionSet::mean() const {
  const std::vector<ClassPrecision> all = classes();
  const auto mean_of = [&all](std::optional<double> ClassPrecision::*figure) {
    double sum = 0;
    int count = 0;
    for (const ClassPrecision& c : all) {
      if (!(c.*figure)) continue;
      sum += *(c.*figure);
      ++count;
    }
    return count == 0 ? 0 : sum / count;
  };
  return {mean_of(&ClassPrecision::voc07), mean_of(&ClassPrecision::area),
          mean_of(&ClassPrecision::coco), mean_of(&ClassPrecision::coco50)};
}

void PrecisionSet::check(std::span<const std::uint32_t> weights) const {
  if (weights.size() != images_) {
    throw Error(fmt::format("{} weights for {} images", weights.size(), images_));
  }
}

PrecisionSet::VocMean PrecisionSet::voc_mean(std::span<const std::uint32_t> weights) const {
  check(weights);
  VocMean sum;
  int count = 0;
  for (const Class& c : classes_) {
    const std::optional<VocMean> found = voc(c, weights);
    if (!found) continue;
    sum.voc07 += found->voc07;
    sum.area += found->area;
    ++count;
  }
  return count == 0 ? VocMean{} : VocMean{sum.voc07 / count, sum.area / count};
}

double PrecisionSet::coco_mean(std::span<const std::uint32_t> weights) const {
  check(weights);
  double sum = 0;
  int count = 0;
  for (const Class& c : classes_) {
    const auto found = coco(c, weights);
    if (!found) continue;
    sum += std::accumulate(found->begin(), found->end(), 0.0) / kCocoThresholds;
    ++count;
  }
  return count == 0 ? 0 : sum / count;
}

}  // namespace qbench
