#include "harness/accuracy/truth.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "datasets/class_map.h"
#include "engine/core/error.h"

namespace qbench {
namespace {

std::string has_classes(std::int64_t classes, Task task) {
  return fmt::format("the network has {} {}: 0 to {}", classes,
                     task == Task::detection ? "classes" : "outputs", classes - 1);
}

}  // namespace

TruthReader::TruthReader(const Dataset& dataset, const OutputForm& output,
                         const DetectionOptions& detection)
    : dataset_(dataset),
      task_(output.task),
      classes_(output.classes),
      scored_(detection.label_classes) {
  if (task_ != Task::detection || classes_ == 0 || detection.network_classes.empty()) return;
  const int last = std::ranges::max(detection.network_classes);
  if (last >= classes_)
    throw Error(fmt::format("class {} to score, but {}", last, has_classes(classes_, task_)));
  classes_ = std::ssize(detection.network_classes);
}

void TruthReader::check_class(std::int64_t label, std::int64_t image,
                              const std::string& what) const {
  if (classes_ == 0 || label < classes_) return;
  throw Error(fmt::format("{}: {} {}, but {}", dataset_.label_place(image), what, label,
                          has_classes(classes_, task_)));
}

int TruthReader::label(const Batch& batch, std::size_t n) {
  const std::int64_t image = batch.indices[n];
  const int label = batch.labels[n];
  if (label < 0) {
    throw Error(fmt::format("{}: labelled with a vector, a classifier needs a class number",
                            dataset_.label_place(image)));
  }
  ++images_;
  if (dataset_.class_numbers() != ClassNumbers::position) {
    check_class(label, image, "label");
  } else if (classes_ > 0 && label >= classes_) {
    if (beyond_++ == 0) first_beyond_ = dataset_.name(image);
  }
  return label;
}

std::vector<GroundTruthBox> TruthReader::boxes(const Batch& batch, std::size_t n) {
  const std::int64_t image = batch.indices[n];
  const std::vector<float>& label = batch.label_vectors[n];
  if (label.size() < 2) {
    throw Error(fmt::format("{}: labelled with a class number, a detector needs boxes",
                            dataset_.label_place(image)));
  }
  ++images_;
  std::vector<GroundTruthBox> boxes;
  try {
    boxes = parse_detection_label(label);
  } catch (const Error& error) {
    throw error.at(dataset_.label_place(image));
  }
  for (std::size_t i = 0; i < boxes.size(); ++i) {
    const GroundTruthBox& box = boxes[i];
    if (scored_.empty()) {
      check_class(box.label, image, fmt::format("object {} is of class", i + 1));
    } else if (std::ranges::count(scored_, box.label) == 0) {
      continue;
    }
    boxes_ += box.crowd ? 0 : 1;
    if (!box.has_area() && without_area_++ == 0) first_without_area_ = dataset_.label_place(image);
  }
  return boxes;
}

std::vector<std::string> TruthReader::notices() const {
  std::vector<std::string> notices;
  const std::vector<std::string> names = dataset_.class_names();
  if (dataset_.class_numbers() != ClassNumbers::given && scored_.empty() && classes_ > 0 &&
      !names.empty() && !std::cmp_equal(names.size(), classes_)) {
    notices.push_back(fmt::format(
        "the data set has {} classes, the network {}; they are numbered {}: {}; --class-names (in "
        "a suite class_names) says the network's order",
        names.size(), classes_,
        dataset_.class_numbers() == ClassNumbers::position ? "in order" : "as stored",
        first_names(names)));
  }
  if (without_area_ > 0) {
    notices.push_back(
        fmt::format("{} without area (not to be found: COCO counts such boxes, VOC does not); the "
                    "first is in {}",
                    without_area_ == 1 ? "1 box" : fmt::format("{} boxes", without_area_),
                    first_without_area_));
  }
  return notices;
}

std::string TruthReader::mistrust() const {
  if (beyond_ > 0) {
    return fmt::format("{} of {} images are of folders beyond the network's {} outputs, from {} on",
                       beyond_, images_, classes_, first_beyond_);
  }
  if (task_ == Task::detection && images_ > 0 && boxes_ == 0)
    return fmt::format("no box to be found in {} images", images_);
  return {};
}

}  // namespace qbench
