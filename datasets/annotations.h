// Detection data sets as their authors publish them. Boxes become label vectors as example/ssd of
// MXNet writes them: fractions of the image's size, rounded to four decimals, classes from 0.
// Images without objects are left out.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "datasets/dataset.h"
#include "datasets/detection_label.h"

namespace qbench {

// In alphabetical order: index = class number.
inline constexpr std::array<std::string_view, 20> kVocClasses = {
    "aeroplane", "bicycle",     "bird",  "boat",        "bottle", "bus",      "car",
    "cat",       "chair",       "cow",   "diningtable", "dog",    "horse",    "motorbike",
    "person",    "pottedplant", "sheep", "sofa",        "train",  "tvmonitor"};

// FOLDER/ImageSets/Main/NAME.txt: the listed images, in its order. FOLDER: all of Annotations/, by
// name. Throws Error naming file and line.
bool is_voc(const std::string& text);
std::unique_ptr<Dataset> open_voc(const std::string& text);

// instances_NAME.json: its images in its order, classes by increasing category id, crowds left out.
// Images lie in the file's folder, or in NAME or images/NAME beside or one above it. Throws Error
// naming the file with the line or the element.
bool is_coco(const std::string& text);
std::unique_ptr<Dataset> open_coco(const std::string& text);

// A folder of images/ and labels/*.txt, whose lines are "class center-x center-y width height" in
// fractions; classes.txt, where there is one, names the classes line by line. Throws Error naming
// file and line.
bool is_yolo(const std::string& text);
std::unique_ptr<Dataset> open_yolo(const std::string& text);

// The label of an image, from corners in fractions.
std::vector<float> annotated_label(std::vector<GroundTruthBox> boxes);

}  // namespace qbench
