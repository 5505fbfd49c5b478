// The label vector of a detection record: [H, W, H - 2 header values, objects of W values each];
// an object is class, xmin, ymin, xmax, ymax and, with W of 6 or more, difficult. Coordinates are
// fractions of the image, classes count from 0 (no background).
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

  bool operator==(const GroundTruthBox&) const = default;
};

// Whether a label vector begins as a detection record's does.
bool is_detection_label(std::span<const float> label);

// Objects without area are left out, as MXNet's reader does. Throws Error when the vector does not
// have the form above, or a class is negative or a coordinate not finite.
std::vector<GroundTruthBox> parse_detection_label(std::span<const float> label);

// With H = 2 and W = 6.
std::vector<float> make_detection_label(std::span<const GroundTruthBox> boxes);

}  // namespace qbench
