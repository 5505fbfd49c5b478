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
constexpr std::size_t kLeastLabel = 7;    // header and one object
constexpr float kLargestClass = 1 << 24;  // exact in a float
constexpr float kLargestWidth = 1 << 16;  // of header and object

// A count of values; 0 when it is none.
std::size_t width_from(float value) {
  const bool good = value >= 1 && value <= kLargestWidth && value == std::floor(value);
  return good ? static_cast<std::size_t>(value) : 0;
}

GroundTruthBox box_from(std::span<const float> object) {
  const bool finite = std::ranges::all_of(object, [](float v) { return std::isfinite(v); });
  if (!finite || object[0] < 0 || object[0] > kLargestClass) {
    throw Error(fmt::format("an object of class {} at {}, {}, {}, {}, expected finite numbers",
                            object[0], object[1], object[2], object[3], object[4]));
  }
  return {.label = static_cast<int>(object[0]),
          .xmin = object[1],
          .ymin = object[2],
          .xmax = object[3],
          .ymax = object[4],
          .difficult = object.size() >= kObject && object[5] > 0};
}

}  // namespace

bool is_detection_label(std::span<const float> label) {
  return label.size() >= kLeastLabel && width_from(label[0]) >= kHeader &&
         width_from(label[1]) >= kLeastObject;
}

std::vector<GroundTruthBox> parse_detection_label(std::span<const float> label) {
  const std::size_t header = label.size() >= kLeastLabel ? width_from(label[0]) : 0;
  const std::size_t width = label.size() >= kLeastLabel ? width_from(label[1]) : 0;
  if (header < kHeader || width < kLeastObject || header > label.size() ||
      (label.size() - header) % width != 0) {
    throw Error(fmt::format(
        "a label of {} values that begins with {}, {}, expected header width, object width, header "
        "and objects",
        label.size(), label.empty() ? 0 : label[0], label.size() < 2 ? 0 : label[1]));
  }
  std::vector<GroundTruthBox> boxes;
  for (std::size_t at = header; at < label.size(); at += width) {
    const GroundTruthBox box = box_from(label.subspan(at, width));
    if (box.xmax > box.xmin && box.ymax > box.ymin) boxes.push_back(box);
  }
  return boxes;
}

std::vector<float> make_detection_label(std::span<const GroundTruthBox> boxes) {
  std::vector<float> label{kHeader, kObject};
  for (const GroundTruthBox& box : boxes) {
    label.insert(label.end(), {static_cast<float>(box.label), box.xmin, box.ymin, box.xmax,
                               box.ymax, box.difficult ? 1.0F : 0.0F});
  }
  return label;
}

}  // namespace qbench
