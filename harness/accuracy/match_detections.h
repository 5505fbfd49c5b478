// Judges the boxes that a network drew in an image against those that are there.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "datasets/detection_label.h"
#include "reports/record/record.h"

namespace qbench {

struct DetectionOptions {
  float overlap = 0.5F;        // VOC: a hit has an IoU above this
  bool use_difficult = false;  // boxes marked difficult count like the others
  // Classes that are scored: class network_classes[k] of the network and class label_classes[k] of
  // the data set are scored as class k, all others are left out. Empty: all, as they are.
  std::vector<int> network_classes{};
  std::vector<int> label_classes{};
};

// Throws Error when the overlap is outside 0..1, or a class is negative or listed twice.
void check(const DetectionOptions& options);

// `rows` are class, score, xmin, ymin, xmax, ymax; those with a negative class, or a value that is
// not finite, are no detections.
//
// VOC (MXNet's example/ssd, evaluate/eval_metric.py): best score first, each detection belongs to
// the box it overlaps most; the first one of a box is a hit. Difficult boxes neither hit nor miss,
// and are not counted - except in a class of which nothing was detected in the image, while a class
// whose detections were all ignored counts none of its boxes. Images without boxes are ignored.
// Boxes without area are left out; a crowd is as a difficult box, but never counted.
// COCO (pycocotools): the 100 best of each class, each taking the best box still free; difficult
// boxes stand for ignored ones. A crowd ignores every detection whose share inside it reaches the
// overlap asked for. Boxes without area are to be found, though nothing can.
DetectedImage match_detections(std::int64_t sample, std::span<const float> rows,
                               std::span<const GroundTruthBox> boxes,
                               const DetectionOptions& options = {});

}  // namespace qbench
