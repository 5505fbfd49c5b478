// What `qbench infer` tells of a score: as JSON members, as lines for people, as CSV.
#pragma once

#include <cstdio>
#include <nlohmann/json.hpp>
#include <span>
#include <string>

#include "harness/accuracy/accuracy.h"

namespace qbench {

// images, correct_top1, correct_top5, top1, top5.
void add_classification(const Score& score, nlohmann::ordered_json& json);
// images, map_voc07, map_area, map_coco, classes.
void add_detection(const Score& score, std::span<const std::string> class_names,
                   nlohmann::ordered_json& json);

// Lines for what these added. `area`: the average precisions are areas, not VOC07's.
void print_accuracy(std::FILE* out, const nlohmann::ordered_json& json, bool area);

// One line for each image, or each detection. Throws Error when the file cannot be written.
void write_predictions(const std::string& path, const Score& score);

}  // namespace qbench
