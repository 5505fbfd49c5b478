// Detection data sets as their authors publish them. Boxes become label vectors of
// detection_label.h: fractions of the image's size, unrounded, classes from 0. Images without
// objects stay: what is detected on them counts.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "datasets/class_map.h"
#include "datasets/dataset.h"
#include "datasets/detection_label.h"

namespace qbench {

// In alphabetical order: index = class number.
inline constexpr std::array<std::string_view, 20> kVocClasses = {
    "aeroplane", "bicycle",     "bird",  "boat",        "bottle", "bus",      "car",
    "cat",       "chair",       "cow",   "diningtable", "dog",    "horse",    "motorbike",
    "person",    "pottedplant", "sheep", "sofa",        "train",  "tvmonitor"};

// FOLDER/ImageSets/Main/NAME.txt: the listed images, in its order. FOLDER: all of Annotations/, by
// name. Classes are those of `options`, or VOC's. Throws Error naming file and line.
bool is_voc(const std::string& text);
std::unique_ptr<Dataset> open_voc(const std::string& text, const OpenOptions& options = {});

// instances_NAME.json, or the folder that has it in annotations/: its images in its order, classes
// by increasing category id, or by name where `options` has them all. Images lie in the file's
// folder, or in NAME, images/NAME or images beside or one above it. Throws Error naming the file
// with the line or the element.
bool is_coco(const std::string& text);
std::unique_ptr<Dataset> open_coco(const std::string& text, const OpenOptions& options = {});

// A folder of images/ and labels/*.txt, whose lines are "class center-x center-y width height" in
// fractions; data.yaml (there or one above) or classes.txt, where there is one, names the classes.
// Numbers are taken by name where `options` has all of them. Throws Error naming file and line.
bool is_yolo(const std::string& text);
std::unique_ptr<Dataset> open_yolo(const std::string& text, const OpenOptions& options = {});

// Corners of a box in the units of `width` and `height`, which are the image's.
struct AnnotatedBox {
  int label = 0;
  double xmin = 0;
  double ymin = 0;
  double xmax = 0;
  double ymax = 0;
  bool difficult = false;
  bool crowd = false;
};

// Makes fractions of boxes, and counts what can be used but is doubtful.
class BoxReader {
 public:
  // A box may reach beyond its image by `slack` before it is counted; a side below `pixel` is one
  // of less than a pixel. Both are in the units of the boxes.
  explicit BoxReader(double slack = 1, double pixel = 1) : slack_(slack), pixel_(pixel) {}

  // Throws Error on a negative side, and where a fraction is too large for a float.
  GroundTruthBox read(const AnnotatedBox& box, double width, double height,
                      const std::string& place);

  std::vector<std::string> notices() const;

 private:
  struct Count {
    std::size_t boxes = 0;
    std::string first;  // place of it

    void add(const std::string& place) {
      if (boxes++ == 0) first = place;
    }
  };

  double slack_;
  double pixel_;
  Count outside_;
  Count below_pixel_;
};

// The numbers that a data set's own class names have among the given ones: all of them, or none.
// Empty: the classes keep their own numbers. Throws Error naming a class that alone is missing, or
// when there are none and the numbers of classes differ.
std::vector<int> numbers_by_name(const std::vector<std::string>& names, const ClassMap& classes);

}  // namespace qbench
