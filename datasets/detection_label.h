// The label vector of a detection record: [H, W, H - 2 header values, objects of W values each];
// an object is class, xmin, ymin, xmax, ymax and, with W of 6 or more, difficult (2: a crowd).
// Coordinates are fractions of the image, classes count from 0 (no background).
#pragma once

#include <span>
#include <vector>

namespace qbench {

struct GroundTruthBox {
  int label = 0;
  float xmin = 0;
  float ymin = 0;
  float xmax = 0;
  float ymax = 0;
  bool difficult = false;  // VOC: found or not, it does not count
  bool crowd = false;      // COCO: a region of many objects, which any number of boxes may lie in

  bool has_area() const { return xmax > xmin && ymax > ymin; }
  bool operator==(const GroundTruthBox&) const = default;
};

// Whether a label vector begins as a detection record's does.
bool is_detection_label(std::span<const float> label);

// No objects is an empty list. Throws Error when the vector does not have the form above, or a
// class is no number of one, a coordinate not finite, or a side of a box negative.
std::vector<GroundTruthBox> parse_detection_label(std::span<const float> label);

// With H = 2 and W = 6.
std::vector<float> make_detection_label(std::span<const GroundTruthBox> boxes);

// A label of that form with corners of four decimals, as MXNet's example/ssd writes them; what
// would lose its area keeps all of its digits.
std::vector<float> rounded_detection_label(std::span<const float> label);

}  // namespace qbench
