#include "datasets/detection_label.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "engine/core/error.h"

namespace qbench {
namespace {

constexpr std::size_t kHeader = 2;
constexpr std::size_t kObject = 6;
constexpr std::size_t kLeastObject = 5;   // class and corners
constexpr float kCrowd = 2;               // in the place of difficult
constexpr float kLargestClass = 1 << 24;  // exact in a float
constexpr float kLargestWidth = 1 << 16;  // of header and object

// A count of values; 0 when it is none.
std::size_t width_from(float value) {
  const bool good = value >= 1 && value <= kLargestWidth && value == std::floor(value);
  return good ? static_cast<std::size_t>(value) : 0;
}

GroundTruthBox box_from(std::span<const float> object) {
  const bool finite = std::ranges::all_of(object, [](float v) { return std::isfinite(v); });
  const bool whole = finite && object[0] >= 0 && object[0] == std::floor(object[0]);
  if (!whole || object[0] > kLargestClass) {
    throw Error(fmt::format(
        "an object of class {} at {}, {}, {}, {}, expected finite numbers and a whole class",
        object[0], object[1], object[2], object[3], object[4]));
  }
  if (object[3] < object[1] || object[4] < object[2]) {
    throw Error(fmt::format(
        "an object of class {} from {}, {} to {}, {}, expected xmin, ymin up to xmax, ymax",
        object[0], object[1], object[2], object[3], object[4]));
  }
  return {.label = static_cast<int>(object[0]),
          .xmin = object[1],
          .ymin = object[2],
          .xmax = object[3],
          .ymax = object[4],
          .difficult = object.size() >= kObject && object[5] > 0 && object[5] != kCrowd,
          .crowd = object.size() >= kObject && object[5] == kCrowd};
}

}  // namespace

bool is_detection_label(std::span<const float> label) {
  return label.size() >= kHeader && width_from(label[0]) >= kHeader &&
         width_from(label[1]) >= kLeastObject;
}

std::vector<GroundTruthBox> parse_detection_label(std::span<const float> label) {
  const std::size_t header = label.size() >= kHeader ? width_from(label[0]) : 0;
  const std::size_t width = label.size() >= kHeader ? width_from(label[1]) : 0;
  if (header < kHeader || width < kLeastObject || header > label.size() ||
      (label.size() - header) % width != 0) {
    throw Error(fmt::format(
        "a label of {} values that begins with {}, {}, expected header width, object width, header "
        "and objects",
        label.size(), label.empty() ? 0 : label[0], label.size() < 2 ? 0 : label[1]));
  }
  std::vector<GroundTruthBox> boxes;
  for (std::size_t at = header; at < label.size(); at += width) {
    boxes.push_back(box_from(label.subspan(at, width)));
  }
  return boxes;
}

std::vector<float> make_detection_label(std::span<const GroundTruthBox> boxes) {
  std::vector<float> label{kHeader, kObject};
  for (const GroundTruthBox& box : boxes) {
    const float difficult = box.difficult ? 1.0F : 0.0F;
    label.insert(label.end(), {static_cast<float>(box.label), box.xmin, box.ymin, box.xmax,
                               box.ymax, box.crowd ? kCrowd : difficult});
  }
  return label;
}

std::vector<float> rounded_detection_label(std::span<const float> label) {
  std::vector<GroundTruthBox> boxes = parse_detection_label(label);
  for (GroundTruthBox& box : boxes) {
    GroundTruthBox rounded = box;
    for (float* corner : {&rounded.xmin, &rounded.ymin, &rounded.xmax, &rounded.ymax})
      *corner = static_cast<float>(std::round(static_cast<double>(*corner) * 1e4) / 1e4);
    if (rounded.has_area() || !box.has_area()) box = rounded;
  }
  return make_detection_label(boxes);
}

}  // namespace qbench
