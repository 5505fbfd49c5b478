// What the published detection sets have in common.
#include "datasets/annotations.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "engine/core/error.h"

namespace qbench {

GroundTruthBox BoxReader::read(const AnnotatedBox& box, double width, double height,
                               const std::string& place) {
  if (box.xmax < box.xmin || box.ymax < box.ymin) {
    throw Error(fmt::format("a box of {:g} x {:g}, expected sides of 0 or more",
                            box.xmax - box.xmin, box.ymax - box.ymin));
  }
  if (std::min(box.xmin, box.ymin) < -slack_ || box.xmax > width + slack_ ||
      box.ymax > height + slack_) {
    outside_.add(place);
  }
  if (std::min(box.xmax - box.xmin, box.ymax - box.ymin) < pixel_) below_pixel_.add(place);
  const auto fraction = [](double part, double whole) { return static_cast<float>(part / whole); };
  const GroundTruthBox made{.label = box.label,
                            .xmin = fraction(box.xmin, width),
                            .ymin = fraction(box.ymin, height),
                            .xmax = fraction(box.xmax, width),
                            .ymax = fraction(box.ymax, height),
                            .difficult = box.difficult,
                            .crowd = box.crowd};
  for (const float corner : {made.xmin, made.ymin, made.xmax, made.ymax}) {
    if (!std::isfinite(corner)) {
      throw Error(
          fmt::format("a box from {:g}, {:g} to {:g}, {:g} in an image of {:g} x {:g}, expected "
                      "one in the image",
                      box.xmin, box.ymin, box.xmax, box.ymax, width, height));
    }
  }
  return made;
}

std::vector<std::string> BoxReader::notices() const {
  std::vector<std::string> notices;
  const auto say = [&notices](const Count& count, const char* one, const char* many) {
    if (count.boxes == 0) return;
    notices.push_back(fmt::format("{} {}; the first is {}", count.boxes,
                                  count.boxes == 1 ? one : many, count.first));
  };
  say(outside_, "box reaches beyond its image", "boxes reach beyond their image");
  say(below_pixel_, "box has a side below one pixel", "boxes have a side below one pixel");
  return notices;
}

std::vector<int> numbers_by_name(const std::vector<std::string>& names, const ClassMap& classes) {
  std::vector<int> numbers;
  std::string missing;
  for (const std::string& name : names) {
    if (const std::optional<int> number = classes.find(name)) {
      numbers.push_back(*number);
    } else if (missing.empty()) {
      missing = name;
    }
  }
  if (missing.empty()) return numbers;
  if (!numbers.empty()) {
    throw Error(fmt::format("class '{}' is none of the class names given, which are {}", missing,
                            classes.summary()));
  }
  if (classes.names().size() != names.size()) {
    throw Error(fmt::format("has {} classes ({}), none of them among the {} class names given ({})",
                            names.size(), first_names(names), classes.names().size(),
                            classes.summary()));
  }
  return {};
}

}  // namespace qbench
