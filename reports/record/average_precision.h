// Mean average precision of detectors, from judged detections alone.
//
// VOC: as MXNet's example/ssd computes it (evaluate/eval_metric.py): over all classes that
// occurred, also those that were only detected; images without boxes do not count. `voc07` averages
// precision at the recalls 0, 0.1 ... 1, `area` is the area under the falling precision-recall
// curve. COCO: as pycocotools: precision at the recalls 0, 0.01 ... 1, averaged over the overlaps
// (IoU) 0.5, 0.55 ... 0.95 and over the classes that have boxes.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "reports/record/record.h"

namespace qbench {

inline constexpr int kCocoThresholds = 10;
double coco_threshold(int index);  // 0.5 + 0.05 index

struct ClassPrecision {
  int label = 0;
  std::int64_t boxes = 0;        // to be found, by VOC's count
  std::optional<double> voc07;   // absent when the class did not occur
  std::optional<double> area;    // likewise
  std::optional<double> coco;    // absent when the class has no boxes
  std::optional<double> coco50;  // COCO at an IoU of 0.5 alone
};

// Fractions in [0,1]; 0 where no class counts.
struct MeanPrecision {
  double voc07 = 0;
  double area = 0;
  double coco = 0;
  double coco50 = 0;

  bool operator==(const MeanPrecision&) const = default;
};

// Detections of many images, sorted once; then every weighting of the images (a bootstrap's draws)
// costs one pass.
class PrecisionSet {
 public:
  explicit PrecisionSet(std::span<const DetectedImage> images);

  std::size_t images() const { return images_; }
  std::vector<ClassPrecision> classes() const;  // by label
  MeanPrecision mean() const;

  // VOC's two means with image i counted weights[i] times. `weights` has one for each image.
  struct VocMean {
    double voc07 = 0;
    double area = 0;
  };
  VocMean voc_mean(std::span<const std::uint32_t> weights) const;
  // COCO's mean over overlaps and classes, likewise.
  double coco_mean(std::span<const std::uint32_t> weights) const;

 private:
  struct VocRow {
    std::uint32_t image;
    bool hit;
  };
  struct CocoRow {
    std::uint32_t image;
    std::uint16_t hits;
    std::uint16_t ignored;
  };
  struct Truth {
    std::uint32_t image;
    std::int64_t boxes;
  };
  struct Class {
    int label = 0;
    std::vector<VocRow> voc;            // best score first, nothing after the last hit
    std::vector<CocoRow> coco;          // best score first, nothing after the last hit
    std::vector<Truth> truth;           // of images with boxes of the class, by VOC's count
    std::vector<Truth> coco_truth;      // by COCO's
    std::vector<std::uint32_t> occurs;  // images that make the class count for VOC
  };
  struct Builder;

  static std::optional<VocMean> voc(const Class& c, std::span<const std::uint32_t> weights);
  static std::optional<std::array<double, kCocoThresholds>> coco(
      const Class& c, std::span<const std::uint32_t> weights);
  void check(std::span<const std::uint32_t> weights) const;

  std::size_t images_ = 0;
  std::vector<Class> classes_;
};

}  // namespace qbench
